"""What a run is asked to do: the one place that validates, for browser, command line and tests."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from core.errors import SpecError

RECIPE_VERSION = 4
"""Part of a baseline's identity: raise it when the training recipe, an architecture or the export changes."""


class Architecture(StrEnum):
    LENET5 = "lenet5"
    CONVNET = "convnet"
    MLP1000 = "mlp1000"

    @property
    def has_convolutions(self) -> bool:
        """Whether it comes in a standard and a separable form."""
        return self is not Architecture.MLP1000


class Convolution(StrEnum):
    STANDARD = "standard"
    SEPARABLE = "separable"


class Method(StrEnum):
    NONE = "none"
    STRUCTURED = "structured"
    MAGNITUDE = "magnitude"
    RANDOM = "random"

    @property
    def is_removal(self) -> bool:
        """Whether channels leave the network, rather than single weights becoming zero."""
        return self is Method.STRUCTURED


class Criterion(StrEnum):
    L1 = "l1"
    L2 = "l2"
    TAYLOR = "taylor"
    BN = "bn"
    RANDOM = "random"


class Scope(StrEnum):
    UNIFORM = "uniform"
    GLOBAL = "global"
    LAGRANGIAN = "lagrangian"


class Cost(StrEnum):
    MACS = "macs"
    LATENCY = "latency"


class Schedule(StrEnum):
    ONE_SHOT = "one-shot"
    ITERATIVE = "iterative"


DEFAULT_EPOCHS = {Architecture.LENET5: 2, Architecture.CONVNET: 6, Architecture.MLP1000: 4}
DEFAULT_FINETUNE_EPOCHS = {Architecture.LENET5: 2, Architecture.CONVNET: 8, Architecture.MLP1000: 2}
DEFAULT_BATCH_SIZE = 128
LARGEST = {"epochs": 1000, "finetune_epochs": 1000, "batch_size": 60_000, "round_to": 1024, "seed": 2**31 - 1}

_ENUMS: dict[str, type[StrEnum]] = {
    "architecture": Architecture,
    "conv": Convolution,
    "method": Method,
    "criterion": Criterion,
    "scope": Scope,
    "cost": Cost,
    "schedule": Schedule,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One network to train, prune, fine-tune, export and measure.

    `ratio` is a share of channels (structured), of weights (magnitude, random) or of the cost (lagrangian).
    None becomes a default: epochs by architecture, criterion by scope. Names may come as plain strings.
    Raises SpecError, which names the field, what came, what is allowed and what to do.
    """

    architecture: Architecture = Architecture.LENET5
    conv: Convolution = Convolution.STANDARD
    method: Method = Method.STRUCTURED
    ratio: float = 0.5
    criterion: Criterion | None = None
    scope: Scope = Scope.UNIFORM
    cost: Cost = Cost.MACS
    round_to: int = 1
    ignore: tuple[str, ...] = ()
    schedule: Schedule = Schedule.ONE_SHOT
    distill: bool = False
    augment: bool = True
    epochs: int | None = None
    finetune_epochs: int | None = None
    batch_size: int = DEFAULT_BATCH_SIZE
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.criterion is None:
            self._set("criterion", Criterion.TAYLOR if self.scope == Scope.LAGRANGIAN else Criterion.L1)
        for name, kind in _ENUMS.items():
            self._set(name, _member(name, kind, getattr(self, name)))
        if self.epochs is None:
            self._set("epochs", DEFAULT_EPOCHS[self.architecture])
        if self.finetune_epochs is None:
            self._set("finetune_epochs", DEFAULT_FINETUNE_EPOCHS[self.architecture])
        self._set("ignore", tuple(sorted(set(self.ignore))))
        self._set("ratio", _ratio(self.ratio))
        _whole("epochs", self.epochs, lowest=1)
        _whole("finetune_epochs", self.finetune_epochs, lowest=0)
        _whole("batch_size", self.batch_size, lowest=1)
        _whole("round_to", self.round_to, lowest=1)
        _whole("seed", self.seed, lowest=0)
        self._check_device()
        self._check_combination()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_device(self) -> None:
        kind, _, number = self.device.partition(":")
        if self.device != "cpu" and not (kind == "gpu" and number.isdecimal()):
            raise SpecError(f"device is {self.device!r}; allowed: cpu, or gpu:N with N from 0, as in gpu:0.")

    def _check_combination(self) -> None:
        if self.conv is Convolution.SEPARABLE and not self.architecture.has_convolutions:
            raise SpecError(
                "conv is 'separable' for mlp1000, which has no convolution; "
                "use conv standard, or architecture lenet5 or convnet."
            )
        if self.method is Method.NONE and self.ratio:
            raise SpecError(f"ratio is {self.ratio:g} with method none; use ratio 0 or choose a method.")
        if self.scope is Scope.LAGRANGIAN and self.method is not Method.STRUCTURED:
            raise SpecError(
                f"scope is 'lagrangian' with method '{self.method}'; use it with method structured."
            )
        if self.scope is Scope.LAGRANGIAN and self.criterion is not Criterion.TAYLOR:
            raise SpecError(
                f"criterion is '{self.criterion}' with scope lagrangian, which weighs Taylor scores; "
                "use criterion taylor."
            )
        if self.criterion is Criterion.BN and self.architecture is not Architecture.CONVNET:
            raise SpecError(
                f"criterion is 'bn' for {self.architecture}, which has no batch normalisation; "
                "use l1, l2, taylor or random, or architecture convnet."
            )

    @property
    def is_baseline(self) -> bool:
        return self.method is Method.NONE

    def baseline(self) -> "RunSpec":
        """Return the dense run that this one starts from; a baseline is its own."""
        return RunSpec(
            architecture=self.architecture,
            conv=self.conv,
            method=Method.NONE,
            ratio=0.0,
            augment=self.augment,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=self.seed,
            device=self.device,
        )

    @property
    def baseline_key(self) -> str:
        """Name what a trained baseline depends on, recipe version included; equal keys share one training."""
        parts = (self.architecture, self.conv, f"e{self.epochs}", f"b{self.batch_size}", f"s{self.seed}")
        return "-".join((*parts, "aug" if self.augment else "plain", f"v{RECIPE_VERSION}"))

    @property
    def title(self) -> str:
        """Return a short name: `lenet5 · separable · structured 0.5`."""
        what = "dense" if self.is_baseline else f"{self.method} {self.ratio:g}"
        return f"{self.architecture} · {self.conv} · {what}"

    def edited(self, **changes: Any) -> "RunSpec":
        """Return a validated copy with `changes`."""
        return replace(self, **changes)


def spec_fields() -> tuple[str, ...]:
    """Return the names of a spec's fields in their order."""
    return tuple(field.name for field in fields(RunSpec))


def _member(name: str, kind: type[StrEnum], value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        raise SpecError(f"{name} is {value!r}; allowed: {allowed}.") from None


def _ratio(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise SpecError(
            f"ratio is {value!r}; allowed: 0 <= ratio < 1, the share to remove. For half of it, use 0.5."
        )
    return float(value)


def _whole(name: str, value: object, *, lowest: int) -> None:
    highest = LARGEST[name]
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise SpecError(f"{name} is {value!r}; allowed: a whole number from {lowest} to {highest}.")
