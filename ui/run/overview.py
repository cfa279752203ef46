"""What came out, what was asked, how long each stage took, and how accuracy went."""

import streamlit as st

from core.analysis.pareto import verdict
from core.analysis.quantities import estimate, row_of
from core.charts.curves import curves_alt, curves_figure, curves_info
from core.charts.stages import stages_alt, stages_figure, stages_info
from core.charts.style import quantity_name, span, written
from core.records import RunRecord, RunSpec
from core.records.comparison import Quantity, Setup
from core.text import mark, plural, t
from ui import artifacts, components, words
from ui.compare.tradeoff import sign_name
from ui.figures import figure_panel

HEADLINE = (Quantity.ACCURACY, Quantity.P50, Quantity.SPEEDUP, Quantity.PARAMETERS, Quantity.SIZE)


def draw(record: RunRecord, dense: RunRecord | None, setup: Setup) -> None:
    """Draw the section."""
    if record.result:
        _figures(record, dense, setup)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("Stages"), anchor=False)
        _stages(record)
    with right:
        st.subheader(t("Specification"), anchor=False)
        _asked(record.spec)
    st.subheader(t("Accuracy and loss"), anchor=False)
    _curves(record, dense)


def _figures(record: RunRecord, dense: RunRecord | None, setup: Setup) -> None:
    result, row = record.result, row_of(record, setup)
    assert result is not None
    with st.container(horizontal=True, key="run-figures"):
        for quantity in HEADLINE:
            value = estimate(record, quantity, setup)
            if value is not None:
                low, high = value.bounds
                interval = span(low, high, quantity)
                st.metric(
                    quantity_name(quantity),
                    written(value.value, quantity),
                    _against(record, dense, quantity, setup),
                    delta_color="off",
                    delta_arrow="off",
                    border=True,
                    help=None if value.is_exact else t("95 % interval: {interval}", interval=interval),
                )
    with st.container(horizontal=True, vertical_alignment="center"):
        components.caveat_badges(row.warnings if row else ())
        st.caption(_conditions(record, setup))
    if not record.spec.is_baseline:
        st.caption(
            t(
                "Right after pruning, before fine-tuning, it was right on {before}; asked ratio {asked}, "
                "achieved {achieved}; {weights} of all weights are gone or zero.",
                before=words.percent(result.accuracy_before_finetune),
                asked=f"{record.spec.ratio:g}",
                achieved=f"{result.ratio_achieved:.3g}",
                weights=words.percent(result.weights_removed, 1),
            )
        )
    for warning in result.warnings:
        st.warning(warning)


def _against(record: RunRecord, dense: RunRecord | None, quantity: Quantity, setup: Setup) -> str | None:
    if quantity is Quantity.SPEEDUP:
        return t("dense standard: 1×")
    if dense is None or dense.run_id == record.run_id:
        return None
    own, other = estimate(record, quantity, setup), estimate(dense, quantity, setup)
    if own is None or other is None:
        return None
    said = sign_name(verdict(other, own, quantity))
    return t("dense: {value} ({said})", value=written(other.value, quantity), said=said)


def _conditions(record: RunRecord, setup: Setup) -> str:
    row = row_of(record, setup)
    if row is None:
        return t("Its latency was not measured on {runtime}.", runtime=setup.runtime)
    cpu = row.conditions.cpu if row.conditions else ""
    said = t(
        "{runtime}, batch {batch}, {threads}, {queries} queries in {processes}",
        runtime=setup.runtime,
        batch=setup.batch,
        threads=plural(setup.threads, mark("{n} thread"), mark("{n} threads")),
        queries=f"{row.queries:,}",
        processes=plural(row.processes, mark("{n} process"), mark("{n} processes")),
    )
    return f"{said} · {cpu}" if cpu else said


def _stages(record: RunRecord) -> None:
    info = stages_info(record.stages)
    if not info:
        st.caption(t("No stage has been entered yet."))
        return
    figure_panel(stages_figure(info), key="run-stages", alt=stages_alt(info))


def _asked(spec: RunSpec) -> None:
    rows = [f"| {name.replace('_', ' ')} | {_value(getattr(spec, name))} |" for name in _relevant(spec)]
    st.markdown("| | |\n|---|---|\n" + "\n".join(rows))


def _relevant(spec: RunSpec) -> list[str]:
    names = ["architecture", "conv", "method"]
    if not spec.is_baseline:
        names += ["ratio", "criterion", "scope", "cost", "round_to", "ignore", "schedule", "distill"]
        names += ["finetune_epochs"]
    return [*names, "epochs", "batch_size", "augment", "seed", "device"]


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "–"
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def _curves(record: RunRecord, dense: RunRecord | None) -> None:
    own = artifacts.epochs(record)
    before = artifacts.epochs(dense) if dense and dense.run_id != record.run_id else ()
    curves = curves_info([(t("dense network"), before), (t("this run"), own)], joined=True)
    if not curves:
        st.caption(t("It left no epochs behind. Runs that train here record them as they go."))
        return
    figure_panel(curves_figure(curves), key="run-curves", alt=curves_alt(curves))
