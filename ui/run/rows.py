"""Latency rows as a table, with their doubts and what each answered on the test images."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.agreement import LOST_ACCURACY, QUANTISED
from core.charts.words import network_name
from core.records import LatencyRow
from core.text import t
from ui import words


def rows_table(rows: Sequence[LatencyRow], alt: str) -> None:
    """Draw a line a row, without columns that are empty throughout; say how quantised rows are checked."""
    frame = pd.DataFrame([_row(row) for row in rows]).dropna(axis="columns", how="all")
    if len({row.model for row in rows}) < 2:
        frame = frame.drop(columns="model")
    st.dataframe(frame, hide_index=True, column_config=_config(), placeholder="–", alt=alt)
    for row in rows:
        if row.runtime in QUANTISED and row.accuracy is not None:
            st.caption(_quantised(row))


def _quantised(row: LatencyRow) -> str:
    allowed = f"{100 * LOST_ACCURACY:.1f}"
    if row.agreement is None:
        return t(
            "{runtime} is checked by its accuracy, {accuracy} on 1,000 test images; it may lose {allowed} "
            "points.",
            runtime=row.runtime,
            accuracy=words.percent(row.accuracy or 0.0, 1),
            allowed=allowed,
        )
    return t(
        "{runtime} is checked by its accuracy, {accuracy} on 1,000 test images; it may lose {allowed} "
        "points against the network in float32. On {agreement} of the images both give the same label.",
        runtime=row.runtime,
        accuracy=words.percent(row.accuracy or 0.0, 1),
        allowed=allowed,
        agreement=words.percent(row.agreement, 1),
    )


def _row(row: LatencyRow) -> dict[str, object]:
    return {
        "model": network_name(row.model),
        "runtime": str(row.runtime),
        "device": row.device,
        "batch": row.batch,
        "threads": row.threads,
        "p50": row.p50_ms,
        "p50_low": row.p50_low_ms,
        "p50_high": row.p50_high_ms,
        "doubts": [words.caveat_name(c) for c in row.warnings] or None,
        "p90": row.p90_ms,
        "p99": row.p99_ms,
        "mad": row.mad_ms,
        "speedup": row.speedup,
        "speedup_low": row.speedup_low,
        "speedup_high": row.speedup_high,
        "images": None if row.images_per_s is None else float(f"{row.images_per_s:.4g}"),
        "accuracy": None if row.accuracy is None else 100 * row.accuracy,
        "agreement": None if row.agreement is None else 100 * row.agreement,
        "size": None if row.size_bytes is None else row.size_bytes / 1000,
        "size_gzip": None if row.size_gzip_bytes is None else row.size_gzip_bytes / 1000,
        "memory": None if row.peak_memory_bytes is None else row.peak_memory_bytes / 1e6,
        "energy": row.energy_j_per_1000,
        "error": row.error,
    }


def _config() -> dict[str, object]:
    number = st.column_config.NumberColumn
    return {
        "model": t("Network"),
        "runtime": t("Runtime"),
        "device": t("Device"),
        "batch": t("Batch"),
        "threads": t("Threads"),
        "p50": number(t("p50 (ms)"), format="%.4g"),
        "p50_low": number(t("from"), format="%.4g", help=t("95 % interval of p50")),
        "p50_high": number(t("to"), format="%.4g", help=t("95 % interval of p50")),
        "p90": number(t("p90 (ms)"), format="%.4g"),
        "p99": number(t("p99 (ms)"), format="%.4g"),
        "mad": number(
            t("MAD (ms)"),
            format="%.3g",
            help=t("Median absolute deviation: half of the queries lie within this distance of p50."),
        ),
        "speedup": number(t("Speed-up"), format="%.3g×"),
        "speedup_low": number(t("at least"), format="%.3g×", help=t("95 % interval of the speed-up")),
        "speedup_high": number(t("at most"), format="%.3g×", help=t("95 % interval of the speed-up")),
        "images": number(t("images/s"), format="localized"),
        "accuracy": number(
            t("Right (%)"), format="%.1f", help=t("On 1,000 test images, before any time was taken.")
        ),
        "agreement": number(
            t("Same label (%)"), format="%.1f", help=t("As the Keras network, on the same 1,000 images.")
        ),
        "size": number(
            t("File (kB)"), format="%.1f", help=t("The file that this runtime loads, as it lies on the disk.")
        ),
        "size_gzip": number(
            t("Gzip (kB)"), format="%.1f", help=t("The same file compressed by gzip, as it would be sent.")
        ),
        "memory": number(t("Peak memory (MB)"), format="%.1f"),
        "energy": number(t("J per 1,000"), format="%.3g"),
        "doubts": st.column_config.ListColumn(t("In doubt"), help=words.caveat_meanings()),
        "error": t("Why not"),
    }
