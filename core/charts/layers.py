"""Layer by layer: what was there before and what is left, for one run or for several."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, SERIES, axis, base_layout, empty_figure, literal
from core.records.network import LayerChange
from core.text import t


class LayerSeries(NamedTuple):
    """One value a layer, in the order of the network."""

    name: str
    layers: tuple[str, ...]
    values: tuple[int, ...]


def layers_info(changes: Sequence[LayerChange], of: str = "parameters") -> tuple[LayerSeries, ...]:
    """Return before and after of `parameters`, `macs` or `channels`, layers without any left out."""
    before, after = _names(of)
    kept = [change for change in changes if getattr(change, before)]
    layers = tuple(change.layer for change in kept)
    return (
        LayerSeries(t("dense"), layers, tuple(getattr(change, before) for change in kept)),
        LayerSeries(t("this run"), layers, tuple(getattr(change, after) for change in kept)),
    )


def runs_info(
    runs: Sequence[tuple[str, Sequence[LayerChange]]], of: str = "channels"
) -> tuple[LayerSeries, ...]:
    """Return what is left in each layer, a series a run."""
    _, after = _names(of)
    return tuple(
        LayerSeries(name, tuple(c.layer for c in changes), tuple(getattr(c, after) for c in changes))
        for name, changes in runs
        if changes
    )


def layers_figure(bars: Sequence[LayerSeries], title: str, height: int = 300, log: bool = True) -> go.Figure:
    """Draw a layer's series side by side; logarithmic points, as layers differ by orders of magnitude."""
    if not any(series.layers for series in bars):
        return empty_figure(t("No layer was recorded."), height)
    figure = go.Figure(layout=base_layout(height, scattermode="group"))
    colours = (GREY, BLUE) if len(bars) == 2 and bars[0].name == t("dense") else SERIES
    for number, series in enumerate(bars):
        figure.add_scatter(
            x=series.layers,
            y=series.values,
            name=literal(series.name),
            mode="markers",
            marker={"color": colours[number % len(colours)], "size": 12},
            hovertemplate="%{x}: %{y:,}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(axis("", type="category"))
    figure.update_yaxes(axis(title, type="log" if log else "linear"))
    return figure


def layers_alt(bars: Sequence[LayerSeries], title: str) -> str:
    """Return the values of each series."""
    said = [
        f"{series.name}: "
        + ", ".join(f"{n} {v:,}" for n, v in zip(series.layers, series.values, strict=True))
        for series in bars
    ]
    return f"{title}. " + "; ".join(said)


def _names(of: str) -> tuple[str, str]:
    return ("before", "after") if of == "channels" else (f"{of}_before", f"{of}_after")
