"""The named domains: `pred: Probability` and `*, delta: Positive = 1.0` are a role and an option of a loss.

A domain defines the check of a value, the help text and the test data. Users' functions import these names too.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from losscli.domains.boxes import AnyBoxes, BinPlaces, Boxes, OfPoints, OfVectors, Points, RotatedBoxes, Sides, Spanning
from losscli.domains.images import Bands, DataRange, Fields, Images
from losscli.domains.labels import (
    CauseIn,
    DurationLogits,
    IntervalIn,
    LabelIn,
    Labelling,
    LabelList,
    NextToken,
    OfClasses,
    OfItems,
    OfTimes,
    OrIgnored,
    PaddedLabels,
    UpTo,
)
from losscli.domains.signals import Signals, StereoSignals
from losscli.domains.values import (
    INF,
    Bound,
    ByOption,
    Context,
    Decided,
    Domain,
    Graded,
    Needs,
    Odd,
    OutsideUnit,
    Range,
    Signed,
    Switch,
    Whole,
)

__all__ = [
    "AnyBoxes",
    "Bands",
    "BinPlaces",
    "Bound",
    "Boxes",
    "ByOption",
    "CauseIn",
    "DataRange",
    "Decided",
    "Domain",
    "DurationLogits",
    "Fields",
    "Graded",
    "Images",
    "IntervalIn",
    "LabelIn",
    "LabelList",
    "Labelling",
    "Needs",
    "NextToken",
    "Odd",
    "OfClasses",
    "OfItems",
    "OfPoints",
    "OfTimes",
    "OfVectors",
    "OrIgnored",
    "OutsideUnit",
    "PaddedLabels",
    "Points",
    "Range",
    "RangeOrBounds",
    "RotatedBoxes",
    "Sides",
    "Sigmas",
    "Signals",
    "Signed",
    "Spanning",
    "StereoSignals",
    "Switch",
    "UpTo",
    "Whole",
    "WindowSides",
]  # fmt: skip

finite = Range(above=-INF, below=INF)
nonnegative = Range(least=0, below=INF)
positive = Range(above=0, below=INF)
probability = Range(least=0, most=1, form="probs")
any_or_infinite = Range(least=-INF, most=INF)
logit = Range(below=INF, form="logits")  # -inf is the logit, and the logarithm, of probability 0

# --- roles, and options too where they fit: a number for each element ---

Real = Annotated[Any, finite]
Positive = Annotated[Any, positive]
NonNegative = Annotated[Any, nonnegative]
AboveOne = Annotated[Any, Range(above=1, below=INF)]
ShapeBelow1 = Annotated[Any, Range(below=1, above=-INF)]
_above_minus_one = Range(above=-1, below=INF)
AboveMinusOne = Annotated[Any, _above_minus_one]
Probability = Annotated[Any, probability]
Logit = Annotated[Any, logit]
LogProbability = Annotated[Any, Range(below=INF, form="log_probs", together=True)]
NegativeLog = Annotated[Any, Range(above=-INF, below=0)]
Sign = Annotated[Any, Signed()]
Flag = Annotated[Any, Whole(least=0, most=1)]
Count = Annotated[Any, Whole(least=0, below=INF)]
Group = Annotated[Any, Whole(takes_words=True, above=-INF, below=INF)]
Name = Annotated[Any, Range(takes_words=True, above=-INF, below=INF)]
Decision = Annotated[Any, Decided(takes_words=True, above=-INF, below=INF, beside="target")]

VarianceOfRow = Annotated[Any, Range(or_row=True, least=0, below=INF)]
Advantage = Annotated[Any, Range(or_row=True, above=-INF, below=INF)]

# --- a vector for each row ---

Vector = Annotated[Any, Range(ndim=1, above=-INF, below=INF)]
NonNegativeVector = Annotated[Any, Range(ndim=1, least=0, below=INF)]
PositiveVector = Annotated[Any, Range(ndim=1, above=0, below=INF)]
FreeVector = Annotated[Any, Range(ndim=1, free=True, above=-INF, below=INF)]
Ensemble = Annotated[Any, Range(ndim=1, free=True, above=-INF, below=INF)]  # samples of a forecast
Samples = Annotated[Any, Range(ndim=2, above=-INF, below=INF)]  # of vectors
_WEIGHTS = {"ndim": 1, "free": True, "thing": "member", "use": "as their weights", "only_with": "target_weight"}
MemberWeights = Annotated[Any, OfPoints(**_WEIGHTS, axis=-1, least=0, below=INF)]
SampleWeights = Annotated[Any, OfPoints(**_WEIGHTS, axis=-2, least=0, below=INF)]
OutcomeWeight = Annotated[Any, Range(only_with="member_weights", least=0, below=INF)]
SpanningSamples = Annotated[Any, Spanning(ndim=2, above=-INF, below=INF)]
Ensembles = Annotated[Any, Range(ndim=2, free=True, above=-INF, below=INF)]
Views = Annotated[Any, Range(ndim=2, ragged=True, above=-INF, below=INF)]
LogitViews = Annotated[Any, Range(ndim=2, below=INF, form="logits", together=True)]
Image = Annotated[Any, Images(ndim=2, above=-INF, below=INF)]
JointImage = Annotated[Any, Images(ndim=3, free=True, says_rows="an image a row, (rows, channels, H, W)", above=-INF, below=INF)]
SeveralBands = Annotated[Any, Bands(ndim=3, free=True, above=-INF, below=INF)]
DisplacementField = Annotated[Any, Fields(ndim=3, above=-INF, below=INF)]
Mask = Annotated[Any, Images(ndim=2, least=0, most=1, form="probs")]
_MASKS = "a mask a row, (rows, H, W) or (rows, channels, H, W)"
JointMask = Annotated[Any, Images(ndim=3, says_rows=_MASKS, least=0, most=1, form="probs", opposed=-3)]
Signal = Annotated[Any, Signals(ndim=1, above=-INF, below=INF)]
Stereo = Annotated[Any, StereoSignals(ndim=2, above=-INF, below=INF)]
BinVectors = Annotated[Any, Range(ndim=2, free=True, above=-INF, below=INF)]  # of each bin of a spectrogram
_OF_BINS = {"ndim": 1, "free": True, "thing": "bin"}
BinGroups = Annotated[Any, OfPoints(**_OF_BINS, use="of the source that is loudest there", above=-INF, below=INF)]
BinWeights = Annotated[Any, OfPoints(**_OF_BINS, use="as their weights", least=0, below=INF)]
Scores = Annotated[Any, Range(ndim=1, above=-INF, below=INF)]  # of the items of a list
PairedScores = Annotated[Any, Range(ndim=1, paired=True, above=-INF, below=INF)]
Relevances = Annotated[Any, Graded(ndim=1, least=0, below=INF)]
Grade = Annotated[Any, Graded(least=0, below=INF)]
ClickLogits = Annotated[Any, Range(ndim=1, size=2, above=-INF, below=INF)]  # of being seen and of being relevant
ModelLogits = Annotated[Any, Range(ndim=2, free=True, above=-INF, below=INF)]  # of each item of a list, by each of several models
Clicks = Annotated[Any, OfItems(ndim=1, free=True, least=0, most=1)]
Flags = Annotated[Any, Whole(ndim=1, least=0, most=1)]
Logits = Annotated[Any, Range(ndim=1, below=INF, form="logits")]  # of losses with several labels a row, whose classes always come last
LastLogits = Annotated[Any, Range(ndim=1, below=INF, form="logits", together=True)]  # of classes that always come last
FreeLogits = Annotated[Any, Range(ndim=1, below=INF)]  # whose normaliser counts: probabilities do not say what it was
LabelShares = Annotated[Any, Range(ndim=1, least=0, most=1)]

# --- a value for each class: the last axis, or the one that --class-axis names ---

_class_logits = Range(ndim=1, classes=True, below=INF, form="logits", together=True)
_class_probabilities = Range(ndim=1, classes=True, least=0, most=1, form="probs", together=True)
LogitVector = Annotated[Any, _class_logits]
LogProbabilityVector = Annotated[Any, Range(ndim=1, classes=True, below=INF, form="log_probs", together=True)]
ProbabilityVector = Annotated[Any, _class_probabilities]
_channel_logits = Range(ndim=1, classes=True, below=INF, form="logits")
ChannelLogits = Annotated[Any, _channel_logits]  # each of a mask of its own
AmountLogs = Annotated[Any, Range(ndim=1, classes=True, below=INF)]  # of amounts that need not sum to 1
WeightVector = Annotated[Any, Range(ndim=1, classes=True, least=0, below=INF)]
ClassScores = Annotated[Any, Range(ndim=1, classes=True, above=-INF, below=INF)]
ClassCosines = Annotated[Any, Range(ndim=1, classes=True, least=-1, most=1)]

# --- boxes and points ---

RotatedBox = Annotated[Any, RotatedBoxes(ndim=1, size=5, above=-INF, below=INF)]
Keypoints = Annotated[Any, Points(ndim=2, size=2, above=-INF, below=INF)]
Visible = Annotated[Any, OfPoints(ndim=1, free=True, least=0, below=INF)]
Place = Annotated[Any, BinPlaces(above=-INF, below=INF)]

ClassLogitList = Annotated[Any, Range(ndim=2, free=True, below=INF)]  # of the predictions of an image
ObjectLabels = Annotated[Any, PaddedLabels(ndim=1, free=True, least=-1, below=INF)]

# --- labels and sequences ---

Label = Annotated[Any, LabelIn()]
ProbabilityOrIgnored = Annotated[Any, OrIgnored(least=0, most=1)]
HardLabel = Annotated[Any, LabelIn(soft=False)]
LabelUnlessAlpha1 = Annotated[Any, LabelIn(soft=False, optional_only_if=("alpha", 1.0))]
ClassDistances = Annotated[Any, OfClasses(ndim=1, free=True, shared=True, least=0, below=INF)]
ClassCosts = Annotated[Any, OfClasses(ndim=1, free=True, shared=True, above=-INF, below=INF)]
LinearLabel = Annotated[Any, LabelIn(over="linear_weight", axis=0, beside="pred")]
ProxyLabel = Annotated[Any, LabelIn(over="proxies", axis=0, beside="pred", soft=False)]
TokenLogits = Annotated[Any, Range(ndim=2, below=INF, form="logits", together=True)]  # a vector of class logits for each token
Tokens = Annotated[Any, NextToken(ndim=1, soft=False)]
ListedLabels = Annotated[Any, LabelList(ndim=1, least=-1, below=INF)]
Frames = Annotated[Any, Range(ndim=2, free=True, below=INF, form="log_probs", together=True)]  # a vector of class logits for each moment
Labels = Annotated[Any, Labelling(ndim=1, free=True, above=-INF, below=INF)]
FrameCount = Annotated[Any, UpTo(over="pred", axis=-2, least=0)]
PositionCount = Annotated[Any, UpTo(over="pred", axis=-1, least=0)]
LabelCount = Annotated[Any, UpTo(over="target", least=0)]
Lattice = Annotated[Any, Range(ndim=3, free=True, below=INF)]  # for each moment and number of labels before it, a vector of class logits
LatticeLabels = Annotated[Any, Labelling(ndim=1, free=True, lattice=True, above=-INF, below=INF)]
LatticeDurations = Annotated[Any, DurationLogits(ndim=3, free=True, below=INF)]
Durations = Annotated[Any, Whole(ndim=1, free=True, least=0, below=INF), "In frames; one for each duration logit."]
LatticeFrames = Annotated[Any, UpTo(over="pred", axis=-3, least=1)]

# --- survival ---

SurvivalCurve = Annotated[Any, Range(ndim=1, or_number=True, least=0, most=1)]  # at some times
TrainTime = Annotated[Any, Range(shared=True, own_rows=True, only_with="train_event", above=-INF, below=INF)]
TrainEvent = Annotated[Any, Whole(shared=True, rows_of="train_time", only_with="train_time", least=0, most=1)]
KnownTimes = Annotated[Any, Range(ndim=1, above=-INF, below=INF), "The time of each column of pred."]
NonNegativeAtTimes = Annotated[Any, Range(ndim=1, least=0, below=INF), "One for each of the times."]
CensoringWeights = Annotated[Any, OfTimes(ndim=1, free=True, or_number=True, least=0, below=INF)]
Controls = Annotated[Any, Range(ndim=1, free=True, or_number=True, above=-INF, below=INF)]  # of a case
UpperBound = Annotated[Any, Bound(above=0)]
IntervalLogits = Annotated[Any, Range(ndim=1, above=-INF, below=INF)]  # a number for each time interval
CauseLogits = Annotated[Any, Range(ndim=2, above=-INF, below=INF)]  # such a vector for each cause
Stratum = Annotated[Any, Whole(takes_words=True, above=-INF, below=INF)]
Interval = Annotated[Any, IntervalIn(least=0, below=INF)]
Cause = Annotated[Any, CauseIn(least=0, below=INF)]

# --- one array for all rows ---

SharedReal = Annotated[Any, Range(shared=True, own_rows=True, optional_only_if=("side", "g"), above=-INF, below=INF)]
SharedVector = Annotated[Any, Range(ndim=1, shared=True, above=-INF, below=INF)]
SharedVectors = Annotated[Any, Range(ndim=1, free=True, shared=True, above=-INF, below=INF)]
SharedCenters = Annotated[Any, Range(ndim=2, shared=True, above=-INF, below=INF)]  # several vectors for each class
RefVectors = Annotated[Any, Range(ndim=1, shared=True, only_with="ref_labels", above=-INF, below=INF)]
RefGroup = Annotated[Any, Whole(takes_words=True, shared=True, rows_of="ref_emb", only_with="ref_emb", above=-INF, below=INF)]
GuidedNegative = Annotated[Any, Range(ndim=1, only_with="guide_negative", above=-INF, below=INF)]
GuideOfNegative = Annotated[Any, Range(ndim=1, only_with="negative", above=-INF, below=INF)]
SharedOrOwnVectors = Annotated[Any, Range(ndim=1, shared=True, or_per_row=True, above=-INF, below=INF)]
Series = Annotated[Any, Range(shared=True, above=-INF, below=INF)]
History = Annotated[Any, Range(shared=True, or_per_row=True, above=-INF, below=INF)]
Demands = Annotated[Any, Range(shared=True, or_per_row=True, least=0, below=INF)]
PrototypeShares = Annotated[Any, Range(shared=True, rows_of="prototypes", least=0, most=1)]
LinearBias = Annotated[Any, Range(shared=True, rows_of="linear_weight", above=-INF, below=INF)]

# --- domains that an option chooses ---

RateOrLog = Annotated[Any, Switch(option="log_input", yes=finite, no=nonnegative)]
MeanOrLog = Annotated[Any, Switch(option="log_input", yes=finite, no=positive)]
WeightOrLog = Annotated[Any, Switch(option="log_target", yes=logit, no=nonnegative)]
ProbabilityOrLogit = Annotated[Any, Switch(option="from_logits", yes=logit, no=probability, form="probs")]
ClassProbabilitiesOrLogits = Annotated[
    Any,
    Switch(ndim=1, classes=True, option="from_logits", yes=_class_logits, no=_class_probabilities, form="probs", together=True),
]
_CORNERS, _SIDES = Boxes(ndim=1, size=4, above=-INF, below=INF), Sides(ndim=1, size=4, above=-INF, below=INF)


def _box(context: Context) -> Domain:
    return _CORNERS if context.get("box_format") in (None, "xyxy") else _SIDES


_either_logits = _class_logits.but(single=True)  # the softmax of several channels, the sigmoid of one
_taken_as_they_are = Range(ndim=1, classes=True, below=INF)  # by a part of the loss that is of logits, and another that is of probabilities


def _channels(context: Context) -> Domain:
    forms = {"softmax": _either_logits, "strict_softmax": _either_logits, "sigmoid": _channel_logits, "none": _class_probabilities}
    return forms.get(context["activation"], _taken_as_they_are)


def _focal_channels(context: Context) -> Domain:
    return _class_logits if context["use_softmax"] else _channel_logits


def _dice_focal_channels(context: Context) -> Domain:
    return _channel_logits if context["activation"] == "sigmoid" else _taken_as_they_are  # its focal loss is of sigmoids


def _dice_ce_channels(context: Context) -> Domain:
    if context["sigmoid"]:
        return _channel_logits
    return _either_logits if context["softmax"] and context["one_channel"] == "sigmoid" else _taken_as_they_are


def _tweedie_mean(context: Context) -> Domain:
    return finite if context["power"] == 0 else positive


def _tweedie_target(context: Context) -> Domain:
    power = context["power"]
    return finite if power <= 0 else nonnegative if power < 2 else positive


_BOX_WORDS = f"{_CORNERS.says}, unless --box-format says otherwise"
Box = Annotated[Any, AnyBoxes(ndim=1, size=4, words=_BOX_WORDS, choose=_box)]


def _box_list(over: str) -> AnyBoxes:
    """Several boxes a row, as many as the role `over` has vectors or labels."""
    choose = lambda context: _box(context).but(ndim=2, free=True, over=over)
    return AnyBoxes(ndim=2, size=4, free=True, words=_BOX_WORDS, choose=choose)


PredictedBoxes = Annotated[Any, _box_list("pred")]
ObjectBoxes = Annotated[Any, _box_list("target")]
_CHANNELS = "finite, or -inf; with --activation none from 0 to 1"
_OF_CHANNELS: dict[str, Any] = {"ndim": 1, "classes": True, "form": "logits", "words": _taken_as_they_are.says}
_PROBABILITIES: dict[str, Any] = {"form": "probs", "together": True, "words": _CHANNELS}
Channels = Annotated[Any, ByOption(**_OF_CHANNELS | {"together": True, "words": _CHANNELS}, choose=_channels)]
ChannelProbabilities = Annotated[Any, ByOption(**_OF_CHANNELS | _PROBABILITIES, choose=_channels)]
FocalChannels = Annotated[Any, ByOption(**_OF_CHANNELS, choose=_focal_channels)]
DiceFocalChannels = Annotated[Any, ByOption(**_OF_CHANNELS, choose=_dice_focal_channels)]
DiceCEChannels = Annotated[Any, ByOption(**_OF_CHANNELS, together=True, choose=_dice_ce_channels)]
_BELOW_CLIP = ByOption(words="above -1; with --clip any number", choose=lambda c: _above_minus_one if c["clip"] is None else finite)
AboveMinusOneOrClipped = Annotated[Any, _BELOW_CLIP]
TweedieMean = Annotated[Any, ByOption(words="above 0; with --power 0 any number", choose=_tweedie_mean)]
_TWEEDIE = "any number up to --power 0, 0 or more up to --power 2, above 0 from there on"
TweedieTarget = Annotated[Any, ByOption(words=_TWEEDIE, choose=_tweedie_target)]

# --- options only ---

Slope = Literal["exact", "torch"]  # the derivative of the value, or torch's, where it differs
Activation = Literal[
    "softmax", "softmax_or_none", "strict_softmax", "sigmoid", "none"
]  # what makes probabilities of the numbers of the channels
ClassList = Annotated[Any, Whole(ndim=1, least=0, below=INF)]
AtLeastOne = Annotated[Any, Range(least=1, below=INF)]
PositiveOrInfinite = Annotated[Any, Range(above=0)]
NonNegativeOrInfinite = Annotated[Any, Range(least=0)]
AnyOrInfinite = Annotated[Any, any_or_infinite]
UpToZero = Annotated[Any, Range(least=-INF, most=0)]
Between0And1 = Annotated[Any, Range(above=0, below=1)]
Levels = Annotated[Any, Range(ndim=1, least=0, most=1, named_by=("pred",))]
Level = Annotated[Any, Range(least=0, most=1, named_by=("pred",))]
OutsideInterval = Annotated[Any, Range(above=0, below=1, named_by=("lower", "upper"))]
OddSize = Annotated[Any, Odd(least=1, below=INF)]
Sigmas = Annotated[Any, Range(ndim=1, free=True, above=0, below=INF), "One for each scale; that of the last scale is the widest."]
RangeOrBounds = Annotated[Any, DataRange(ndim=1, free=True), "Or the lowest and the highest value, to which the images are bounded first."]
WindowSides = Annotated[Any, Whole(ndim=1, free=True, least=1, below=INF), "One for each scale."]
SpatialDims = Annotated[Any, Whole(least=2, most=3)]
Period = Annotated[Any, Whole(least=1, below=INF)]
Bins = Annotated[Any, Whole(least=1, most=1000)]
TweediePower = Annotated[Any, OutsideUnit(above=-INF, below=INF)]
Share0To1 = Annotated[Any, Range(least=0, most=1)]
Share = Annotated[Any, Range(above=0, most=1)]
BetweenOneAndTwo = Annotated[Any, Range(above=1, below=2)]
Degrees = Annotated[Any, Range(least=0, most=180)]
PerPoint = Annotated[Any, Range(ndim=1, free=True, above=0, below=INF), "One for each point, or one number for all."]
BinCount = Annotated[Any, Whole(least=1, below=INF)]
TrainingRows = Annotated[Any, Whole(least=2, below=INF)]
ClassCounts = Annotated[Any, Range(ndim=1, above=0, below=INF)]
BelowHalf = Annotated[Any, Range(least=0, below=0.5)]
PerClass = Annotated[Any, Range(ndim=1, least=0, below=INF)]
PerElement = Annotated[Any, Range(ndim=1, or_per_row=True, least=0, below=INF)]
LabelWeights = Annotated[Any, Range(ndim=1, free=True, least=0, below=INF)]
AlphaOrOff = Annotated[Any, Range(most=1, above=-INF)]
Cosine = Annotated[Any, Range(least=-1, most=1)]
AcuteAngle = Annotated[Any, Range(above=0, below=90)]
