"""A closer look at a run's latency: asking for one, following it, and what was looked at when."""

import streamlit as st

from core.records import BATCHES, Caveat, LatencyStudy, Origin, RunRecord
from core.text import t
from ui import studies, words
from ui.run.ladder import heading

BESIDE_ONE = tuple(batch for batch in BATCHES if batch != 1)


def draw(record: RunRecord, study: LatencyStudy | None) -> None:
    """Draw the look at work, or what starts one; recorded runs keep the look they came with."""
    heading(t("A closer look"), [Caveat.QUICK] if study and study.is_quick else [])
    is_recorded = record.origin is Origin.RECORDED
    st.caption(_taken(study) if study else _missing() if is_recorded else _promise())
    if is_recorded or studies.follow(record.run_id):
        return
    chosen = st.pills(
        t("Images in a query, besides one"),
        BESIDE_ONE,
        selection_mode="multi",
        default=BESIDE_ONE,
        key="study-batches",
        help=t("How images per second grow with the batch, on LiteRT float32; fewer batches take less time."),
    )
    studies.buttons(
        lambda engine, is_quick: engine.study(record.run_id, quick=is_quick, batches=sorted(chosen)),
        t("Take a closer look"),
        t("Quick look"),
        is_first=study is None,
    )


def _missing() -> str:
    return t("Nobody took one of this recorded run. Clone it and look at the copy on this machine.")


def _promise() -> str:
    return t(
        "Measures the acceleration ladder on every runtime here, the time of each layer, the zeroed and the "
        "removed twin, images per second by batch, and so why it is not faster. It takes about four minutes; "
        "the quick one, marked as such, about one."
    )


def _taken(study: LatencyStudy) -> str:
    known = next((row.conditions for row in study.rows if row.conditions), None)
    took = words.duration(study.elapsed_s)
    if known is None:
        return t("Taken in {took}.", took=took)
    when = known.measured_at.replace("T", " ")[:16]
    return t("Taken at {when} UTC on {cpu} in {took}.", when=when, cpu=words.plain(known.cpu), took=took)
