"""Convolution type against ratio on one map, and matched pairs of standard and separable networks."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import (
    CONV_COLOURS,
    GREY,
    axis,
    base_layout,
    conv_name,
    empty_figure,
    quantity_label,
    shown,
    span,
    written,
)
from core.charts.words import caveat_name
from core.records.comparison import Estimate, MapCell, Pair, Quantity
from core.records.spec import Convolution
from core.text import t

SCALE = ((0.0, "#E7EEF9"), (0.5, "#7FA8F2"), (1.0, "#1E4FC2"))
MOST_TEXTS = 14
"""Above so many ratios a cell is too narrow for its figures, which then live in the tooltip only."""


class MapInfo(NamedTuple):
    """Rows of cells by convolution type; None where no run was made."""

    ratios: tuple[float, ...]
    convs: tuple[Convolution, ...]
    cells: tuple[tuple[MapCell | None, ...], ...]
    colour: Quantity
    has_texts: bool


def map_info(cells: Sequence[MapCell], colour: Quantity) -> MapInfo:
    """Return the map; `colour` is ACCURACY or SPEEDUP. Standard comes on top."""
    ratios = tuple(sorted({cell.ratio for cell in cells}))
    convs = (Convolution.SEPARABLE, Convolution.STANDARD)
    by_place = {(cell.conv, cell.ratio): cell for cell in cells}
    rows = tuple(tuple(by_place.get((conv, ratio)) for ratio in ratios) for conv in convs)
    return MapInfo(ratios, convs, rows, colour, len(ratios) <= MOST_TEXTS)


def map_figure(info: MapInfo, height: int = 300) -> go.Figure:
    """Draw a cell a network, coloured by one quantity, with accuracy and speed-up written in it."""
    if not info.ratios:
        return empty_figure(t("No finished run of this kind yet."), height)
    figure = go.Figure(layout=base_layout(height))
    figure.add_heatmap(
        x=[f"{ratio:g}" for ratio in info.ratios],
        y=[conv_name(conv) for conv in info.convs],
        z=[[_colour(cell, info.colour) for cell in row] for row in info.cells],
        text=[[_text(cell) if info.has_texts else "" for cell in row] for row in info.cells],
        customdata=[[_hover(cell) for cell in row] for row in info.cells],
        texttemplate="%{text}",
        textfont={"size": 10},
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=SCALE,
        colorbar={
            "title": quantity_label(info.colour),
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "thickness": 10,
        },
        xgap=3,
        ygap=3,
        hoverongaps=False,
    )
    figure.update_xaxes(axis(t("Pruning ratio"), type="category", showgrid=False))
    figure.update_yaxes(axis("", type="category", showgrid=False))
    return figure


def map_alt(info: MapInfo) -> str:
    """Return the map in a sentence."""
    said = [
        f"{conv_name(cell.conv)} {cell.ratio:g}: {_text(cell).replace('<br>', ', ')}"
        for row in info.cells
        for cell in row
        if cell
    ]
    return t("Accuracy and speed-up by convolution type and ratio. {cells}", cells="; ".join(said))


class PairMark(NamedTuple):
    """Both ends of one pair in the units of the axes."""

    pair: Pair
    x: tuple[float, float]
    y: tuple[float, float]


def pairs_info(pairs: Sequence[Pair]) -> tuple[PairMark, ...]:
    """Return the pairs of which both sides have a speed-up on this setup."""
    marks = []
    for pair in pairs:
        if pair.standard.speedup and pair.separable.speedup:
            ends = (pair.standard, pair.separable)
            speeds = (pair.standard.speedup.value, pair.separable.speedup.value)
            marks.append(PairMark(pair, speeds, (_percent(ends[0]), _percent(ends[1]))))
    return tuple(marks)


def pairs_figure(marks: Sequence[PairMark], height: int = 380) -> go.Figure:
    """Draw each pair as a line from the standard to the separable network."""
    if not marks:
        return empty_figure(t("No standard and separable run match in this way."), height)
    figure = go.Figure(layout=base_layout(height))
    for mark in marks:
        figure.add_scatter(
            x=mark.x, y=mark.y, mode="lines", line={"color": GREY, "width": 1}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    for side, conv in enumerate((Convolution.STANDARD, Convolution.SEPARABLE)):
        cells = [(m.pair.standard, m.pair.separable)[side] for m in marks]
        figure.add_scatter(
            x=[m.x[side] for m in marks],
            y=[m.y[side] for m in marks],
            mode="markers",
            name=conv_name(conv),
            marker={"color": CONV_COLOURS[conv], "size": 11},
            text=[_hover(cell) for cell in cells],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_xaxes(axis(quantity_label(Quantity.SPEEDUP), type="log"))
    figure.update_yaxes(axis(quantity_label(Quantity.ACCURACY)))
    return figure


def _colour(cell: MapCell | None, quantity: Quantity) -> float | None:
    value = cell and (cell.accuracy if quantity is Quantity.ACCURACY else cell.speedup)
    return shown(value.value, quantity) if value else None


def _text(cell: MapCell | None) -> str:
    if cell is None:
        return ""
    speed = written(cell.speedup.value, Quantity.SPEEDUP) if cell.speedup else t("not timed")
    return f"{written(cell.accuracy.value, Quantity.ACCURACY)}<br>{speed}" + (" ⚠" if cell.caveats else "")


def _hover(cell: MapCell | None) -> str:
    if cell is None:
        return t("no run")
    lines = [
        f"<b>{conv_name(cell.conv)} · {cell.ratio:g}</b>",
        _with_bounds(cell.accuracy, Quantity.ACCURACY),
        _with_bounds(cell.speedup, Quantity.SPEEDUP),
        t("{n} parameters", n=f"{cell.parameters:,}"),
    ]
    if cell.num_runs > 1:
        lines.append(t("the median of {n} runs", n=cell.num_runs))
    if cell.caveats:
        lines.append("⚠ " + ", ".join(caveat_name(caveat) for caveat in cell.caveats))
    return "<br>".join(line for line in lines if line)


def _with_bounds(value: Estimate | None, quantity: Quantity) -> str:
    if value is None:
        return ""
    low, high = value.bounds
    return f"{written(value.value, quantity)} [{span(low, high, quantity)}]"


def _percent(cell: MapCell) -> float:
    return shown(cell.accuracy.value, Quantity.ACCURACY)
