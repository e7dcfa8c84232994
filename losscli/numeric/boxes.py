"""Boxes: their formats, their sides, and the areas of two boxes, which neither overflow nor underflow."""

from __future__ import annotations

from losscli.numeric.lazy import np
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.steps import clamp_min, log_ratio, multiply_no_nan, relu

__all__ = [
    "FORMATS",
    "HALF_PI",
    "areas",
    "corners",
    "diagonal_angle",
    "enclosing_sides",
    "scaled_boxes",
    "sides",
    "turned_apart",
    "with_eps",
]

HALF_PI = 1.5707963267948966
FORMATS = ("xyxy", "xywh", "cxcywh")


def corners(box, box_format):
    """Boxes as (x1, y1, x2, y2), from (x, y, width, height) where x, y is the upper left corner (xywh) or the centre (cxcywh)."""
    if box_format in (None, "xyxy"):
        return box
    point, size = box[..., :2], box[..., 2:]
    first = point if box_format == "xywh" else point - size / 2
    return np.concatenate([first, first + size], -1)


def scaled_boxes(a, b, eps):
    """a / u, b / u and eps / u², with a scale u so that no area overflows or underflows; u is 1 unless boxes are huge or tiny."""
    largest = np.maximum(np.abs(a).max(-1), np.abs(b).max(-1))
    tiny = (largest < 1e-150) & np.equal(eps, 0)  # an eps is larger than any such area
    scale = np.where((largest > 1e150) | tiny, power_of_two_scale(largest), 1.0)
    return a / scale[..., None], b / scale[..., None], eps / scale / scale


def areas(a, b):
    """The areas of the intersection, of the union and of the smallest enclosing box of two boxes."""
    inner = relu(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]))
    intersection, enclosing, area_a, area_b = (s[..., 0] * s[..., 1] for s in (inner, enclosing_sides(a, b), sides(a), sides(b)))
    return intersection, area_a + area_b - intersection, enclosing


def with_eps(area, eps, bounds):
    """area + ε, or max(area, ε)."""
    return clamp_min(area, eps) if bounds else area + eps


def sides(box):
    """(width, height) of a box."""
    return box[..., 2:] - box[..., :2]


def enclosing_sides(a, b):
    """(width, height) of the smallest box that encloses both."""
    return np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2])


def _scaled_sides(box):
    """(width, height) divided by a scale so that no product of them overflows or underflows."""
    largest = sides(box).max(-1)
    scale = np.where((largest < 1e-70) | (largest > 1e70), power_of_two_scale(largest), 1.0)
    return sides(box) / scale[..., None]


def diagonal_angle(a, b):
    """The angle between the diagonals of two boxes; 0 where one has no size. One arctangent instead of two, so that nothing cancels."""
    (w, h), (v, u) = ((s[..., 0], s[..., 1]) for s in (_scaled_sides(a), _scaled_sides(b)))
    cross, dot = v * h - w * u, w * v + h * u
    return np.where(dot > 0, np.arctan(cross / np.where(dot > 0, dot, 1.0)), HALF_PI * np.sign(cross))


def turned_apart(a, b):
    """How far two rotated boxes (x, y, width, height, angle) are apart as Gaussians: ¼ dᵀ (Σ_a + Σ_b)⁻¹ d,
    |Σ_a + Σ_b| / (4 √(|Σ_a| |Σ_b|)) − 1, and √(|Σ_a| |Σ_b|).

    The second is a sum of squares, in which nothing cancels: with the logarithms of the ratios of sides it is
    sinh² ½(w + h) + cos² δ sinh² ½(w − h) + sin² δ sinh² ½(m_a + m_b), δ the angle between the boxes. Then the first is
    ¾ Σ (h/w (d · u)² + w/h (d · v)²) / (other w h) / (1 + second), u and v the directions of a box's sides.
    """
    (w, h), (v, u) = ((box[..., 2], box[..., 3]) for box in (a, b))
    wider, higher, turn = log_ratio(w, v), log_ratio(h, u), a[..., 4] - b[..., 4]
    along, across, turned = (np.sinh(x / 2) ** 2 for x in (wider + higher, wider - higher, log_ratio(w, h) + log_ratio(v, u)))
    spread = along + multiply_no_nan(np.cos(turn) ** 2, across) + multiply_no_nan(np.sin(turn) ** 2, turned)
    x, y = a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]
    gap = 0.0
    for box, area in ((a, v * u), (b, w * h)):
        cos, sin, slim = np.cos(box[..., 4]), np.sin(box[..., 4]), box[..., 3] / box[..., 2]
        gap = gap + (multiply_no_nan((x * cos + y * sin) ** 2, slim) + multiply_no_nan((y * cos - x * sin) ** 2, 1 / slim)) / area
    return np.where(spread < np.inf, 0.75 * gap / (1 + spread), 0.0), spread, w * h * (v * u) / 144
