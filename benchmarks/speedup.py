"""How much faster lenet5 gets where little of it stays, against its own dense network, and what that costs.

    python -m benchmarks.speedup [--seeds 3] [--timed-only] [--smoke]

Each seed trains the dense network as a run does, keeps so many channels a layer (largest L1), and fine-tunes
them for forty epochs with augmentation and distillation. A network loses nothing measurable where McNemar's
test sees no loss with any seed. Times depend on shapes alone: all widths are timed once, interleaved with the
dense network, on LiteRT float32, batch 1, by the whole protocol; `--timed-only` times them again and keeps
what was trained on the same day.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from statistics import mean
from typing import Any

import click

from benchmarks.latency import NAMES, cut
from benchmarks.results import conditions, store, stored, table
from core.analysis.mistakes import paired
from core.latency import export
from core.latency.measurement import compare, measure
from core.latency.protocol import FULL, QUICK, Effort
from core.learning import data as mnist
from core.learning import precision
from core.learning.evaluation import evaluate
from core.learning.models import build
from core.learning.training import train
from core.records import Architecture, Caveat, RunSpec, Runtime

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
    """One seed of one width: accuracies in per cent on the test images."""

    widths: str
    seed: int
    dense: float
    left: float
    is_loss: bool

    @property
    def lost(self) -> float:
        return self.dense - self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One width: p50 in milliseconds, times faster than the dense network on LiteRT, and on predict."""

    widths: str
    p50_ms: float
    faster: float
    faster_low: float
    faster_high: float
    from_predict: float
    warnings: tuple[Caveat, ...]


def trials(seed: int, data: mnist.MnistArrays, size: Size) -> list[Trial]:
    """Train and prune with a seed; return what each width lost."""
    spec = RunSpec(architecture=Architecture.LENET5, seed=seed)
    dense = build(spec.architecture, spec.conv, seed=seed)
    train(dense, data, epochs=spec.epochs or 1, seed=seed, in_bfloat16=precision.pays(dense))
    before = evaluate(dense, data.x_test, data.y_test)
    found = []
    for widths in size.widths:
        after = evaluate(_fine_tuned(dense, widths, data, seed, size.epochs), data.x_test, data.y_test)
        found.append(
            Trial(
                widths=_named(widths),
                seed=seed,
                dense=100 * before.accuracy,
                left=100 * after.accuracy,
                is_loss=paired(data.y_test, before.predictions, after.predictions).is_loss,
            )
        )
    return found


def _fine_tuned(dense: Any, widths: tuple[int, ...], data: mnist.MnistArrays, seed: int, epochs: int) -> Any:
    model = cut(dense, widths)
    bfloat16 = precision.pays(model)
    train(model, data, epochs=epochs, seed=seed, augment=True, teacher=dense, in_bfloat16=bfloat16)
    return model


def _named(widths: tuple[int, ...]) -> str:
    assert len(widths) == len(NAMES)
    return "-".join(map(str, widths))


def timings(size: Size) -> list[Timing]:
    """Time every width against the dense network, none of them trained."""
    dense = build(Architecture.LENET5)
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        folder = Path(work)
        reference = export.prepare(dense, folder / "dense", [Runtime.LITERT_FP32, Runtime.KERAS_PREDICT])
        subjects = [
            export.prepare(cut(dense, widths), folder / _named(widths), [Runtime.LITERT_FP32])
            for widths in size.widths
        ]
        rows = compare(
            [*subjects, reference],
            baseline=len(subjects),
            runtimes=[Runtime.LITERT_FP32],
            effort=size.effort,
        )
        (predict,) = measure(reference, runtimes=[Runtime.KERAS_PREDICT], effort=size.effort)
    return [
        Timing(
            widths=_named(widths),
            p50_ms=row.p50_ms or 0.0,
            faster=row.speedup or 0.0,
            faster_low=row.speedup_low or 0.0,
            faster_high=row.speedup_high or 0.0,
            from_predict=(predict.p50_ms or 0.0) / (row.p50_ms or 1.0),
            warnings=row.warnings,
        )
        for widths, (row,) in zip(size.widths, rows, strict=False)
    ]


def row(found: Sequence[Trial], timing: Timing) -> dict[str, str]:
    """Return one width's line of the table; accuracies are means over the seeds."""
    return {
        "kept": timing.widths,
        "dense %": f"{mean(each.dense for each in found):.2f}",
        "left %": f"{mean(each.left for each in found):.2f}",
        "lost points": f"{mean(each.lost for each in found):+.2f}",
        "by seed": " ".join(f"{each.lost:+.2f}" for each in found),
        "loss seen by McNemar": f"{sum(each.is_loss for each in found)} of {len(found)}",
        "p50 us": f"{1000 * timing.p50_ms:.2f}",
        "faster": f"{timing.faster:.2f} ({timing.faster_low:.2f} to {timing.faster_high:.2f})",
        "faster than predict": f"{timing.from_predict:,.0f}",
        "in doubt": ", ".join(timing.warnings),
    }


def verdict(found: Sequence[Trial], timed: Sequence[Timing]) -> list[str]:
    """Return the fastest that loses little, the fastest that loses nothing measurable, and what was asked."""
    little = [t for t in timed if mean(each.lost for each in found if each.widths == t.widths) <= MOST_LOST]
    nothing = [t for t in little if not any(each.is_loss for each in found if each.widths == t.widths)]
    said = []
    for what, among in ((f"at most {MOST_LOST} points lost", little), ("nothing measurable lost", nothing)):
        if not among:
            said.append(f"{what}: none")
            continue
        best = max(among, key=lambda timing: timing.faster)
        away = f"{best.from_predict:,.0f}x from predict"
        said.append(f"{what}: {best.widths}, at least {best.faster_low:.2f}x, {away}")
    return [*said, f"asked: at most {MOST_LOST} points, {LEAST:g}x, {LEAST_FROM_PREDICT:,.0f}x from predict"]


def trained_today() -> list[Trial]:
    """Return the trials in today's file."""
    names = {field.name for field in fields(Trial)}
    kept = stored("speedup").get("trials", [])
    return [Trial(**{name: value for name, value in trial.items() if name in names}) for trial in kept]


@click.command()
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--timed-only", is_flag=True, help="Time the widths again; keep what was trained today.")
@click.option("--smoke", is_flag=True, help="A few images, nothing stored: does it run?")
def main(seeds: int, timed_only: bool, smoke: bool) -> None:
    """Prune lenet5 hard and print how much faster it is, and what it lost."""
    size = SMOKE if smoke else Size()
    found = trained_today() if timed_only else []
    if timed_only and not found:
        raise click.UsageError("nothing was trained today; run it without --timed-only.")
    if not timed_only:
        data = mnist.load().first(1000, 500) if smoke else mnist.load()
        for seed in range(seeds):
            found += trials(seed, data, size)
            click.echo(f"{found[-len(size.widths) :]}", err=True)
    timed = timings(size)
    click.echo(table([row([each for each in found if each.widths == t.widths], t) for t in timed]))
    click.echo("\n".join(verdict(found, timed)))
    if not smoke:
        figures = {"trials": list(map(asdict, found)), "timings": list(map(asdict, timed))}
        store("speedup", {"epochs": size.epochs, **figures, "conditions": conditions()})


if __name__ == "__main__":
    main()
