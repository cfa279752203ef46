"""Latency of what we export: gap to the roofline, what the layout gains, what our loop adds, self-comparison.

    python -m benchmarks.latency [--repetitions 20] [--smoke] [--crossing]

lenet5 untrained, for times depend on shapes only: dense, uniform 0.5 and 0.8, and 4-16-48. Medians of the
whole protocol on one pinned core; ratios come from interleaved blocks, so they hold on a busy machine.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from benchmarks.results import conditions, store, table
from core import pruning, study
from core.analysis.crossing import crossings
from core.latency import export, layers, roofline
from core.latency.measurement import compare, measure
from core.latency.protocol import FULL, QUICK, Effort
from core.latency.subject import Subject
from core.learning.models import build
from core.records import LatencyRow, LayerTime, Roofline, Runtime

WIDTHS = {
    "dense 20-50-500": None,
    "0.5 uniform 10-25-250": (10, 25, 250),
    "0.8 uniform 4-10-100": (4, 10, 100),
    "4-16-48": (4, 16, 48),
}
NAMES = {"conv1": 20, "conv2": 50, "dense1": 500}
SEPARATE = """
import sys, time, numpy
from ai_edge_litert.interpreter import Interpreter
network = Interpreter(sys.argv[1], num_threads=1)
network.allocate_tensors()
source, sink = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
image, times = numpy.random.rand(1, 28, 28, 1).astype("float32"), []
for _ in range(20000):
    began = time.perf_counter_ns()
    network.set_tensor(source, image); network.invoke(); network.get_tensor(sink)
    times.append(time.perf_counter_ns() - began)
