"""What a training left behind: one row an epoch."""

from dataclasses import dataclass

from core.records.run import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """One pass over the training images; accuracies are shares, `val_` is the test set, never chosen by."""

    stage: Stage
    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingHistory:
    """All epochs of one training; `elapsed_s` counts its steps, not the evaluations between."""

    epochs: tuple[EpochRecord, ...] = ()
    num_steps: int = 0
    elapsed_s: float = 0.0
