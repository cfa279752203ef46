"""Every latency of the run with its doubts and conditions, and where the speed comes from."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.quantities import estimate, setups
from core.charts.latency_bars import SetupBars, latency_bars_alt, latency_bars_figure
from core.records import LatencyRow, RunRecord
from core.records.comparison import Quantity, Setup
from core.text import t
from ui import artifacts, words
from ui.figures import figure_panel
from ui.run import reasons, twins


def draw(record: RunRecord, dense: RunRecord | None, records: tuple[RunRecord, ...], setup: Setup) -> None:
    """Draw the latencies, and where the speed comes from or does not."""
    _latencies(record, dense)
    if record.result:
        study = artifacts.study(record)
        twins.draw_ladder(study)
        twins.draw_twins(record, records, setup)
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
    st.dataframe(_frame(rows), hide_index=True, column_config=_config(), alt=t("Table of latencies."))
    st.caption(
        t("A query is input in, invoke, output out; speed-ups were measured in turns with the dense network.")
    )
    _conditions(rows)


def _frame(rows: Sequence[LatencyRow]) -> pd.DataFrame:
    frame = pd.DataFrame([_row(row) for row in rows])
    return frame.dropna(axis="columns", how="all")


def _row(row: LatencyRow) -> dict[str, object]:
    return {
        "runtime": str(row.runtime),
        "device": row.device,
        "batch": row.batch,
        "threads": row.threads,
        "p50": row.p50_ms,
        "p50_low": row.p50_low_ms,
        "p50_high": row.p50_high_ms,
        "p90": row.p90_ms,
        "p99": row.p99_ms,
        "speedup": row.speedup,
        "speedup_low": row.speedup_low,
        "speedup_high": row.speedup_high,
        "images": row.images_per_s,
        "memory": None if row.peak_memory_bytes is None else row.peak_memory_bytes / 1e6,
        "energy": row.energy_j_per_1000,
        "doubts": [words.caveat_name(c) for c in row.warnings] or None,
        "error": row.error,
    }


def _config() -> dict[str, object]:
    number = st.column_config.NumberColumn
    return {
        "runtime": t("Runtime"),
        "device": t("Device"),
        "batch": t("Batch"),
        "threads": t("Threads"),
        "p50": number(t("p50 (ms)"), format="%.4g"),
        "p50_low": number(t("from"), format="%.4g", help=t("95 % interval of p50")),
        "p50_high": number(t("to"), format="%.4g", help=t("95 % interval of p50")),
        "p90": number(t("p90 (ms)"), format="%.4g"),
        "p99": number(t("p99 (ms)"), format="%.4g"),
        "speedup": number(t("Speed-up"), format="%.3g×"),
        "speedup_low": number(t("at least"), format="%.3g×", help=t("95 % interval of the speed-up")),
        "speedup_high": number(t("at most"), format="%.3g×", help=t("95 % interval of the speed-up")),
        "images": number(t("images/s"), format="localized"),
        "memory": number(t("Peak memory (MB)"), format="%.1f"),
        "energy": number(t("J per 1,000"), format="%.3g"),
        "doubts": st.column_config.ListColumn(t("In doubt")),
        "error": t("Why not"),
    }


def _conditions(rows: Sequence[LatencyRow]) -> None:
    known = next((row.conditions for row in rows if row.conditions), None)
    with st.expander(t("Conditions of the measurement")):
        if known is None:
            st.caption(t("None were recorded."))
            return
        lines = [
            (t("Processor"), known.cpu),
            (t("Cores"), str(known.num_cores or "")),
            (t("Pinned to core"), "" if known.pinned_core is None else str(known.pinned_core)),
            (t("Clock (MHz)"), "" if known.frequency_mhz is None else f"{known.frequency_mhz:.0f}"),
            (t("Load before, per core"), "" if known.load_before is None else f"{known.load_before:.2f}"),
            (
                t("Share that others took meanwhile"),
                "" if known.load_during is None else f"{known.load_during:.1%}",
            ),
            (t("GPU"), known.gpu or ""),
            (t("Throttled by"), ", ".join(known.throttle_reasons)),
            (t("Versions"), ", ".join(f"{k} {v}" for k, v in (known.versions or {}).items())),
            (t("Measured at"), known.measured_at),
        ]
        st.markdown("\n".join(f"- {name}: {value}" for name, value in lines if value))
    energy = next((row.energy_note for row in rows if row.energy_note), "")
    if energy:
        st.caption(t("Energy: {note}", note=energy))
