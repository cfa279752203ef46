"""Time of a query by layer, dense and pruned side by side, beside the least that the machine allows."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, ORANGE, axis, base_layout, empty_figure
from core.records import LayerTime
from core.text import percent, t


class LayerSeries(NamedTuple):
    """One network's layers: name, times and bounds in microseconds, shares of a query (0..1)."""

    name: str
    layers: tuple[str, ...]
    times_us: tuple[float, ...]
    errors_us: tuple[tuple[float, float], ...]
    bounds_us: tuple[float | None, ...]
    shares: tuple[float, ...]


def layer_series(name: str, times: Sequence[LayerTime]) -> LayerSeries:
    """Return what is drawn of `times`."""
    return LayerSeries(
        name,
        tuple(each.layer for each in times),
        tuple(1000 * each.time_ms for each in times),
        tuple((1000 * (each.time_ms - each.low_ms), 1000 * (each.high_ms - each.time_ms)) for each in times),
        tuple(None if each.bound_ms is None else 1000 * each.bound_ms for each in times),
        tuple(each.share for each in times),
    )


def layer_times_figure(series: Sequence[LayerSeries], height: int = 340) -> go.Figure:
    """Draw a bar a layer and network with its interval and share, and a line at the roofline's bound."""
    if not any(each.layers for each in series):
        return empty_figure(t("No layers were timed."), height)
    figure = go.Figure(layout=base_layout(height, barmode="group", scattermode="group"))
    for each, colour in zip(series, (ORANGE, BLUE), strict=False):
        figure.add_bar(
            x=each.layers,
            y=each.times_us,
            name=each.name,
            marker={"color": colour},
            offsetgroup=each.name,
            text=[percent(share) for share in each.shares],
            textposition="inside",
            insidetextanchor="start",
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high for _, high in each.errors_us],
                "arrayminus": [low for low, _ in each.errors_us],
                "thickness": 1,
                "width": 3,
            },
            customdata=[t("unknown") if bound is None else f"{bound:.2f} µs" for bound in each.bounds_us],
            hovertemplate="%{x}: %{y:.2f} µs (%{text})<br>"
            + t("bound: {value}", value="%{customdata}")
            + "<extra></extra>",
        )
    for number, each in enumerate(series):
        _add_bounds(figure, each, is_in_legend=number == 0)
    figure.update_xaxes(axis("", type="category"))
    figure.update_yaxes(axis(t("Time of a query (µs)"), rangemode="tozero"))
    return figure


def _add_bounds(figure: go.Figure, series: LayerSeries, *, is_in_legend: bool) -> None:
    if any(bound is not None for bound in series.bounds_us):
        figure.add_scatter(
            x=series.layers,
            y=series.bounds_us,
            mode="markers",
            name=t("least time that the machine allows"),
            legendgroup="bounds",
            showlegend=is_in_legend,
            offsetgroup=series.name,
            marker={"symbol": "line-ew", "size": 22, "line": {"width": 2, "color": GREY}},
            hoverinfo="skip",
        )


def roofline_gap(times: Sequence[LayerTime]) -> float | None:
    """Return measured time over the sum of the layers' bounds, or None where these are unknown."""
    bounds = [each.bound_ms for each in times if each.bound_ms is not None]
    total = sum(bounds)
    return sum(each.time_ms for each in times) / total if total else None


def layer_times_alt(series: Sequence[LayerSeries]) -> str:
    """Return every layer's time and share in words."""
    said = (
        f"{each.name}: "
        + ", ".join(
            f"{layer} {time:.2f} µs ({percent(share)})"
            for layer, time, share in zip(each.layers, each.times_us, each.shares, strict=True)
        )
        for each in series
    )
    return t("Time of a query by layer. {said}", said="; ".join(said))
