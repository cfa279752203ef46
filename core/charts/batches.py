"""Latency and throughput over the batch, and where standard and separable networks cross."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.style import (
    BLUE,
    CONV_COLOURS,
    GREY,
    SERIES,
    axis,
    base_layout,
    empty_figure,
    quantity_label,
)
from core.records import Convolution, CrossingPoint, LatencyRow
from core.records.comparison import Quantity
from core.text import t


def batch_figure(rows: Sequence[LatencyRow], height: int = 340) -> go.Figure:
    """Draw images/s over the batch, a line a runtime; both axes logarithmic."""
    timed = [row for row in rows if row.images_per_s is not None]
    if len({row.batch for row in timed}) < 2:
        return empty_figure(t("Measure several batches to see how throughput grows."), height)
    figure = go.Figure(layout=base_layout(height))
    for place, runtime in enumerate(dict.fromkeys(row.runtime for row in timed)):
        line = sorted((row for row in timed if row.runtime is runtime), key=lambda row: row.batch)
        figure.add_scatter(
            x=[row.batch for row in line],
            y=[row.images_per_s for row in line],
            name=str(runtime),
            mode="lines+markers",
            line={"color": SERIES[place % len(SERIES)]},
            customdata=[row.p50_ms for row in line],
            hovertemplate="%{x} · %{y:,.0f}/s · %{customdata:.4g} ms<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(axis(t("Images in a query"), type="log", dtick="D1"))
    figure.update_yaxes(axis(quantity_label(Quantity.THROUGHPUT), type="log"))
    return figure


def crossing_figure(
    points: Sequence[CrossingPoint], batch: int, crossings: Sequence[float] = (), height: int = 340
) -> go.Figure:
    """Draw latency over the ratio for both convolutions at one batch, a line at each cross-over."""
    shown = [point for point in points if point.batch == batch]
    if not shown:
        return empty_figure(t("Nothing was measured at this batch."), height)
    figure = go.Figure(layout=base_layout(height))
    names = {Convolution.STANDARD: t("standard"), Convolution.SEPARABLE: t("separable")}
    for conv in Convolution:
        line = sorted((point for point in shown if point.conv == conv), key=lambda point: point.ratio)
        figure.add_scatter(
            x=[point.ratio for point in line],
            y=[1000 * point.p50_ms for point in line],
            name=names[conv],
            mode="lines+markers",
            line={"color": CONV_COLOURS.get(conv, BLUE)},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [1000 * (point.high_ms - point.p50_ms) for point in line],
                "arrayminus": [1000 * (point.p50_ms - point.low_ms) for point in line],
                "thickness": 1,
                "width": 3,
            },
            hovertemplate="%{x:.0%}: %{y:.4g} µs<extra>%{fullData.name}</extra>",
        )
    for ratio in crossings:
        figure.add_vline(
            ratio,
            line={"color": GREY, "dash": "dot"},
            annotation_text=t("cross-over {at}", at=f"{ratio:.0%}"),
        )
    figure.update_xaxes(axis(t("Share of channels removed"), tickformat=".0%"))
    figure.update_yaxes(axis(t("Latency p50 (µs)"), type="log"))
    return figure
