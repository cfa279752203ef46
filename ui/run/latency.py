"""Every latency of the run with its doubts and conditions, and where the speed comes from."""

import streamlit as st

from core.analysis.quantities import estimate, setups
from core.charts.batches import batch_alt, batch_figure, batch_lines
from core.charts.latency_bars import SetupBars, latency_bars_alt, latency_bars_figure
from core.records import Convolution, LatencyRow, LatencyStudy, RunRecord
from core.records.comparison import Quantity, Setup
from core.text import t
from ui import artifacts
from ui.figures import figure_panel
from ui.run import closer, conditions, ladder, reasons, twins
from ui.run.rows import rows_table


def draw(record: RunRecord, dense: RunRecord | None, records: tuple[RunRecord, ...], setup: Setup) -> None:
    """Draw the latencies, and where the speed comes from or does not."""
    _latencies(record, dense)
    if record.result:
        study = artifacts.study(record)
        _batches(record, dense, study)
        closer.draw(record, study)
        if study:
            ladder.draw(study)
        twins.draw(record, records, setup, study)
        reasons.draw(record, records, study)


def _latencies(record: RunRecord, dense: RunRecord | None) -> None:
    rows = record.result.latency if record.result else ()
    st.subheader(t("Latency"), anchor=False)
    if not rows:
        st.caption(t("No latency was measured; a run measures itself at its end."))
        return
    known = setups([record])
    runs = [(t("this run"), record)]
    if dense and dense is not record:
        runs.append((t("dense network"), dense))
    bars = [
        SetupBars(name, known, tuple(estimate(run, Quantity.P50, setup) for setup in known))
        for name, run in runs
    ]
    figure_panel(latency_bars_figure(bars), key="run-latency", alt=latency_bars_alt(bars))
    rows_table(rows, t("Table of latencies."))
    st.caption(
        t("A query is input in, invoke, output out; speed-ups were measured in turns with the dense network.")
    )
    conditions.draw(rows)


def _batches(record: RunRecord, dense: RunRecord | None, study: LatencyStudy | None) -> None:
    """Draw images/s over the batch where some runtime was measured at several batches."""
    networks = [(t("this run"), (*_rows(record), *(study.rows if study else ())))]
    if study and not (record.spec.is_baseline and record.spec.conv is Convolution.STANDARD):
        networks.append((t("dense standard"), study.baseline_rows))
    elif dense and dense is not record:
        networks.append((t("dense network"), _rows(dense)))
    lines = batch_lines(networks)
    if lines:
        st.subheader(t("Batches"), anchor=False)
        figure_panel(batch_figure(lines), key="run-batches", alt=batch_alt(lines))


def _rows(record: RunRecord) -> tuple[LatencyRow, ...]:
    return record.result.latency if record.result else ()
