"""What the comparison of runs speaks of: quantities with their uncertainty, points, fronts, verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.records.latency import Caveat, Runtime
from core.records.run import Origin
from core.records.spec import Architecture, Convolution, Method

SIGNIFICANT = 0.05
"""The chance of error that a test may take."""


class Quantity(StrEnum):
    """What an axis, a constraint or a column can show."""

    ACCURACY = "accuracy"
    ERRORS = "errors"
    P50 = "p50"
    P90 = "p90"
    P99 = "p99"
    THROUGHPUT = "throughput"
    SPEEDUP = "speedup"
    PARAMETERS = "parameters"
    MACS = "macs"
    SIZE = "size"
    MEMORY = "memory"
    ENERGY = "energy"
    VISITORS = "visitors"

    @property
    def is_better_high(self) -> bool:
        """Whether more of it is better."""
        return self in (Quantity.ACCURACY, Quantity.THROUGHPUT, Quantity.SPEEDUP, Quantity.VISITORS)

    @property
    def is_timed(self) -> bool:
        """Whether it depends on runtime, device, batch and threads, and carries a row's caveats."""
        return self in _TIMED

    @property
    def is_share(self) -> bool:
        """Whether it lies in 0..1 and is read in per cent."""
        return self in (Quantity.ACCURACY, Quantity.VISITORS)


_TIMED = frozenset(
    (
        Quantity.P50,
        Quantity.P90,
        Quantity.P99,
        Quantity.THROUGHPUT,
        Quantity.SPEEDUP,
        Quantity.MEMORY,
        Quantity.ENERGY,
    )
)


@dataclass(frozen=True, slots=True, order=True)
class Setup:
    """On what a latency was measured; two rows compare only where all four are equal."""

    runtime: Runtime = Runtime.LITERT_FP32
    device: str = "cpu"
    batch: int = 1
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval: bounds equal to the value where it is counted exactly,
    None where no interval was measured."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def is_exact(self) -> bool:
        return self.low == self.value == self.high

    @property
    def has_interval(self) -> bool:
        return self.low is not None and self.high is not None

    @property
    def bounds(self) -> tuple[float, float]:
        """Return low and high; the value itself on a side that was not measured."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run on two chosen axes."""

    run_id: str
    title: str
    x: Estimate
    y: Estimate
    architecture: Architecture = Architecture.LENET5
    conv: Convolution = Convolution.STANDARD
    method: Method = Method.STRUCTURED
    ratio: float = 0.0
    parameters: int = 0
    caveats: tuple[Caveat, ...] = ()
    origin: Origin = Origin.OWN
    recorded_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The runs that no other run clearly beats on both axes, best x first.

    `leaders` have the best measured values of them, noise apart: the classic front. `groups` are the
    ties, two or more runs each, a leader first; every two of a group cannot be told apart on either axis.
    `dominated_by` names for each remaining run one run of the front that clearly beats it.
    `plain_axes` are the axes on which some run has no interval, so that plain values decided there.
    """

    members: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    dominated_by: Mapping[str, str] = field(default_factory=dict)
    plain_axes: tuple[str, ...] = ()

    def group_of(self, run_id: str) -> int | None:
        """Return the number of the tie group that holds `run_id`, from 1, or None."""
        return next((n for n, group in enumerate(self.groups, 1) if run_id in group), None)


class Fit(StrEnum):
    """How a run stands to the constraints; ORDER is from best to worst."""

    MEETS = "meets"
    IN_DOUBT = "in-doubt"
    FAILS = "fails"
    NOT_MEASURED = "not-measured"

    @property
    def is_feasible(self) -> bool:
        """Whether the measured values meet every limit, noise or not."""
        return self in (Fit.MEETS, Fit.IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bound that a network must hold: at least it where more is better, else at most it."""

    quantity: Quantity
    bound: float


class Sign(StrEnum):
    """What a difference between two measured values says, noise considered."""

    BETTER = "better"
    WORSE = "worse"
    EQUAL = "equal"
    WITHIN_NOISE = "within-noise"
    NOT_KNOWN = "not-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One quantity of two runs: what taking `other` instead of `best` changes."""

    quantity: Quantity
    best: Estimate
    other: Estimate
    sign: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two networks on the same images. `p_value`: McNemar's exact test that neither is more often right."""

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float

    @property
    def total(self) -> int:
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def is_loss(self) -> bool:
        """Whether the second one is right less often than chance explains, at 95 %, two-sided."""
        return self.only_first > self.only_second and self.p_value < SIGNIFICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossless:
    """A run that loses nothing measurable against its own dense network `dense`, and what says so.

    `paired` holds its answers against those of the dense one; None: they were not kept, and the Wilson
    intervals of the two accuracies overlap.
    """

    run_id: str
    dense: str
    paired: Paired | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The best feasible run, the runner-up, and who was left out why. Ids are None where there is none.

    `lossless` is the fastest feasible run that loses nothing measurable against its own dense network.
    """

    goal: Quantity
    limits: tuple[Limit, ...] = ()
    best: str | None = None
    runner_up: str | None = None
    lossless: Lossless | None = None
    fits: Mapping[str, Fit] = field(default_factory=dict)
    tied: tuple[str, ...] = ()
    given_up: tuple[Difference, ...] = ()

    def count(self, fit: Fit) -> int:
        """Return how many runs stand like that."""
        return sum(value is fit for value in self.fits.values())


class Match(StrEnum):
    """What a standard and a separable network have in common when they are compared."""

    RATIO = "ratio"
    PARAMETERS = "parameters"
    ACCURACY = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCell:
    """One convolution type at one ratio: the run of median accuracy among `num_runs` (seeds, recipes)."""

    conv: Convolution
    ratio: float
    run_id: str
    num_runs: int
    accuracy: Estimate
    speedup: Estimate | None
    p50: Estimate | None
    parameters: int
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A standard run and the separable one that matches it; signs say how the separable one stands."""

    standard: MapCell
    separable: MapCell
    accuracy: Sign
    speedup: Sign | None


class Turn(StrEnum):
    """What became of one test image's answer."""

    LOST = "lost"
    GAINED = "gained"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAnswer:
    """A test image that two networks answer differently: `index` into the test set, labels 0..9.

    `first_ratio` is the smallest ratio of the family whose answer differs from the dense network's.
    """

    index: int
    label: int
    before: int
    after: int
    turn: Turn
    probability: float | None = None
    first_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """One field of several specifications, in the order of the runs."""

    name: str
    values: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return len(set(self.values)) <= 1
