"""The acceleration ladder: every rung's latency and factor, coloured by what the rung changed."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREY, ORANGE, axis, base_layout, empty_figure, written
from core.charts.words import caveat_name, lever_name, network_name
from core.records import Ladder, LadderStep, Lever
from core.records.comparison import Quantity
from core.text import t


class RungInfo(NamedTuple):
    """One bar: label, p50 in ms, factor over the rung above in words, what changed, why to doubt it."""

    label: str
    p50_ms: float
    factor: str
    lever: Lever | None
    doubts: str


def ladder_info(ladder: Ladder) -> tuple[RungInfo, ...]:
    """Return the measured rungs, top first."""
    return tuple(
        RungInfo(
            f"{network_name(step.model)} · {step.runtime}",
            step.p50_ms,
            factor_text(step),
            step.lever,
            ", ".join(caveat_name(caveat) for caveat in step.warnings),
        )
        for step in ladder.steps
        if step.p50_ms is not None
    )


def factor_text(step: LadderStep) -> str:
    """Return a factor with its interval: `8.1× (7.9 – 8.3)`; nothing on the top rung."""
    if step.factor is None or step.factor_low is None or step.factor_high is None:
        return ""
    return f"{step.factor:.3g}× ({step.factor_low:.3g} – {step.factor_high:.3g})"


def ladder_figure(ladder: Ladder, height: int = 360) -> go.Figure:
    """Draw the rungs from slow to fast on a logarithmic axis; the factor stands at each bar's end."""
    rungs = ladder_info(ladder)
    if not rungs:
        return empty_figure(t("No rung of the ladder was measured."), height)
    figure = go.Figure(layout=base_layout(height, barmode="overlay"))
    labels = [f"{place}. {rung.label}" for place, rung in enumerate(rungs, start=1)]
    for lever, colour in ((None, GREY), (Lever.RUNTIME, BLUE), (Lever.ALGORITHM, ORANGE)):
        shown = [(label, rung) for label, rung in zip(labels, rungs, strict=True) if rung.lever is lever]
        figure.add_bar(
            y=[label for label, _ in shown],
            x=[rung.p50_ms for _, rung in shown],
            orientation="h",
            name=lever_name(lever),
            marker={"color": colour},
            text=[f"{rung.factor} ⚠" if rung.doubts else rung.factor for _, rung in shown],
            textposition="outside",
            cliponaxis=False,
            customdata=[rung.doubts for _, rung in shown],
            hovertemplate="%{y}: %{x:.4g} ms<br>%{text} %{customdata}<extra></extra>",
        )
    figure.update_yaxes(axis("", type="category", categoryorder="array", categoryarray=labels[::-1]))
    figure.update_xaxes(axis(t("Latency p50 (ms)"), type="log"))
    return figure


def ladder_words(ladder: Ladder) -> str:
    """Return the split in one sentence."""
    return t(
        "{total}× in all ({low} – {high}): {algorithm}× by the algorithm, {runtime}× by the runtime.",
        total=f"{ladder.total:,.0f}",
        low=f"{ladder.total_low:,.0f}",
        high=f"{ladder.total_high:,.0f}",
        algorithm=f"{ladder.algorithm:.3g}",
        runtime=f"{ladder.runtime:,.0f}",
    )


def ladder_alt(ladder: Ladder) -> str:
    """Return every rung in words."""
    said = (
        f"{rung.label} {written(rung.p50_ms, Quantity.P50)} {rung.factor}".rstrip()
        for rung in ladder_info(ladder)
    )
    return t("Acceleration ladder, slowest first. {rungs}", rungs="; ".join(said))
