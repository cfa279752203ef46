"""`measure --crossing`: standard against separable over ratio and batch, kept in the home folder."""

import os
from collections.abc import Iterator

import click

from core.analysis.crossing import batches as batches_of
from core.analysis.crossing import verdict
from core.cli.options import say
from core.crossings import save
from core.latency.protocol import Effort
from core.records import Convolution, Crossing
from core.settings import settings


def measured(architecture: str, batches: tuple[int, ...], effort: Effort) -> Crossing:
    """Measure the cross-over of `architecture` and keep it; raises MeasurementError, keeping nothing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from core.study import BATCHES, cross_over

    found = cross_over(architecture, batches=batches or BATCHES, effort=effort, say=say)
    say(f"kept as {save(found, settings().home)}")
    return found


def print_crossing(found: Crossing) -> None:
    """Print p50 by ratio for each batch, and where the two cross."""
    for batch in batches_of(found.points):
        click.echo(f"{found.architecture} on {found.runtime}, batch {batch}:")
        for line in _lines(found, batch):
            click.echo(line)
    if found.warnings:
        click.echo(f"in doubt: {', '.join(found.warnings)}")


def _lines(found: Crossing, batch: int) -> Iterator[str]:
    for ratio in sorted({point.ratio for point in found.points}):
        cells = {p.conv: p for p in found.points if p.batch == batch and p.ratio == ratio}
        both = "  ".join(
            f"{conv} {1000 * cells[conv].p50_ms:9.2f} us "
            f"({1000 * cells[conv].low_ms:.2f} to {1000 * cells[conv].high_ms:.2f})"
            for conv in Convolution
        )
        yield f"  ratio {ratio:<4g}  {both}"
    said = verdict(found.points, batch)
    first, then = ("separable", "standard") if said.starts_with_separable else ("standard", "separable")
    if said.crossings:
        at = ", ".join(f"{ratio:.2f}" for ratio in said.crossings)
        yield f"  cross-over at ratio {at}: {first} is faster before the first, {then} after it"
    else:
        yield f"  no cross-over: {first} is faster at every ratio"
