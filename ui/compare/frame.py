"""The table of runs: numbers in the units of their headings, so that a column sorts as it reads."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.analysis.quantities import Visitors, estimate, row_of
from core.charts.style import conv_name, method_name, quantity_label, shown
from core.records import Caveat, RunRecord, Status
from core.records.comparison import Fit, Front, Quantity, Recommendation, Setup
from core.text import t
from ui.compare.controls import origin_name

COLUMNS = (
    Quantity.ACCURACY,
    Quantity.ERRORS,
    Quantity.P50,
    Quantity.P90,
    Quantity.P99,
    Quantity.SPEEDUP,
    Quantity.PARAMETERS,
    Quantity.MACS,
    Quantity.SIZE,
    Quantity.THROUGHPUT,
    Quantity.MEMORY,
    Quantity.ENERGY,
    Quantity.VISITORS,
)


def runs_frame(
    records: Sequence[RunRecord],
    setup: Setup,
    visitors: Visitors,
    front: Front,
    recommendation: Recommendation,
) -> pd.DataFrame:
    """Return one row a run; a quantity that no run has is no column."""
    frame = pd.DataFrame(
        [_row(record, setup, visitors, front, recommendation) for record in records],
        index=[record.run_id for record in records],
    )
    return frame.dropna(axis="columns", how="all")


def column_config() -> dict[str, Any]:
    """Return how the columns are headed and written."""
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {
        "open": st.column_config.LinkColumn(t("Page"), display_text=t("open"), width="small"),
        "name": st.column_config.TextColumn(t("Run"), width="medium", pinned=True),
        "standing": st.column_config.TextColumn(t("Standing"), width="medium"),
        "badges": st.column_config.ListColumn(t("In doubt"), width="small", help=badges_help()),
        "architecture": t("Architecture"),
        "conv": t("Convolution"),
        "method": t("Method"),
        "ratio": number(t("Ratio"), format="%.3g"),
        "origin": t("Made"),
        "status": t("Status"),
    }
    for quantity in COLUMNS:
        config[str(quantity)] = number(quantity_label(quantity), format=_format(quantity))
    return config


def badges_help() -> str:
    """Return what the caveats mean, one line each."""
    return "  \n".join(f"**{caveat}**: {text}" for caveat, text in caveat_texts().items())


def caveat_texts() -> dict[Caveat, str]:
    """Return in a sentence why a figure with that caveat deserves doubt."""
    return {
        Caveat.QUICK: t("one process instead of three, fewer queries"),
        Caveat.NOISY: t("the times spread widely, or the processes disagree"),
        Caveat.LOADED: t("something else kept the processor busy"),
        Caveat.THROTTLED: t("the chip slowed itself down"),
        Caveat.SHARED_GPU: t("other processes were on the GPU"),
        Caveat.TOO_SHORT: t("too few queries or too little time"),
        Caveat.DISAGREES: t("the converted model answers differently from the original"),
    }


def _row(
    record: RunRecord, setup: Setup, visitors: Visitors, front: Front, recommendation: Recommendation
) -> dict[str, Any]:
    row = row_of(record, setup)
    values = {
        str(q): shown(m.value, q) if (m := estimate(record, q, setup, visitors)) else None for q in COLUMNS
    }
    return {
        "open": f"run?run={record.run_id}",
        "name": record.title,
        "standing": standing(record, front, recommendation),
        "badges": list(row.warnings) if row and row.warnings else None,
        "conv": conv_name(record.spec.conv),
        "method": method_name(record.spec.method),
        "ratio": record.spec.ratio,
        **values,
        "architecture": str(record.spec.architecture),
        "origin": origin_name(record.origin),
        "status": str(record.status),
    }


def standing(record: RunRecord, front: Front, recommendation: Recommendation) -> str:
    """Return where a run stands: best, runner-up, front with its tie group, dominated, outside the limits."""
    if record.result is None:
        return _unfinished(record.status)
    run_id, words = record.run_id, []
    if run_id == recommendation.best:
        words.append(t("best"))
    if run_id == recommendation.runner_up:
        words.append(t("runner-up"))
    if run_id in front.members:
        group = front.group_of(run_id)
        words.append(t("front, tie {n}", n=group) if group else t("front"))
    if run_id in front.dominated_by:
        words.append(t("dominated"))
    fit = recommendation.fits.get(run_id, Fit.MEETS)
    words += {Fit.FAILS: [t("outside the limits")], Fit.NOT_MEASURED: [t("limit not measured")]}.get(fit, [])
    if fit is Fit.IN_DOUBT:
        words.append(t("meets the limits within the noise"))
    return ", ".join(words)


def _unfinished(status: Status) -> str:
    return {
        Status.SCHEDULED: t("waiting"),
        Status.RUNNING: t("running"),
        Status.FAILED: t("failed"),
        Status.KILLED: t("cancelled"),
        Status.FINISHED: t("no result"),
    }[status]


def _format(quantity: Quantity) -> str:
    if quantity.is_share:
        return "%.2f"
    if quantity in (Quantity.ERRORS, Quantity.PARAMETERS, Quantity.MACS, Quantity.THROUGHPUT):
        return "localized"
    return "%.4g" if quantity is not Quantity.SIZE else "%.1f"
