"""Zeroed and removed twins: what theory promises, what each really gives."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import GREEN, GREY, RED, axis, base_layout
from core.records import LatencyRow, Twins
from core.text import percent, t


class TwinBar(NamedTuple):
    """One bar: name, factor, and the distances to the bounds of its interval."""

    name: str
    factor: float
    below: float
    above: float
    colour: str


def twin_bars(twins: Twins) -> tuple[TwinBar, ...]:
    """Return theory, removed and zeroed; a twin that could not be measured is left out."""
    bars = [TwinBar(t("fewer multiplications"), twins.macs_ratio, 0.0, 0.0, GREY)]
    for name, row, colour in ((t("removed"), twins.removed, GREEN), (t("only zeroed"), twins.zeroed, RED)):
        bars += _bar(name, row, colour)
    return tuple(bars)


def _bar(name: str, row: LatencyRow, colour: str) -> list[TwinBar]:
    if row.speedup is None or row.speedup_low is None or row.speedup_high is None:
        return []
    return [TwinBar(name, row.speedup, row.speedup - row.speedup_low, row.speedup_high - row.speedup, colour)]


def twins_figure(twins: Twins, height: int = 260) -> go.Figure:
    """Draw the three factors with the line of no gain."""
    bars = twin_bars(twins)
    figure = go.Figure(layout=base_layout(height, showlegend=False))
    figure.add_bar(
        x=[bar.name for bar in bars],
        y=[bar.factor for bar in bars],
        marker={"color": [bar.colour for bar in bars]},
        text=[f"{bar.factor:.3g}×" for bar in bars],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [bar.above for bar in bars],
            "arrayminus": [bar.below for bar in bars],
            "thickness": 1,
            "width": 4,
        },
        hovertemplate="%{x}: %{y:.3g}×<extra></extra>",
    )
    figure.add_hline(1.0, line={"color": GREY, "dash": "dot"})
    figure.update_yaxes(axis(t("Times faster than the dense network"), rangemode="tozero"))
    figure.update_xaxes(axis(""))
    return figure


def twins_words(twins: Twins) -> str:
    """Name the gap between what theory promises and what removal and zeroing give."""
    removed, zeroed = twins.removed.speedup, twins.zeroed.speedup
    if removed is None or zeroed is None:
        return t(
            "The twins could not be measured: {why}", why=twins.removed.error or twins.zeroed.error or ""
        )
    return t(
        "{theory}× fewer multiplications became {removed}× when removed ({share} of it) and {zeroed}× when "
        "only zeroed: runtimes multiply zeros too.",
        theory=f"{twins.macs_ratio:.3g}",
        removed=f"{removed:.3g}",
        share=percent(removed / twins.macs_ratio),
        zeroed=f"{zeroed:.3g}",
    )
