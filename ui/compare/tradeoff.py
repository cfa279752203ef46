"""Accuracy against latency: the chart, the limits beside it, the best network in words."""

from collections.abc import Sequence

import streamlit as st

from core.analysis.constraints import recommend
from core.analysis.pareto import front
from core.analysis.quantities import Visitors, estimate, points
from core.charts.style import quantity_label, written
from core.charts.tradeoff import MOST_BARS, tradeoff_alt, tradeoff_figure, tradeoff_info
from core.records import RunRecord
from core.records.comparison import Difference, Fit, Front, Point, Quantity, Recommendation, Setup, Sign
from core.text import t
from ui import shell
from ui.compare.controls import Axes, Wish
from ui.figures import figure_panel

CHART = "tradeoff"


def judge(
    records: Sequence[RunRecord], axes: Axes, setup: Setup, wish: Wish, visitors: Visitors
) -> tuple[tuple[Point, ...], Front, Recommendation]:
    """Return the points on the axes, their front, and the recommendation within the limits."""
    shown = points(records, axes.x, axes.y, setup, visitors)
    return (
        shown,
        front(shown, axes.x, axes.y),
        recommend(records, wish.limits, setup, wish.goal, visitors),
    )


def chart(
    shown: Sequence[Point], found: Front, recommendation: Recommendation, axes: Axes, wish: Wish
) -> None:
    """Draw the selectable chart; what is picked goes to the box of selected runs."""
    faded = {run_id for run_id, fit in recommendation.fits.items() if not fit.is_feasible}
    info = tradeoff_info(
        shown,
        axes.x,
        axes.y,
        found,
        faded=faded if wish.limits else (),
        hidden=found.dominated_by if wish.is_hiding_dominated else (),
        best=recommendation.best if wish.limits else None,
        runner_up=recommendation.runner_up if wish.limits else None,
    )
    figure = tradeoff_figure(info, log_x=axes.log_x, log_y=axes.log_y, bars=axes.bars)
    figure_panel(figure, key=CHART, alt=tradeoff_alt(info), on_select=_take_selection)
    st.caption(_explained(info.marks, found, axes))


def advice(records: Sequence[RunRecord], recommendation: Recommendation, setup: Setup) -> None:
    """Name the best run, the runner-up and what the runner-up would change."""
    by_id = {record.run_id: record for record in records}
    if recommendation.best is None:
        st.info(_nobody(recommendation))
        return
    best = by_id[recommendation.best]
    st.markdown(f"**{t('Best within the limits')}**" if recommendation.limits else f"**{t('Best')}**")
    _named(best, setup)
    if recommendation.fits[best.run_id] is Fit.IN_DOUBT:
        st.badge(t("meets the limits only within the noise"), icon=":material/help:", color="orange")
    if len(recommendation.tied) > 1:
        st.caption(_tied(recommendation))
    if recommendation.runner_up:
        st.markdown(f"**{t('Runner-up')}**")
        _named(by_id[recommendation.runner_up], setup)
        st.caption(t("Taking it instead of the best one:"))
        st.markdown(given_up(recommendation.given_up))
    st.caption(_count(recommendation))


def given_up(differences: Sequence[Difference]) -> str:
    """Return a Markdown list of what changes, real differences first and those within the noise named so."""
    ordered = sorted(differences, key=lambda d: (d.sign is Sign.WITHIN_NOISE, d.sign is Sign.EQUAL))
    return "\n".join(f"- {change(d)}" for d in ordered if d.sign is not Sign.EQUAL)


def change(difference: Difference) -> str:
    """Return one difference in words."""
    before = written(difference.best.value, difference.quantity)
    after = written(difference.other.value, difference.quantity)
    words = {
        Sign.BETTER: t("better"),
        Sign.WORSE: t("worse"),
        Sign.WITHIN_NOISE: t("within the noise"),
        Sign.EQUAL: t("equal"),
    }
    return f"{quantity_label(difference.quantity)}: {before} → {after} ({words[difference.sign]})"


def _named(record: RunRecord, setup: Setup) -> None:
    st.page_link(
        shell.page("run"),
        label=record.title,
        icon=":material/arrow_forward:",
        query_params={"run": record.run_id},
    )
    values = ((q, estimate(record, q, setup)) for q in (Quantity.ACCURACY, Quantity.P50, Quantity.SIZE))
    st.caption(" · ".join(written(m.value, q) for q, m in values if m))


def _take_selection() -> None:
    picked = st.session_state[CHART].selection.points
    ids = (point.get("customdata") for point in picked)
    st.session_state["selected"] = list(
        dict.fromkeys(str(i[0] if isinstance(i, list) else i) for i in ids if i)
    )


def _explained(marks: Sequence[object], found: Front, axes: Axes) -> str:
    sentences = [
        t("Colour: convolution type. Symbol: method. Size: parameters."),
        t("A run dominates another only where their 95 % intervals do not overlap."),
    ]
    if len(marks) > MOST_BARS and axes.bars:
        sentences.append(t("With so many runs only those of the front carry intervals."))
    if found.plain_axes:
        names = ", ".join(quantity_label(Quantity(name)) for name in found.plain_axes)
        sentences.append(t("No interval was measured for {axes}: there plain values decide.", axes=names))
    return " ".join(sentences)


def _nobody(recommendation: Recommendation) -> str:
    if not recommendation.fits:
        return t("No run has finished yet.")
    missing = recommendation.count(Fit.NOT_MEASURED)
    if missing == len(recommendation.fits):
        return t("No run was measured on this setup. Choose another runtime, or measure the runs on it.")
    return t("No run holds all limits. Relax one of them, or start runs that come closer.")


def _tied(recommendation: Recommendation) -> str:
    return t(
        "{n} runs are not clearly worse in {goal}; among them this one leads in {second}.",
        n=len(recommendation.tied) - 1,
        goal=quantity_label(recommendation.goal),
        second=quantity_label(
            Quantity.P50 if recommendation.goal is Quantity.ACCURACY else Quantity.ACCURACY
        ),
    )


def _count(recommendation: Recommendation) -> str:
    return t(
        "{meets} hold the limits, {doubt} within the noise, {fails} do not, {missing} were not measured.",
        meets=recommendation.count(Fit.MEETS),
        doubt=recommendation.count(Fit.IN_DOUBT),
        fails=recommendation.count(Fit.FAILS),
        missing=recommendation.count(Fit.NOT_MEASURED),
    )