print(sorted(times)[len(times) // 2] / 1e6)
"""


def network(widths: tuple[int, ...] | None) -> Any:
    """Return an untrained lenet5, cut to `widths` where given."""
    return cut(build("lenet5"), widths or ())


def cut(model: Any, widths: tuple[int, ...]) -> Any:
    """Return a lenet5 with so many channels left in each layer: those of the largest L1."""
    for name, keep in zip(NAMES, widths, strict=False):
        others = [other for other in NAMES if other != name]
        model = pruning.remove(model, pruning.plan(model, 1 - keep / NAMES[name], ignore=others))
    return model


def subject(model: Any, path: Path, write: Callable[[Any], Any]) -> Subject:
    """Return `model` as LiteRT float32, exported the way that `write` prepares it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    export.write_litert(write(model), path)
    return Subject(path.stem, {Runtime.LITERT_FP32: path})


def microseconds(ms: float | None) -> float:
    return round(1000 * (ms or 0.0), 2)


def interval(row: LatencyRow) -> str:
    if row.speedup is None:
        return row.error or ""
    return f"{row.speedup:.3f} ({row.speedup_low:.3f} to {row.speedup_high:.3f})"


def layouts(models: dict[str, Any], folder: Path, effort: Effort) -> list[dict[str, Any]]:
    """Measure each network as Keras exports it, without shape arithmetic, and laid out wide as ours are."""
    ways: dict[str, Callable[[Any], Any]] = {
        "as Keras exports it": lambda model: model,
        "fixed reshape": lambda model: export.inference_copy(model, widen=False),
        "wide layout": export.inference_copy,
    }
    rows = []
    for name, model in models.items():
        subjects = [subject(model, folder / name / f"{way}.tflite", write) for way, write in ways.items()]
        found = compare(subjects, baseline=0, runtimes=[Runtime.LITERT_FP32], effort=effort)
        rows += [
            {"network": name, "export": way, "p50 us": microseconds(row.p50_ms), "faster": interval(row)}
            for way, (row,) in zip(ways, found, strict=True)
        ]
    return rows


def gaps(
    models: dict[str, Any], machine: Roofline, effort: Effort
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return measured time over both bounds for each network, and each network's layers."""
    rows, by_layer = [], {}
    for name, model in models.items():
        macs = {change.layer: change.macs_after for change in pruning.changes(model, model)}
        times = roofline.bounded(layers.layer_times(model, macs=macs, effort=effort), machine)
        by_layer[name] = [_layer(each) for each in times]
        total = 1000 * sum(each.time_ms for each in times)
        compute = 2 * sum(macs.values()) / machine.peak_gflops / 1000
        bound = 1000 * sum(each.bound_ms or 0.0 for each in times)
        rows.append(
            {
                "network": name,
                "p50 us": round(total, 2),
                "of it input and output": microseconds(times[0].time_ms),
                "compute bound us": round(compute, 2),
                "over compute bound": round(total / compute, 2),
                "roofline us": round(bound, 2),
                "over roofline": round(total / bound, 2),
            }
        )
    return rows, by_layer


def _layer(each: LayerTime) -> dict[str, Any]:
    return {
        "layer": each.layer,
        "us": microseconds(each.time_ms),
        "low": microseconds(each.low_ms),
        "high": microseconds(each.high_ms),
        "bound": microseconds(each.bound_ms),
    }


def itself(path: Path, repetitions: int, effort: Effort) -> dict[str, Any]:
    """Measure a network against its own copy, again and again; count the intervals that hold 1.0."""
    copy = path.with_name("copy.tflite")
    copy.write_bytes(path.read_bytes())
    rows = [measure(path, against=copy, effort=effort)[0] for _ in range(repetitions)]
    held = sum(row.speedup_low <= 1.0 <= row.speedup_high for row in rows)  # type: ignore[operator]
    return {
        "repetitions": repetitions,
        "intervals that hold 1.0": held,
        "ratios": [interval(row) for row in rows],
    }


def separately(path: Path, effort: Effort) -> dict[str, Any]:
    """Compare our p50 with that of a ten-line script that knows nothing of this program, in turn."""
    ours = measure(path, effort=effort)[0].p50_ms or 0.0
    ran = subprocess.run(
        [sys.executable, "-c", SEPARATE, str(path)], capture_output=True, text=True, check=True
    )
    theirs = float(ran.stdout)
    return {
        "ours us": microseconds(ours),
        "script us": microseconds(theirs),
        "difference": f"{abs(ours / theirs - 1):.1%}",
    }


@click.command()
@click.option("--repetitions", default=20, show_default=True, help="of the self-comparison")
@click.option("--smoke", is_flag=True, help="only that it runs; figures mean nothing and are not stored")
@click.option("--crossing", is_flag=True, help="standard against separable over ratio and batch, too")
def main(repetitions: int, smoke: bool, crossing: bool) -> None:
    """Print tables and leave the figures in benchmarks/results."""
    effort = replace(QUICK, min_s=0.0, min_queries=40, warmup_s=0.05) if smoke else FULL
    short = replace(layers.EFFORT, processes=1, min_s=0.0, min_queries=40) if smoke else layers.EFFORT
    models = {name: network(widths) for name, widths in WIDTHS.items()}
    machine = roofline.roofline()
    click.echo(f"machine: {machine.peak_gflops:.0f} GFLOP/s, {machine.bandwidth_gbps:.0f} GB/s, one thread")
    figures: dict[str, Any] = {"conditions": conditions(), "machine": vars_of(machine)}
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        figures["layouts"] = layouts(models, Path(work), effort)
        click.echo(table(figures["layouts"]))
        figures["gaps"], figures["layers"] = gaps(models, machine, short)
        click.echo(table(figures["gaps"]))
        path = Path(work) / "4-16-48" / "wide layout.tflite"
        figures["separate script"] = separately(path, effort)
        click.echo(figures["separate script"])
        figures["against itself"] = itself(path, 2 if smoke else repetitions, effort)
        click.echo({name: value for name, value in figures["against itself"].items() if name != "ratios"})
        first = measure(path, effort=effort)[0].conditions
        figures["loop overhead us"] = first.overhead_us if first else None
        click.echo(f"our loop adds {figures['loop overhead us']} us to a query")
    if crossing:
        points = study.cross_over("lenet5").points
        figures["crossing"] = {
            f"batch {batch}": [round(ratio, 3) for ratio in crossings(points, batch)] for batch in (1, 32)
        }
        click.echo(figures["crossing"])
    if not smoke:
        click.echo(f"stored in {store('latency', figures)}")


def vars_of(machine: Roofline) -> dict[str, float]:
    return {"peak_gflops": machine.peak_gflops, "bandwidth_gbps": machine.bandwidth_gbps}


if __name__ == "__main__":
    main()
