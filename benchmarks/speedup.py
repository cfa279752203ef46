"""How much faster lenet5 gets where little of it stays, against its own dense network, and what that costs.

    python -m benchmarks.speedup [--seeds 3] [--smoke]

Each seed trains the dense network as a run does, keeps so many channels a layer (largest L1), and fine-tunes
them for forty epochs with augmentation and distillation. Then all networks of a seed are timed interleaved on
LiteRT float32, batch 1, by the whole protocol; `predict` is timed for the dense one. A network loses nothing
measurable where McNemar's test sees no loss with any seed.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import click

from benchmarks.latency import NAMES, cut
from benchmarks.results import conditions, store, table
from core.analysis.mistakes import paired
from core.latency import export
from core.latency.measurement import compare, measure
from core.latency.protocol import FULL, QUICK, Effort
from core.learning import data as mnist
from core.learning import precision
from core.learning.evaluation import Evaluation, evaluate
from core.learning.models import build
from core.learning.training import train
from core.records import Architecture, LatencyRow, RunSpec, Runtime

LEAST, MOST_LOST, LEAST_FROM_PREDICT = 8.0, 0.2, 2000.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done: which widths, how many epochs each is fine-tuned, how long each network is timed."""

    widths: Sequence[tuple[int, ...]] = ((4, 16, 64), (6, 20, 100), (8, 25, 125))
    epochs: int = 40
    effort: Effort = FULL


SMOKE = Size(((4, 16, 64),), 1, replace(QUICK, min_s=0.0, min_queries=20, warmup_s=0.05))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One seed of one width: accuracies in per cent on the test images, ratios of p50s."""

    widths: str
    seed: int
    dense: float
    left: float
    is_loss: bool
    p50_ms: float
    faster: float
    faster_low: float
    faster_high: float
    from_predict: float

    @property
    def lost(self) -> float:
        return self.dense - self.left


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a width came to before anything was timed."""

    widths: str
    model: Any
    accuracy: float
    is_loss: bool


def trials(seed: int, data: mnist.MnistArrays, size: Size) -> list[Trial]:
    """Return what each width gives with a seed."""
    spec = RunSpec(architecture=Architecture.LENET5, seed=seed)
    dense = build(spec.architecture, spec.conv, seed=seed)
    train(dense, data, epochs=spec.epochs or 1, seed=seed, in_bfloat16=precision.pays(dense))
    before = evaluate(dense, data.x_test, data.y_test)
    smaller = [_fine_tuned(dense, widths, data, seed, size.epochs) for widths in size.widths]
    found = [_judged(model, data, before) for model in smaller]
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        rows, predict = _timed(dense, found, Path(work), size.effort)
    return [
        Trial(
            widths=each.widths,
            seed=seed,
            dense=100 * before.accuracy,
            left=100 * each.accuracy,
            is_loss=each.is_loss,
            p50_ms=row.p50_ms or 0.0,
            faster=row.speedup or 0.0,
            faster_low=row.speedup_low or 0.0,
            faster_high=row.speedup_high or 0.0,
            from_predict=(predict.p50_ms or 0.0) / (row.p50_ms or 1.0),
        )
        for each, row in zip(found, rows, strict=True)
    ]


def _fine_tuned(dense: Any, widths: tuple[int, ...], data: mnist.MnistArrays, seed: int, epochs: int) -> Any:
    model = cut(dense, widths)
    bfloat16 = precision.pays(model)
    train(model, data, epochs=epochs, seed=seed, augment=True, teacher=dense, in_bfloat16=bfloat16)
    return model


def _judged(model: Any, data: mnist.MnistArrays, before: Evaluation) -> Pruned:
    after = evaluate(model, data.x_test, data.y_test)
    is_loss = paired(data.y_test, before.predictions, after.predictions).is_loss
    kept = "-".join(str(model.get_layer(name).output.shape[-1]) for name in NAMES)
    return Pruned(kept, model, after.accuracy, is_loss)


def _timed(
    dense: Any, found: list[Pruned], folder: Path, effort: Effort
) -> tuple[list[LatencyRow], LatencyRow]:
    """Return the rows of the pruned networks against the dense one, and that of the dense one's `predict`."""
    reference = export.prepare(dense, folder / "dense", [Runtime.LITERT_FP32, Runtime.KERAS_PREDICT])
    subjects = [export.prepare(each.model, folder / each.widths, [Runtime.LITERT_FP32]) for each in found]
    rows = compare(
        [*subjects, reference], baseline=len(subjects), runtimes=[Runtime.LITERT_FP32], effort=effort
    )
    (predict,) = measure(reference, runtimes=[Runtime.KERAS_PREDICT], effort=effort)
    return [row for (row,) in rows[:-1]], predict


def row(found: list[Trial]) -> dict[str, str]:
    """Return one width's line of the table: means over the seeds, the interval that holds all of theirs."""
    low, high = min(each.faster_low for each in found), max(each.faster_high for each in found)
    return {
        "kept": found[0].widths,
        "dense %": f"{mean(each.dense for each in found):.2f}",
        "left %": f"{mean(each.left for each in found):.2f}",
        "lost points": f"{mean(each.lost for each in found):+.2f}",
        "by seed": " ".join(f"{each.lost:+.2f}" for each in found),
        "loss seen by McNemar": f"{sum(each.is_loss for each in found)} of {len(found)}",
        "p50 us": f"{1000 * mean(each.p50_ms for each in found):.2f}",
        "faster": f"{mean(each.faster for each in found):.2f} ({low:.2f} to {high:.2f})",
        "faster than predict": f"{min(each.from_predict for each in found):,.0f}",
    }


def verdict(rows: dict[str, list[Trial]]) -> list[str]:
    """Return the fastest that loses little, the fastest that loses nothing measurable, and what was asked."""
    little = [found for found in rows.values() if mean(each.lost for each in found) <= MOST_LOST]
    nothing = [found for found in little if not any(each.is_loss for each in found)]
    said = []
    for what, among in ((f"at most {MOST_LOST} points lost", little), ("nothing measurable lost", nothing)):
        if not among:
            said.append(f"{what}: none")
            continue
        best = max(among, key=lambda found: mean(each.faster for each in found))
        low, away = min(each.faster_low for each in best), min(each.from_predict for each in best)
        said.append(f"{what}: {best[0].widths}, at least {low:.2f}x, {away:,.0f}x from predict")
    return [*said, f"asked: at most {MOST_LOST} points, {LEAST:g}x, {LEAST_FROM_PREDICT:,.0f}x from predict"]


@click.command()
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--smoke", is_flag=True, help="A few images, nothing stored: does it run?")
def main(seeds: int, smoke: bool) -> None:
    """Prune lenet5 hard and print how much faster it is, and what it lost."""
    data = mnist.load().first(1000, 500) if smoke else mnist.load()
    size = SMOKE if smoke else Size()
    rows: dict[str, list[Trial]] = {}
    for seed in range(seeds):
        for trial in trials(seed, data, size):
            rows.setdefault(trial.widths, []).append(trial)
            click.echo(f"{trial}", err=True)
    click.echo(table([row(found) for found in rows.values()]))
    click.echo("\n".join(verdict(rows)))
    if not smoke:
        kept = [asdict(trial) for found in rows.values() for trial in found]
        store("speedup", {"epochs": size.epochs, "trials": kept, "conditions": conditions()})


if __name__ == "__main__":
    main()
