"""How long each stage of a run took."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, axis, base_layout
from core.charts.words import stage_name
from core.records.run import Stage, StageTime
from core.text import t


class StageBar(NamedTuple):
    """One stage with its seconds; None while it lasts."""

    stage: Stage
    elapsed_s: float | None


def stages_info(stages: Sequence[StageTime]) -> tuple[StageBar, ...]:
    """Return a bar a stage in the order in which they began; a repeated stage adds up."""
    totals: dict[Stage, float | None] = {}
    for time in stages:
        before = totals.get(time.stage, 0.0)
        totals[time.stage] = None if time.elapsed_s is None or before is None else before + time.elapsed_s
    return tuple(StageBar(stage, elapsed) for stage, elapsed in totals.items())


def stages_figure(bars: Sequence[StageBar]) -> go.Figure:
    """Draw a horizontal bar a stage with its seconds beside it."""
    figure = go.Figure(layout=base_layout(60 + 32 * len(bars), showlegend=False))
    figure.add_bar(
        x=[bar.elapsed_s or 0 for bar in bars],
        y=[stage_name(bar.stage) for bar in bars],
        orientation="h",
        text=[_seconds(bar) for bar in bars],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [GREY if bar.elapsed_s is None else BLUE for bar in bars]},
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    longest = max((bar.elapsed_s or 0 for bar in bars), default=0)
    figure.update_xaxes(axis(t("seconds"), range=[0, longest * 1.18 or 1]))
    figure.update_yaxes(axis("", autorange="reversed", showgrid=False))
    return figure


def stages_alt(bars: Sequence[StageBar]) -> str:
    """Return the stages with their seconds."""
    return t(
        "Duration of each stage. {bars}", bars="; ".join(f"{stage_name(b.stage)} {_seconds(b)}" for b in bars)
    )


def _seconds(bar: StageBar) -> str:
    return t("under way") if bar.elapsed_s is None else f"{bar.elapsed_s:.1f} s"
