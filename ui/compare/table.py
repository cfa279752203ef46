"""The table of the compare page: all runs, or those that were picked; and all of them to take away."""

from collections.abc import Sequence

import streamlit as st

from core.analysis.quantities import Visitors
from core.records import RunRecord
from core.records.comparison import Setup
from core.report.table import latency_csv, runs_csv, runs_json
from core.text import t
from ui.address import put
from ui.compare.frame import column_config, runs_frame
from ui.compare.judgement import Judgement
from ui.components import Download, download_row

TABLE = "runs-table"


def runs_table(
    records: Sequence[RunRecord],
    selected: Sequence[str],
    setup: Setup,
    visitors: Visitors,
    judged: Judgement,
) -> None:
    """Draw the runs, only the selected ones where there are any; ticked rows can be set side by side."""
    inside = set(selected)
    rows = [record for record in records if not inside or record.run_id in inside]
    frame = runs_frame(rows, setup, visitors, judged)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("{n} of {all} runs", n=len(rows), all=len(records)), width="stretch")
        actions = st.container(horizontal=True, width="content")
    event = st.dataframe(
        frame,
        column_config=column_config(),
        hide_index=True,
        key=TABLE,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="–",
        alt=t("Table of runs: what was asked, what was measured and where each stands."),
    )
    ticked = [rows[i].run_id for i in event.selection.rows if i < len(rows)]
    with actions:
        _actions(ticked, list(selected))


def downloads(records: Sequence[RunRecord], setup: Setup, visitors: Visitors) -> None:
    """Offer every run that passes the filter (not only the rows in view) as CSV and JSON."""
    download_row(
        (
            Download(
                t("CSV, a line a run"), "runs.csv", "text/csv", lambda: runs_csv(records, setup, visitors)
            ),
            Download(
                t("CSV, every latency"), "latency.csv", "text/csv", lambda: latency_csv(records, visitors)
            ),
            Download(t("JSON, complete"), "runs.json", "application/json", lambda: runs_json(records)),
        ),
        key="take-away",
    )


def _actions(ticked: list[str], selected: list[str]) -> None:
    chosen = ticked or selected
    st.button(
        t("Side by side"),
        key="go-side",
        icon=":material/view_column:",
        disabled=len(chosen) < 2,
        help=t("Tick at least two rows, or select runs on the chart."),
        on_click=_go_side,
        args=(chosen,),
    )
    st.button(t("Show all"), key="show-all", disabled=not selected, on_click=_select, args=([],))


def _go_side(chosen: list[str]) -> None:
    put("view", "side")
    _select(chosen)


def _select(chosen: list[str]) -> None:
    put("selected", chosen)
