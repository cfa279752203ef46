"""Zeroed against removed at the same ratio, and the ladder from `predict` down to the fastest."""

import pandas as pd
import streamlit as st

from core.analysis.family import twin_of
from core.analysis.quantities import estimate
from core.charts.style import quantity_name, span, written
from core.records import LatencyStudy, RunRecord
from core.records.comparison import Quantity, Setup
from core.text import t
from ui import components, words

SHOWN = (Quantity.ACCURACY, Quantity.P50, Quantity.SPEEDUP, Quantity.PARAMETERS, Quantity.MACS, Quantity.SIZE)


def draw_twins(record: RunRecord, records: tuple[RunRecord, ...], setup: Setup) -> None:
    """Draw the run beside the one that zeroes what it removes, or removes what it zeroes."""
    st.subheader(t("Zeroed and removed twins"), anchor=False)
    twin = twin_of(record, records)
    if twin is None:
        st.caption(
            t("There is no twin: start magnitude and structured pruning at the same ratio to see both.")
        )
        return
    removed, zeroed = (record, twin) if record.spec.method.is_removal else (twin, record)
    components.run_link(twin, t("The twin: {title}", title=words.plain(twin.title)))
    rows = {
        quantity_name(q): [_cell(run, q, setup) for run in (removed, zeroed)]
        for q in SHOWN
        if estimate(removed, q, setup) or estimate(zeroed, q, setup)
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[t("removed"), t("zeroed")])
    st.dataframe(frame, alt=t("Removed and zeroed network side by side."))
    st.caption(_gap(removed, setup))


def draw_ladder(study: LatencyStudy | None) -> None:
    """Draw the rungs of the acceleration ladder with each step's factor."""
    st.subheader(t("Acceleration ladder"), anchor=False)
    if study is None or study.ladder is None:
        st.caption(
            t("Not measured for this run: a run times itself on two runtimes, the ladder is a closer look.")
        )
        return
    ladder = study.ladder
    rows = [
        {
            t("Network"): step.model,
            t("Runtime"): str(step.runtime),
            t("p50 (ms)"): step.p50_ms,
            t("Step"): "–"
            if step.factor is None
            else f"{step.factor:.3g}× [{step.factor_low:.3g} – {step.factor_high:.3g}]",
            t("By"): str(step.lever or ""),
            t("In doubt"): ", ".join(step.warnings) or step.error or "",
        }
        for step in ladder.steps
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=t("Rungs of the acceleration ladder."))
    st.caption(
        t(
            "In all {total} times faster: {algorithm} by the network, {runtime} by the runtime.",
            total=f"{ladder.total:.4g}",
            algorithm=f"{ladder.algorithm:.3g}",
            runtime=f"{ladder.runtime:.3g}",
        )
    )


def _cell(run: RunRecord, quantity: Quantity, setup: Setup) -> str:
    value = estimate(run, quantity, setup)
    if value is None:
        return "–"
    said = written(value.value, quantity)
    return said if value.is_exact or not value.has_interval else f"{said} [{span(*value.bounds, quantity)}]"


def _gap(removed: RunRecord, setup: Setup) -> str:
    result, speed = removed.result, estimate(removed, Quantity.SPEEDUP, setup)
    if result is None or speed is None or not result.macs:
        return t("The removed twin was not timed on this setup.")
    return t(
        "Removal left {theory} times fewer multiplications than the dense network has; measured: {speed} "
        "times as fast as the dense standard one.",
        theory=f"{result.macs_baseline / result.macs:.3g}",
        speed=f"{speed.value:.3g}",
    )
