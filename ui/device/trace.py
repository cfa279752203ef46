"""The trace that a run keeps: its readings with the stages behind them, and what they add up to."""

from collections.abc import Callable

import streamlit as st

from core.charts.telemetry import draw
from core.charts.timeline import timeline
from core.errors import LabError
from core.records import Measured, Origin, RunRecord, TraceSummary, Window, from_json
from core.telemetry.trace import SUMMARY, TRACE, for_display, from_parquet, to_csv
from core.text import t
from ui import resources
from ui.device.controls import fields, utc_offset_s
from ui.device.legend import legends, line_colours, stage_colours
from ui.device.tables import table
from ui.device.tiles import GIB, energy
from ui.live import live_plot


def trace_panel(record: RunRecord) -> None:
    """Draw the slice of readings of a run and its summary, or why there is none."""
    if TRACE not in record.artifacts:
        recorded = t("This run came recorded with the project, without its readings.")
        own = t("No readings were kept. Runs that the dashboard supervises keep theirs.")
        st.caption(own if record.origin is Origin.OWN else recorded)
        return
    try:
        window = from_parquet(resources.artifact(record, TRACE))
    except (LabError, OSError) as error:
        st.caption(t("Its readings cannot be shown: {reason}", reason=error))
        return
    where = record.recording or window.recorded_on
    if record.origin is Origin.RECORDED or where:
        st.caption(t("Recorded, not live. Machine and time: {machine}.", machine=where or t("not told")))
    chart = timeline(for_display(window), [record], fields=fields(bool(window.gpus)))
    traces, layout, height = draw(chart, utc_offset_s=utc_offset_s())
    lines, stages = line_colours(window), stage_colours()
    with legends(lines, stages):
        live_plot(
            traces,
            layout,
            height=height,
            key=f"trace-{record.run_id}",
            alt=t("Readings during the run, by its stages"),
            colours=(lines, stages),
        )
    _summary(record)
    _download(record, window)


def _summary(record: RunRecord) -> None:
    if SUMMARY not in record.artifacts:
        return
    told = from_json(TraceSummary, resources.artifact(record, SUMMARY))
    rows = [
        _row(t("Busy, mean"), told.utilization_mean_percent, lambda value: f"{value:.0f} %"),
        _row(t("Busy, highest"), told.utilization_peak_percent, lambda value: f"{value:.0f} %"),
        _row(t("Memory, highest"), told.memory_peak_bytes, lambda value: f"{value / GIB:.2f} GiB"),
        _row(t("Energy of training"), told.energy_training_j, energy),
        _row(t("Energy of 1,000 predictions"), told.energy_j_per_1000, lambda value: f"{value:.3g} J"),
    ]
    device = t("the host") if told.device == "host" else told.device
    count = t("{count} samples of {device}", count=told.num_samples, device=device)
    st.html(table((t("Figure"), t("Value"), t("How it was measured"), t("Limits")), rows, [count], ""))


def _row(name: str, figure: Measured, written: Callable[[float], str]) -> tuple[str, ...]:
    value = "–" if figure.value is None else written(figure.value)
    how = t(figure.how) + (f" ({figure.detail})" if figure.detail else "")
    return name, value, how, t(figure.limits) if figure.limits else ""


def _download(record: RunRecord, window: Window) -> None:
    st.download_button(
        t("Download as CSV"),
        lambda: to_csv(window),
        f"trace-{record.run_id}.csv",
        "text/csv",
        key=f"trace-csv-{record.run_id}",
        on_click="ignore",
        icon=":material/download:",
    )
