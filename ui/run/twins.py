"""Zeroed against removed at the same ratio: what theory promises and what each really gives."""

import pandas as pd
import streamlit as st

from core.analysis.family import twin_of, twins_of
from core.analysis.quantities import estimate
from core.charts.style import quantity_name, span, written
from core.charts.twins import twins_figure, twins_words
from core.records import LatencyStudy, RunRecord
from core.records.comparison import Quantity, Setup
from core.text import t
from ui import components, words
from ui.figures import figure_panel
from ui.run.ladder import heading

SHOWN = (Quantity.ACCURACY, Quantity.P50, Quantity.SPEEDUP, Quantity.PARAMETERS, Quantity.MACS, Quantity.SIZE)


def draw(record: RunRecord, records: tuple[RunRecord, ...], setup: Setup, study: LatencyStudy | None) -> None:
    """Draw the twins of a closer look, else this run and the one that zeroes what it removes."""
    twin = twin_of(record, records)
    measured = study.twins if study and study.twins else twins_of(record, records, setup)
    if measured is None:
        st.subheader(t("Zeroed and removed twins"), anchor=False)
        st.caption(
            t("Dense networks have no twin.")
            if record.spec.is_baseline
            else t("Not measured: take a closer look, or start the other method at the same ratio.")
        )
    else:
        heading(t("Zeroed and removed twins"), [*measured.removed.warnings, *measured.zeroed.warnings])
        figure_panel(twins_figure(measured), key="run-twins", alt=twins_words(measured))
        st.caption(twins_words(measured))
    if twin:
        _side_by_side(record, twin, setup)


def _side_by_side(record: RunRecord, twin: RunRecord, setup: Setup) -> None:
    removed, zeroed = (record, twin) if record.spec.method.is_removal else (twin, record)
    components.run_link(twin, t("The twin: {title}", title=words.plain(twin.title)))
    rows = {
        quantity_name(q): [_cell(run, q, setup) for run in (removed, zeroed)]
        for q in SHOWN
        if estimate(removed, q, setup) or estimate(zeroed, q, setup)
    }
    with st.expander(t("Both runs as a table")):
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=[t("removed"), t("zeroed")])
        st.dataframe(frame, alt=t("Removed and zeroed network side by side."))


def _cell(run: RunRecord, quantity: Quantity, setup: Setup) -> str:
    value = estimate(run, quantity, setup)
    if value is None:
        return "–"
    said = written(value.value, quantity)
    return said if value.is_exact or not value.has_interval else f"{said} [{span(*value.bounds, quantity)}]"
