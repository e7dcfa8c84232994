"""Domains of images: each row of a role is an image, or several channels of one."""

from __future__ import annotations

from losscli.domains.values import Context, Range
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array, np

__all__ = ["Bands", "DataRange", "Fields", "Images", "window_side"]


def window_side(context: Context) -> int:
    """The side of the window of these options: that of a Gaussian follows from sigma where the option truncate is given."""
    if "windows" in context:
        return round(max(context["windows"]))
    truncate = context.get("truncate")
    if truncate is None or context["window"] != "gaussian":
        return int(context["window_size"])
    return 2 * int(truncate * context["sigma"] + 0.5) + 1


def smallest_side(context: Context) -> int:
    """The side of the smallest image in which the window fits, at each scale; 1 without a window."""
    if "windows" in context:  # each but the first is filled by every second pixel of the places of its own window
        sides = [round(float(n)) for n in context["windows"]]
        least = sides[-1]
        for place, side in zip(sides[:0:-1], sides[-2::-1], strict=True):
            least = max(2 * least + place - 2, side)
        return least
    if "window_size" not in context:
        return 1
    side = window_side(context)
    if context.get("margin") == "half":
        return max(side, 2 * round(side / 2) + 1)
    if "scale_weights" not in context:
        return side if context.get("padding", "valid") == "valid" else side // 2 + 1
    halvings = 2 ** (len(context["scale_weights"]) - 1)
    return (side - 1) * halvings + 1 if context["odd"] == "repeat" else side * halvings


class Images(Range):
    """Images: the last axes of a row. Before them a row may have channels, each of which has its own value.

    The option spatial_dims says how many axes an image has. With channels joint, an image has its channels too.
    """

    says_rows: str = "an image a row, (rows, H, W) or (rows, channels, H, W)"

    def of(self, context: Context) -> Images:
        dims = int(context.get("spatial_dims", 2))
        if dims == 3:
            return self.but(ndim=dims + (context.get("channels") == "joint"), says_rows="a volume a row, (rows, …, D, H, W)")
        return self.but(ndim=3, says_rows="(rows, channels, H, W)") if context.get("channels") == "joint" else self

    def holds(self, x: Array, context: Context) -> bool:
        self._check_sides(x, context)
        return super().holds(x, context)

    def wrong(self, x: Array, context: Context) -> Array:
        self._check_sides(x, context)
        return super().wrong(x, context)

    def _check_sides(self, x: Array, context: Context) -> None:
        """Raise InputError for images that are smaller than the window, UsageError where the range of their values must be given."""
        if "scale_weights" in context and context["data_range"] is None:
            raise UsageError("give --data-range: torchmetrics takes it from the images at each scale anew, which is not available")
        sides = x.shape[x.ndim - int(context.get("spatial_dims", 2)) :]
        if (least := smallest_side(context)) > min(sides):
            number = len(context.get("scale_weights", context.get("windows", ())))
            scales = f" at {number} scales" if number else ""
            has = " × ".join(map(str, sides))
            raise InputError(
                f"the images are {has}, but a window of {window_side(context)}{scales} needs sides of {least} or more: "
                f"take a smaller window{' or fewer scales' if scales else ''}"
            )


class Bands(Images):
    """Images of two bands or more."""

    says_rows: str = "an image a row, (rows, bands, H, W)"

    def _check_sides(self, x: Array, context: Context) -> None:
        """Raise InputError for images of one band, too."""
        super()._check_sides(x, context)
        if x.ndim > 2 and x.shape[-3] < 2:
            raise InputError("the images have 1 band, but bands are compared with each other: give images of 2 bands or more")


class Fields(Images):
    """Displacements: a component for each spatial axis, then these axes, of 3 pixels or more."""

    says_rows: str = "a field a row, (rows, 2, H, W), or with --spatial-dims 3 (rows, 3, D, H, W)"

    def of(self, context: Context) -> Fields:
        return self.but(ndim=1 + int(context["spatial_dims"]))

    def _check_sides(self, x: Array, context: Context) -> None:
        """Raise InputError for another number of components than of axes, and for fields without an inner pixel."""
        dims = int(context["spatial_dims"])
        if x.ndim <= dims:
            return
        if x.shape[-dims - 1] != dims:
            raise InputError(f"a field over {dims} axes has {dims} components, not {x.shape[-dims - 1]}: give {self.says_rows}")
        if min(x.shape[-dims:]) < 3:
            raise InputError(f"the fields are {' × '.join(map(str, x.shape[-dims:]))}, but derivatives need sides of 3 or more")


class DataRange(Range):
    """The range of the values of images: one number, or the lowest and the highest value."""

    @property
    def says(self) -> str:
        return "above 0, or the lowest and the highest value"

    def wrong(self, x: Array, context: Context) -> Array:
        right = x > 0 if x.ndim == 0 else np.asarray(x.shape == (2,) and x[0] < x[1])
        return ~(right & np.isfinite(x).all())
