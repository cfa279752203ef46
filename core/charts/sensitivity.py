"""Accuracy against the share of channels that one layer alone loses, without fine-tuning."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import GREY, SERIES, axis, base_layout, empty_figure
from core.records.network import SensitivityRecord
from core.text import t

TOLERANCE = 1.0
"""Loss of accuracy, in percentage points, up to which a layer counts as bearing a ratio."""


class SensitivityLine(NamedTuple):
    """One group: shares removed in per cent, accuracy in per cent, channels kept; what it bears, or None."""

    name: str
    removed: tuple[float, ...]
    accuracy: tuple[float, ...]
    kept: tuple[int, ...]
    bears: float | None


class SensitivityInfo(NamedTuple):
    """What the figure shows; the weakest layer comes first."""

    dense: float
    lines: tuple[SensitivityLine, ...]
    num_images: int


def sensitivity_info(record: SensitivityRecord) -> SensitivityInfo:
    """Return a line for each group, that which loses most first; shares are those really removed."""
    lines = []
    for curve in record.curves:
        removed = (0.0, *(100 * (1 - kept / curve.size) for kept in curve.kept))
        accuracy = (100 * record.accuracy, *(100 * value for value in curve.accuracy))
        bears = _bears(removed, accuracy)
        lines.append(
            SensitivityLine(" + ".join(curve.layers), removed, accuracy, (curve.size, *curve.kept), bears)
        )
    lines.sort(key=lambda line: sum(line.accuracy))
    return SensitivityInfo(100 * record.accuracy, tuple(lines), record.num_images)


def _bears(removed: tuple[float, ...], accuracy: tuple[float, ...]) -> float | None:
    """Return the largest share up to which accuracy never falls further than the tolerance."""
    borne = None
    for share, value in zip(removed[1:], accuracy[1:], strict=True):
        if value < accuracy[0] - TOLERANCE:
            break
        borne = share
    return borne


def sensitivity_figure(info: SensitivityInfo, height: int = 360) -> go.Figure:
    """Draw a line for each group, and the dense network's accuracy as a reference."""
    if not info.lines:
        return empty_figure(t("No layer of this network can lose channels."), height)
    figure = go.Figure(layout=base_layout(height, hovermode="closest"))
    for number, line in enumerate(info.lines):
        figure.add_scatter(
            x=line.removed,
            y=line.accuracy,
            customdata=line.kept,
            name=line.name,
            mode="lines+markers",
            line={"color": SERIES[number % len(SERIES)], "width": 2},
            hovertemplate=t("%{customdata} channels kept: %{y:.2f} %") + f"<extra>{line.name}</extra>",
        )
    figure.add_hline(y=info.dense, line={"color": GREY, "dash": "dot", "width": 1})
    figure.update_xaxes(axis(t("Channels removed from this layer alone (%)"), range=[0, 100]))
    figure.update_yaxes(axis(t("Accuracy without fine-tuning (%)")))
    return figure


def sensitivity_alt(info: SensitivityInfo) -> str:
    """Return the figure in words: what each layer bears."""
    parts = []
    for line in info.lines:
        if line.bears is None:
            parts.append(t("{layer} bears none of the ratios", layer=line.name))
        else:
            parts.append(t("{layer} bears {share} %", layer=line.name, share=f"{line.bears:.0f}"))
    return t(
        "Accuracy on {count} images when one layer alone loses channels, without fine-tuning. "
        "Losing at most one point: {layers}.",
        count=info.num_images,
        layers="; ".join(parts),
    )
