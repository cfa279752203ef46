"""The table of runs: numbers in the units of their headings, so that a column sorts as it reads."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.analysis.quantities import Visitors, estimate, row_of
from core.charts.style import conv_name, method_name, quantity_label, quantity_name, shown
from core.records import RunRecord, Status
from core.records.comparison import Fit, Quantity, Setup
from core.text import t
from ui import words
from ui.compare.controls import origin_name
from ui.compare.judgement import Judgement

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
    records: Sequence[RunRecord], setup: Setup, visitors: Visitors, judged: Judgement
) -> pd.DataFrame:
    """Return one row a run; a quantity that no run has is no column."""
    frame = pd.DataFrame(
        [_row(record, setup, visitors, judged) for record in records],
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
        "badges": st.column_config.ListColumn(t("In doubt"), width="small", help=words.caveat_meanings()),
        "architecture": t("Architecture"),
        "conv": t("Convolution"),
        "method": t("Method"),
        "ratio": number(t("Ratio"), format="%.3g"),
        "origin": t("Made"),
        "status": t("Status"),
    }
    for quantity in COLUMNS:
        config[str(quantity)] = number(_heading(quantity), format=_format(quantity))
    return config


def _row(record: RunRecord, setup: Setup, visitors: Visitors, judged: Judgement) -> dict[str, Any]:
    row = row_of(record, setup)
    values = {
        str(q): shown(m.value, q) if (m := estimate(record, q, setup, visitors)) else None for q in COLUMNS
    }
    return {
        "open": f"run?run={record.run_id}",
        "name": record.title,
        "standing": standing(record, judged),
        "badges": [words.caveat_name(c) for c in row.warnings] if row and row.warnings else None,
        "conv": conv_name(record.spec.conv),
        "method": method_name(record.spec.method),
        "ratio": record.spec.ratio,
        **values,
        "architecture": str(record.spec.architecture),
        "origin": origin_name(record.origin),
        "status": words.status_name(record.status),
    }


def standing(record: RunRecord, judged: Judgement) -> str:
    """Return where a run stands: best, runner-up, front with its tie group, dominated, outside the limits."""
    front, recommendation = judged.front, judged.recommendation
    if record.result is None:
        return t("no result") if record.status is Status.FINISHED else words.status_name(record.status)
    run_id, said = record.run_id, []
    if run_id == recommendation.best:
        said.append(t("best"))
    if run_id == recommendation.runner_up:
        said.append(t("runner-up"))
    if run_id in front.members:
        group = front.group_of(run_id)
        lone = t("front") if run_id in front.leaders else t("not clearly beaten")
        said.append(t("front, tie {n}", n=group) if group else lone)
    if run_id in front.dominated_by:
        said.append(t("dominated"))
    fit = recommendation.fits.get(run_id, Fit.MEETS)
    said += {Fit.FAILS: [t("outside the limits")], Fit.NOT_MEASURED: [t("limit not measured")]}.get(fit, [])
    if fit is Fit.IN_DOUBT:
        said.append(t("meets the limits within the noise"))
    return ", ".join(said)


def _heading(quantity: Quantity) -> str:
    return quantity_name(quantity) if quantity is Quantity.ERRORS else quantity_label(quantity)


def _format(quantity: Quantity) -> str:
    if quantity.is_share:
        return "%.2f"
    if quantity in (Quantity.ERRORS, Quantity.PARAMETERS, Quantity.MACS, Quantity.THROUGHPUT):
        return "localized"
    return "%.4g" if quantity is not Quantity.SIZE else "%.1f"
