"""Accuracy and loss over the epochs of one run or of several."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import SERIES, axis, base_layout, empty_figure, literal
from core.records.live import TrainingEpoch
from core.text import t


class Curve(NamedTuple):
    """One line: epochs counted from 1 over all stages, test accuracy in per cent, training loss."""

    name: str
    epochs: tuple[int, ...]
    accuracy: tuple[float | None, ...]
    loss: tuple[float | None, ...]


def curves_info(
    runs: Sequence[tuple[str, Sequence[TrainingEpoch]]], *, joined: bool = False
) -> tuple[Curve, ...]:
    """Return a curve for each named training with epochs; `joined` ones go on where the last ended."""
    curves, offset = [], 0
    for name, epochs in runs:
        if epochs:
            start = offset if joined else 0
            curves.append(_curve(name, epochs, start))
            offset = start + len(epochs)
    return tuple(curves)


def curves_figure(curves: Sequence[Curve], height: int = 340) -> go.Figure:
    """Draw test accuracy on the left and training loss on the right."""
    if not curves:
        return empty_figure(t("No epoch was trained."), height)
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.1)
    figure.update_layout(base_layout(height, hovermode="x unified"))
    for number, curve in enumerate(curves):
        line = {"color": SERIES[number % len(SERIES)], "width": 2}
        for column, values in ((1, curve.accuracy), (2, curve.loss)):
            figure.add_scatter(
                x=curve.epochs, y=values, mode="lines+markers", name=literal(curve.name), line=line,
                legendgroup=str(number), showlegend=column == 1, row=1, col=column,
            )  # fmt: skip
    figure.update_xaxes(axis(t("Epoch"), dtick=1 if _longest(curves) <= 12 else None))
    figure.update_yaxes(axis(t("Test accuracy (%)")), row=1, col=1)
    figure.update_yaxes(axis(t("Training loss")), row=1, col=2)
    return figure


def curves_alt(curves: Sequence[Curve]) -> str:
    """Return where each curve ends."""
    ends = [f"{c.name}: {c.accuracy[-1]:.2f} %" for c in curves if c.accuracy[-1] is not None]
    return t("Test accuracy and training loss by epoch. At the end: {ends}", ends="; ".join(ends))


def _curve(name: str, epochs: Sequence[TrainingEpoch], start: int) -> Curve:
    return Curve(
        name,
        tuple(start + n for n in range(1, len(epochs) + 1)),
        tuple(None if e.val_accuracy is None else 100 * e.val_accuracy for e in epochs),
        tuple(e.loss for e in epochs),
    )


def _longest(curves: Sequence[Curve]) -> int:
    return max(curve.epochs[-1] for curve in curves)
