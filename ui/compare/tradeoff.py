"""Accuracy against latency: the chart, the limits beside it, the best network in words."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.analysis.constraints import recommend
from core.analysis.pareto import front
from core.analysis.quantities import Visitors, estimate, points
from core.charts.style import quantity_label, quantity_name, tied_words, written
from core.charts.tradeoff import (
    MOST_BARS,
    TradeoffInfo,
    tradeoff_alt,
    tradeoff_figure,
    tradeoff_info,
)
from core.charts.words import lossless_words
from core.records import RunRecord
from core.records.comparison import Difference, Fit, Front, Quantity, Recommendation, Setup, Sign
from core.text import t
from ui import artifacts, components
from ui.address import put
from ui.compare import controls
from ui.compare.judgement import Judgement
from ui.figures import kept, save_menu
from ui.selectable import picked, selectable_plot

CHART = "tradeoff"
_figure = kept(tradeoff_figure)
SHORT = (Quantity.ACCURACY, Quantity.P50, Quantity.PARAMETERS, Quantity.SIZE, Quantity.ENERGY)


def judge(
    records: Sequence[RunRecord],
    axes: tuple[Quantity, Quantity],
    setup: Setup,
    wish: controls.Wish,
    visitors: Visitors,
    everything: Sequence[RunRecord],
) -> Judgement:
    """Return the points on the axes, the recommendation, and the front of the runs within the limits.

    The dense networks that runs are held against are looked for in `everything`.
    """
    advice = recommend(records, wish.limits, setup, wish.goal, visitors, everything, artifacts.held_against)
    shown = points(records, *axes, setup, visitors)
    inside = [point for point in shown if advice.fits[point.run_id].is_feasible]
    return Judgement(shown, front(inside if wish.limits else shown, *axes), advice)


def chart(judged: Judgement, axes: controls.Axes, selected: Sequence[str]) -> TradeoffInfo:
    """Draw the selectable chart; what is picked on it goes to the box of selected runs."""
    advice, with_limits = judged.recommendation, bool(judged.recommendation.limits)
    info = tradeoff_info(
        judged.points,
        axes.x,
        axes.y,
        judged.front,
        faded={i for i, fit in advice.fits.items() if not fit.is_feasible} if with_limits else (),
        hidden=judged.front.dominated_by if axes.is_hiding_dominated else (),
        best=advice.best if with_limits else None,
        runner_up=advice.runner_up if with_limits else None,
    )
    figure = _figure(info, log_x=axes.log_x, log_y=axes.log_y, bars=axes.bars)
    selectable_plot(
        figure,
        selected,
        _take_selection,
        key=CHART,
        alt=tradeoff_alt(info),
        revision=f"{axes.x} {axes.log_x} {axes.y} {axes.log_y}",
    )
    save_menu(figure, CHART)
    st.caption(_explained(info, judged.front, axes))
    return info


def advice(records: Sequence[RunRecord], recommendation: Recommendation, setup: Setup) -> None:
    """Name the best run, the runner-up and what taking that one would change."""
    by_id = {record.run_id: record for record in records}
    if recommendation.best is None:
        st.info(nobody(recommendation))
        return
    best = by_id[recommendation.best]
    _named(best, t("Best within the limits") if recommendation.limits else t("Best"), setup)
    if recommendation.fits[best.run_id] is Fit.IN_DOUBT:
        st.badge(t("holds the limits only within the noise"), color="orange")
    if len(recommendation.tied) > 1:
        st.caption(tied_words(recommendation))
    if recommendation.runner_up:
        _named(by_id[recommendation.runner_up], t("Runner-up"), setup)
        st.caption(t("Taking the runner-up instead:"))
        st.markdown(given_up([d for d in recommendation.given_up if d.quantity in SHORT]))
    _lossless(by_id, recommendation, setup)
    if recommendation.limits:
        st.caption(count(recommendation))


def given_up(differences: Sequence[Difference]) -> str:
    """Return a Markdown list of what changes, real differences first and those within the noise named so."""
    ordered = sorted(differences, key=lambda d: d.sign not in (Sign.BETTER, Sign.WORSE))
    lines = [f"- {change(d)}" for d in ordered if d.sign is not Sign.EQUAL]
    return "\n".join(lines) or t("Nothing that was measured.")


def change(difference: Difference) -> str:
    """Return one difference in words."""
    before = written(difference.best.value, difference.quantity)
    after = written(difference.other.value, difference.quantity)
    return f"{quantity_name(difference.quantity)} {before} → {after} ({sign_name(difference.sign)})"


def sign_name(sign: Sign) -> str:
    return {
        Sign.BETTER: t("better"),
        Sign.WORSE: t("worse"),
        Sign.WITHIN_NOISE: t("within the noise"),
        Sign.EQUAL: t("equal"),
        Sign.NOT_KNOWN: t("no interval measured"),
    }[sign]


def nobody(recommendation: Recommendation) -> str:
    """Return why no run is named."""
    if not recommendation.fits:
        return t("No run has finished yet.")
    missing = recommendation.count(Fit.NOT_MEASURED)
    if missing == len(recommendation.fits):
        return t("No run was measured on this setup. Choose another runtime, or measure the runs on it.")
    return t("No run holds all limits. Relax one of them, or start runs that come closer.")


def count(recommendation: Recommendation) -> str:
    """Return how many runs hold the limits."""
    return t(
        "Hold the limits: {meets}; within the noise: {doubt}; do not: {fails}; not measured: {missing}.",
        meets=recommendation.count(Fit.MEETS),
        doubt=recommendation.count(Fit.IN_DOUBT),
        fails=recommendation.count(Fit.FAILS),
        missing=recommendation.count(Fit.NOT_MEASURED),
    )


def _lossless(by_id: Mapping[str, RunRecord], recommendation: Recommendation, setup: Setup) -> None:
    """Name the fastest run that loses nothing measurable and what says so."""
    found = recommendation.lossless
    if found is None:
        return
    said = lossless_words(found)
    if found.run_id == recommendation.best:
        said = t("It is the fastest that loses nothing measurable against its dense network.") + f" {said}"
    else:
        _named(by_id[found.run_id], t("Fastest that loses nothing measurable"), setup)
    st.caption(said)


def _named(record: RunRecord, role: str, setup: Setup) -> None:
    st.markdown(f"**{role}**")
    components.run_link(record)
    values = ((q, estimate(record, q, setup)) for q in (Quantity.ACCURACY, Quantity.P50, Quantity.SIZE))
    st.caption(" · ".join(written(m.value, q) for q, m in values if m))
    with st.container(horizontal=True):
        components.origin_badge(record)
        components.caveat_badges(controls.caveats(record, setup))


def _take_selection() -> None:
    put("selected", picked(CHART))


def _explained(info: TradeoffInfo, found: Front, axes: controls.Axes) -> str:
    sentences = [
        t("Colour: convolution. Symbol: method. Size: parameters. Ringed: the best measured values."),
        t("A run dominates another only where their 95 % intervals do not overlap."),
    ]
    if len(info.marks) > MOST_BARS and axes.bars:
        sentences.append(t("With so many runs only the ringed ones carry intervals."))
    if found.plain_axes:
        names = ", ".join(quantity_label(Quantity(name)) for name in found.plain_axes)
        sentences.append(t("No interval was measured for {axes}: there plain values decide.", axes=names))
    return " ".join(sentences)
