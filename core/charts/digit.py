"""Figures of the digit page: ten probabilities, where a family's answer breaks, where the network looked."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, SERIES, axis, base_layout, empty_figure, literal
from core.records.digit import Answer, Bytes, Floats, ModelFile
from core.text import t


def probabilities_figure(answer: Answer, index: int) -> go.Figure:
    """Return bars of the ten probabilities that one network gives to image `index`."""
    values = answer.probabilities[index] * 100
    best = int(values.argmax())
    figure = go.Figure(
        go.Bar(
            x=[str(digit) for digit in range(10)],
            y=[float(v) for v in values],
            marker_color=[BLUE if digit == best else GREY for digit in range(10)],
            text=[f"{v:.0f}" if v >= 1 else "" for v in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.2f} %<extra></extra>",
        ),
        layout=base_layout(230),
    )
    figure.update_xaxes(**axis(t("Digit"), type="category"))
    figure.update_yaxes(**axis(t("Probability (%)"), range=[0, 112], tickvals=[0, 25, 50, 75, 100]))
    return figure


def breaking_points(
    models: Sequence[ModelFile], rows: Sequence[Answer], index: int, label: int
) -> dict[str, list[tuple[float, float, int, str]]]:
    """Return per family its points (ratio, probability of `label`, answer, title), by ratio, dense first."""
    answers = {row.model: row for row in rows}
    points: dict[str, list[tuple[float, float, int, str]]] = {}
    dense = {m.family: m for m in models if m.is_dense and m.run_id in answers}
    for model in models:
        if model.is_dense or model.run_id not in answers:
            continue
        points.setdefault(model.family, []).append(_point(model, answers[model.run_id], index, label))
    for family, members in points.items():
        base = dense.get(" · ".join(family.split(" · ")[:2]))
        if base is not None:
            members.append(_point(base, answers[base.run_id], index, label))
        members.sort()
    return points


def _point(model: ModelFile, answer: Answer, index: int, label: int) -> tuple[float, float, int, str]:
    ratio = 0.0 if model.is_dense else model.ratio
    return ratio, float(answer.probabilities[index, label]), answer.labels[index], model.title


def breaking_figure(models: Sequence[ModelFile], rows: Sequence[Answer], index: int, label: int) -> go.Figure:
    """Return how sure each family is of `label` as its ratio grows; open marks are other answers."""
    families = breaking_points(models, rows, index, label)
    if not families:
        return empty_figure(t("Prune at a few ratios to see where the answer breaks."))
    below = {"orientation": "h", "yanchor": "top", "y": -0.3, "x": 0, "itemsizing": "constant"}
    height = 260 + 14 * len(families)  # on a phone each name has a line of its own
    figure = go.Figure(layout=base_layout(height, legend=below))
    for colour, (family, points) in zip(SERIES * 9, sorted(families.items()), strict=False):
        figure.add_scatter(
            x=[ratio for ratio, *_ in points],
            y=[probability * 100 for _, probability, *_ in points],
            name=family,
            mode="lines+markers",
            line={"color": colour},
            marker={"size": 10, "symbol": ["circle" if p[2] == label else "circle-open" for p in points]},
            customdata=[[literal(title), answer] for *_, answer, title in points],
            hovertemplate=t("%{customdata[0]}<br>answers %{customdata[1]}, %{y:.1f} % for this digit")
            + "<extra></extra>",
        )
    figure.update_xaxes(**axis(t("Pruning ratio")))
    figure.update_yaxes(**axis(t("Probability of {digit} (%)", digit=label), range=[-4, 104]))
    return figure


def saliency_figure(image: Bytes, drop: Floats) -> go.Figure:
    """Return the digit under a map of how much the answer's probability falls where it is covered."""
    limit = max(float(np.abs(drop).max()), 0.01)
    figure = go.Figure(layout=base_layout(300))
    figure.add_heatmap(z=image[::-1], colorscale="gray", showscale=False, hoverinfo="skip")
    figure.add_heatmap(
        z=drop[::-1] * 100,
        colorscale=[
            [0, "rgba(59,130,246,0.85)"],
            [0.5, "rgba(128,128,128,0)"],
            [1, "rgba(240,128,39,0.9)"],
        ],
        zmin=-limit * 100,
        zmax=limit * 100,
        colorbar={"title": {"text": t("points")}, "thickness": 10},
        hovertemplate=t("covering this costs %{z:.1f} points") + "<extra></extra>",
    )
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, scaleanchor="x", constrain="domain")
    return figure
