"""`measure`: latency rows of runs and files, interleaved with what they are compared with.

What makes no sense is refused with exit code 2 before a store is opened or a network is loaded.
"""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from core import runtimes
from core.cli.options import json_option, print_json, say
from core.cli.store import content, find
from core.errors import MeasurementError
from core.latency.protocol import QUICK, Effort, Request
from core.records import BATCHES, Architecture, LatencyRow, to_dict

SUFFIXES = (".tflite", ".onnx")
CROSSED = tuple(str(each) for each in Architecture if each.has_convolutions)


@click.command()
@click.argument("models", nargs=-1, metavar="[RUN|FILE]...")
@click.option("--runtime", "names", multiple=True, help="runtime name; repeatable")
@click.option(
    "--batch",
    "batches",
    type=int,
    multiple=True,
    help=f"images in a query; repeatable; else {', '.join(map(str, BATCHES))} (--ladder: 1)",
)
@click.option("--against", metavar="RUN|FILE", help="what speed-ups are counted from")
@click.option("--threads", type=int, default=1, show_default=True)
@click.option("--processes", type=int, default=3, show_default=True, help="fresh processes a figure rests on")
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu:N")
@click.option("--quick", is_flag=True, help="shorter, and marked as such")
@click.option(
    "--ladder",
    is_flag=True,
    help="everything about one RUN: ladder, layers, twins, findings; --batch adds a sweep",
)
@click.option(
    "--crossing",
    type=click.Choice(CROSSED),
    help="standard against separable over ratio and batch, untrained; kept for the Compare page",
)
@json_option
def measure(
    models: tuple[str, ...],
    names: tuple[str, ...],
    batches: tuple[int, ...],
    against: str | None,
    threads: int,
    processes: int,
    device: str,
    quick: bool,
    ladder: bool,
    crossing: str | None,
    as_json: bool,
) -> int:
    """Measure the latency of runs or .tflite and .onnx files; a query is input in, invoke, output out."""
    request = _request(names, batches, threads, processes, device, quick)
    others = bool(against) or threads != 1 or device != "cpu"
    if crossing:
        if models or names or ladder or others:
            raise click.UsageError(
                "--crossing takes no RUN or FILE and only --batch, --processes, --quick and --json beside it."
            )
        return _crossing(crossing, batches, request.effort, as_json)
    if not models:
        raise click.UsageError("nothing to measure: name a RUN, a .tflite or an .onnx file.")
    if ladder:
        if others or len(models) > 1 or Path(models[0]).suffix in SUFFIXES:
            raise click.UsageError(
                "--ladder takes one RUN on one thread of the CPU; it starts at the dense network at batch 1."
            )
        return _ladder(models[0], names, request.effort, batches, as_json)
    return _rows(models, names, against, request, as_json)


def _request(
    names: tuple[str, ...],
    batches: tuple[int, ...],
    threads: int,
    processes: int,
    device: str,
    quick: bool,
) -> Request:
    """Return what is asked for, validated; raises UsageError that says what came and what is allowed."""
    try:
        return Request(
            runtimes=tuple(runtimes.named(name) for name in names) or runtimes.DEFAULT,
            batches=batches or BATCHES,
            threads=threads,
            device=device,
            effort=QUICK if quick else Effort(processes=processes),
        )
    except MeasurementError as error:
        raise click.UsageError(str(error)) from None


def _rows(
    models: tuple[str, ...], names: tuple[str, ...], against: str | None, request: Request, as_json: bool
) -> int:
    from core.latency.measurement import compare

    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # what measures needs room beside this process
    networks = [*models, *([against] if against else [])]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="measure-")))
        rows = compare(
            [_file(name, folder / str(place)) for place, name in enumerate(networks)],
            baseline=len(networks) - 1 if against else None,
            runtimes=names or None,
            batches=request.batches,
            threads=request.threads,
            device=request.device,
            effort=request.effort,
            on_row=lambda row: say(_line(row, request.device)),
        )
    found = [
        replace(row, model=name, against=against or "")
        for name, each in zip(models, rows, strict=False)
        for row in each
    ]
    if as_json:
        print_json([to_dict(row) for row in found])
    else:
        for row in found:
            click.echo(_line(row, request.device))
    return 1 if all(row.error for row in found) else 0


def _ladder(run: str, names: tuple[str, ...], effort: Effort, batches: tuple[int, ...], as_json: bool) -> int:
    from core.cli.study import print_study, study_of

    found = study_of(run, names, effort.processes, effort.is_quick, batches)
    if as_json:
        print_json(to_dict(found))
    else:
        print_study(found)
    return 1 if all(row.error for row in found.rows) else 0


def _crossing(architecture: str, batches: tuple[int, ...], effort: Effort, as_json: bool) -> int:
    from core.cli.crossing import measured, print_crossing

    found = measured(architecture, batches, effort)
    if as_json:
        print_json(to_dict(found))
    else:
        print_crossing(found)
    return 0


def _file(name: str, folder: Path) -> Path:
    path = Path(name)
    if path.suffix in SUFFIXES:
        return path
    folder.mkdir()
    path = folder / "model.keras"
    path.write_bytes(content(find(name), path.name))
    return path


def _line(row: LatencyRow, asked: str) -> str:
    """Return a row as text; where a GPU was asked for, with the device that it was measured on."""
    device = f"  {row.device}" if asked != "cpu" else ""
    start = f"{row.model}  {row.runtime}{device}  batch {row.batch}"
    if row.p50_ms is None:
        return f"{start}: {row.error}"
    gain = f"  {row.speedup:.2f}x" if row.speedup is not None else ""
    doubts = f"  [{', '.join(row.warnings)}]" if row.warnings else ""
    return f"{start}: p50 {row.p50_ms:.4f} ms  p90 {row.p90_ms:.4f}  p99 {row.p99_ms:.4f}{gain}{doubts}"
