"""Throughput over the batch: a run beside its dense network, on every runtime that was swept."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import SERIES, axis, base_layout, quantity_label
from core.records import LatencyRow
from core.records.comparison import Quantity
from core.text import t


class BatchLine(NamedTuple):
    """One network on one runtime: batches, images/s, p50 in ms; `place` and `rank` choose colour and dash."""

    name: str
    batches: tuple[int, ...]
    images_per_s: tuple[float, ...]
    p50_ms: tuple[float | None, ...]
    place: int
    rank: int


def batch_lines(networks: Sequence[tuple[str, Sequence[LatencyRow]]]) -> tuple[BatchLine, ...]:
    """Return a line for each network and runtime that was measured at two batches or more.

    Only rows of the CPU on one thread are taken; the latest row of a batch counts.
    """
    runtimes = list(dict.fromkeys(row.runtime for _, rows in networks for row in rows))
    lines = []
    for rank, (name, rows) in enumerate(networks):
        for place, runtime in enumerate(runtimes):
            found = {
                row.batch: row
                for row in rows
                if row.runtime is runtime and row.images_per_s and (row.device, row.threads) == ("cpu", 1)
            }
            swept = [found[batch] for batch in sorted(found)]
            if len(swept) > 1:
                lines.append(_line(f"{name} · {runtime}", swept, place, rank))
    return tuple(lines)


def _line(name: str, swept: Sequence[LatencyRow], place: int, rank: int) -> BatchLine:
    return BatchLine(
        name,
        tuple(row.batch for row in swept),
        tuple(row.images_per_s or 0.0 for row in swept),
        tuple(row.p50_ms for row in swept),
        place,
        rank,
    )


def batch_figure(lines: Sequence[BatchLine], height: int = 340) -> go.Figure:
    """Draw images/s over the batch, both logarithmic; a colour a runtime, dashed for the second network."""
    figure = go.Figure(layout=base_layout(height))
    for line in lines:
        figure.add_scatter(
            x=line.batches,
            y=line.images_per_s,
            name=line.name,
            mode="lines+markers",
            line={"color": SERIES[line.place % len(SERIES)], "dash": "dot" if line.rank else "solid"},
            customdata=line.p50_ms,
            hovertemplate="%{x} · %{y:,.0f}/s · %{customdata:.4g} ms<extra>%{fullData.name}</extra>",
        )
    ticks = sorted({batch for line in lines for batch in line.batches})
    figure.update_xaxes(axis(t("Images in a query"), type="log", tickvals=ticks, ticktext=ticks))
    figure.update_yaxes(axis(quantity_label(Quantity.THROUGHPUT), type="log"))
    return figure


def batch_alt(lines: Sequence[BatchLine]) -> str:
    """Return every line in words."""
    said = (
        f"{line.name}: "
        + ", ".join(
            f"{batch} → {rate:,.0f}/s" for batch, rate in zip(line.batches, line.images_per_s, strict=True)
        )
        for line in lines
    )
    return t("Images per second by batch. {said}", said="; ".join(said))
