"""Which digit is taken for which, and how well each digit is read, against the dense network."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, ORANGE, RED, axis, base_layout, empty_figure
from core.records.comparison import Estimate
from core.text import t

DIGITS = tuple(str(digit) for digit in range(10))
Matrix = Sequence[Sequence[int]]


class ConfusionInfo(NamedTuple):
    """Counts by true digit (row) and answer (column); of mistakes only, or their change against `before`."""

    counts: tuple[tuple[int, ...], ...]
    right: tuple[int, ...]
    is_change: bool


def confusion_info(confusion: Matrix, before: Matrix | None = None) -> ConfusionInfo:
    """Return the mistakes, or with `before` how many more (positive) or fewer there are than there."""
    right = tuple(row[i] for i, row in enumerate(confusion))
    rows = []
    for i, row in enumerate(confusion):
        other = before[i] if before else (0,) * len(row)
        rows.append(tuple(0 if i == j else row[j] - other[j] for j in range(len(row))))
    return ConfusionInfo(tuple(rows), right, before is not None)


def confusion_figure(info: ConfusionInfo, height: int = 420) -> go.Figure:
    """Draw the mistakes; the diagonal would drown them, so it is written but not coloured."""
    if not info.counts:
        return empty_figure(t("No confusion matrix was recorded."), height)
    most = max((abs(value) for row in info.counts for value in row), default=1) or 1
    scale = [[0, BLUE], [0.5, "rgba(138,148,166,0.12)"], [1, RED]] if info.is_change else _MISTAKES
    figure = go.Figure(layout=base_layout(height))
    figure.add_heatmap(
        z=[[None if i == j else value for j, value in enumerate(row)] for i, row in enumerate(info.counts)],
        x=DIGITS,
        y=DIGITS,
        text=[[_text(info, i, j) for j in range(len(row))] for i, row in enumerate(info.counts)],
        texttemplate="%{text}",
        colorscale=scale,
        zmin=-most if info.is_change else 0,
        zmax=most,
        showscale=False,
        hoverongaps=False,
        xgap=2,
        ygap=2,
        hovertemplate=t("true {y}, read as {x}: {z}", y="%{y}", x="%{x}", z="%{z}") + "<extra></extra>",
    )
    for i, count in enumerate(info.right if not info.is_change else ()):
        figure.add_annotation(
            x=DIGITS[i], y=DIGITS[i], text=f"{count:,}", showarrow=False, font={"color": GREY, "size": 11}
        )
    figure.update_xaxes(axis(t("Read as"), type="category", showgrid=False))
    figure.update_yaxes(axis(t("True digit"), type="category", showgrid=False, autorange="reversed"))
    return figure


def confusion_alt(info: ConfusionInfo) -> str:
    """Return the five largest entries."""
    entries = [(abs(v), i, j, v) for i, row in enumerate(info.counts) for j, v in enumerate(row) if v]
    said = [
        f"{i} → {j}: {v:+d}" if info.is_change else f"{i} → {j}: {v}"
        for _, i, j, v in sorted(entries)[:-6:-1]
    ]
    return t("Confusion of digits. Largest: {entries}", entries="; ".join(said) or t("none"))


class ClassesInfo(NamedTuple):
    """Share read right of each digit, in per cent, with its interval."""

    name: str
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def classes_info(series: Sequence[tuple[str, Sequence[Estimate]]]) -> tuple[ClassesInfo, ...]:
    """Return a line of ten for each named network."""
    return tuple(
        ClassesInfo(
            name,
            tuple(100 * share.value for share in shares),
            tuple(100 * share.bounds[0] for share in shares),
            tuple(100 * share.bounds[1] for share in shares),
        )
        for name, shares in series
    )


def classes_figure(series: Sequence[ClassesInfo], height: int = 420) -> go.Figure:
    """Draw the share of each digit with its Wilson interval, the networks side by side."""
    figure = go.Figure(layout=base_layout(height, scattermode="group"))
    for line, colour in zip(series, (BLUE, GREY, ORANGE), strict=False):
        figure.add_scatter(
            x=DIGITS,
            y=line.values,
            name=line.name,
            mode="markers",
            marker={"color": colour, "size": 9},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high - value for high, value in zip(line.high, line.values, strict=True)],
                "arrayminus": [value - low for low, value in zip(line.low, line.values, strict=True)],
                "color": colour,
                "thickness": 1,
                "width": 3,
            },
            hovertemplate="%{x}: %{y:.2f} %<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(axis(t("True digit"), type="category"))
    figure.update_yaxes(axis(t("Read right (%)"), range=_range(series)))
    return figure


def _range(series: Sequence[ClassesInfo]) -> list[float] | None:
    """Return bounds that hold every interval: a scale from 0 would hide what differs."""
    known = [v for line in series for v in (*line.low, *line.high) if v == v]
    if not known:
        return None
    pad = max(0.1, 0.05 * (max(known) - min(known)))
    return [min(known) - pad, min(100.0, max(known)) + pad]


_MISTAKES = [[0, "rgba(138,148,166,0.12)"], [1, ORANGE]]


def _text(info: ConfusionInfo, i: int, j: int) -> str:
    value = info.counts[i][j]
    if i == j or not value:
        return ""
    return f"{value:+d}" if info.is_change else str(value)
