"""`measure`: latency rows of runs and files, interleaved with what they are compared with."""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from core.cli.options import json_option, print_json, say
from core.cli.store import content, find
from core.records import LatencyRow, to_dict

SUFFIXES = (".tflite", ".onnx")


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="RUN|FILE...")
@click.option("--runtime", "runtimes", multiple=True, help="runtime name; repeatable")
@click.option("--batch", "batches", type=int, multiple=True, help="images in a query; repeatable")
@click.option("--against", metavar="RUN|FILE", help="what speed-ups are counted from")
@click.option("--threads", type=int, default=1, show_default=True)
@click.option("--processes", type=int, default=3, show_default=True, help="fresh processes a figure rests on")
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu:N")
@click.option("--quick", is_flag=True, help="shorter, and marked as such")
@click.option("--ladder", is_flag=True, help="everything about one RUN: ladder, layers, twins, findings")
@json_option
def measure(
    models: tuple[str, ...],
    runtimes: tuple[str, ...],
    batches: tuple[int, ...],
    against: str | None,
    threads: int,
    processes: int,
    device: str,
    quick: bool,
    ladder: bool,
    as_json: bool,
) -> int:
    """Measure the latency of runs or .tflite and .onnx files; a query is input in, invoke, output out."""
    if ladder:
        _refuse_beside_ladder(models, batches, against, threads, device)
        return _ladder(models[0], runtimes, processes, quick, as_json)
    from core.latency.measurement import compare
    from core.latency.protocol import QUICK, Effort

    names = [*models, *([against] if against else [])]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="measure-")))
        files = [_file(name, folder / str(place)) for place, name in enumerate(names)]
        rows = compare(
            files,
            baseline=len(names) - 1 if against else None,
            runtimes=runtimes or None,
            batches=batches or (1,),
            threads=threads,
            device=device,
            effort=QUICK if quick else Effort(processes=processes),
            on_row=lambda row: say(_line(row)),
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
            click.echo(_line(row))
    return 1 if all(row.error for row in found) else 0


def _refuse_beside_ladder(
    models: tuple[str, ...], batches: tuple[int, ...], against: str | None, threads: int, device: str
) -> None:
    others = (len(models) > 1, batches not in ((), (1,)), against, threads != 1, device != "cpu")
    if any(others) or Path(models[0]).suffix in SUFFIXES:
        raise click.UsageError(
            "--ladder takes one RUN at batch 1 on one thread of the CPU; it starts at the dense network."
        )


def _ladder(run: str, runtimes: tuple[str, ...], processes: int, quick: bool, as_json: bool) -> int:
    from core.cli.study import print_study, study_of

    found = study_of(run, runtimes, processes, quick)
    if as_json:
        print_json(to_dict(found))
    else:
        print_study(found)
    return 1 if all(row.error for row in found.rows) else 0


def _file(name: str, folder: Path) -> Path:
    path = Path(name)
    if path.suffix in SUFFIXES:
        return path
    folder.mkdir()
    path = folder / "model.keras"
    path.write_bytes(content(find(name), path.name))
    return path


def _line(row: LatencyRow) -> str:
    start = f"{row.model}  {row.runtime}  batch {row.batch}"
    if row.p50_ms is None:
        return f"{start}: {row.error}"
    gain = f"  {row.speedup:.2f}x" if row.speedup is not None else ""
    doubts = f"  [{', '.join(row.warnings)}]" if row.warnings else ""
    return f"{start}: p50 {row.p50_ms:.4f} ms  p90 {row.p90_ms:.4f}  p99 {row.p99_ms:.4f}{gain}{doubts}"
