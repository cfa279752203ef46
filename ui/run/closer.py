"""A closer look at a run's latency: asking for one, following it, and what was looked at when."""

import re

import streamlit as st

from core.records import Caveat, LatencyStudy, Origin, RunRecord, StudyProgress
from core.text import t
from ui import access, resources, words
from ui.live import poll
from ui.run.ladder import heading

EVERY = "1s"
NUM_LINES = 14
CHATTER = re.compile(r"WARNING: All log messages|[IWE]\d{4} |fully_quantize")
"""What TensorFlow says to itself while it starts and converts."""
CANCELLED = "cancelled"
"""The reason of a look that somebody stopped."""


def draw(record: RunRecord, study: LatencyStudy | None) -> None:
    """Draw the look at work, or the buttons that start one; recorded runs keep the look they came with."""
    heading(t("A closer look"), [Caveat.QUICK] if study and study.is_quick else [])
    is_recorded = record.origin is Origin.RECORDED
    st.caption(_taken(study) if study else _missing() if is_recorded else _promise())
    if is_recorded:
        return
    progress = _of(record.run_id)
    if progress and progress.is_open:
        poll(_follow, EVERY, record.run_id)
        return
    if progress and progress.state == "failed":
        if progress.reason == CANCELLED:
            st.caption(t("It was cancelled."))
        else:
            st.error(words.plain(progress.reason))
    _buttons(record.run_id, is_first=study is None)


def _missing() -> str:
    return t("Nobody took one of this recorded run. Clone it and look at the copy on this machine.")


def _promise() -> str:
    return t(
        "Measures the acceleration ladder on every runtime here, the time of each layer, the zeroed and the "
        "removed twin, and so why it is not faster. It takes about three minutes; the quick one, marked as "
        "such, less than one."
    )


def _taken(study: LatencyStudy) -> str:
    known = next((row.conditions for row in study.rows if row.conditions), None)
    took = words.duration(study.elapsed_s)
    if known is None:
        return t("Taken in {took}.", took=took)
    when = known.measured_at.replace("T", " ")[:16]
    return t("Taken at {when} UTC on {cpu} in {took}.", when=when, cpu=words.plain(known.cpu), took=took)


def _of(run_id: str) -> StudyProgress | None:
    """Return the latest look at this run, at work or not, since the server started."""
    return next((each for each in resources.engine().studies() if each.run_id == run_id), None)


def _follow(run_id: str) -> None:
    progress = _of(run_id)
    if progress is None or not progress.is_open:
        st.rerun()
    is_waiting = progress.state == "queued"
    said = t("Waiting until the machine is free.") if is_waiting else t("Measuring; leave the machine alone.")
    told = [line for line in progress.lines if not CHATTER.match(line)]
    status = st.status(said, expanded=True)  # no `with`: leaving one would call it complete
    status.code("\n".join(told[-NUM_LINES:]) or "…", language=None, wrap_lines=True)
    if access.may_change():
        st.button(t("Stop looking"), key="look-stop", type="tertiary", on_click=_stop, args=(run_id,))


def _buttons(run_id: str, *, is_first: bool) -> None:
    refusal = access.refusal()
    with st.container(horizontal=True):
        for is_quick, label in ((False, t("Take a closer look")), (True, t("Quick look"))):
            st.button(
                label,
                key=f"look-{'quick' if is_quick else 'full'}",
                type="primary" if is_first and not is_quick else "secondary",
                disabled=bool(refusal),
                help=refusal or None,
                on_click=_start,
                args=(run_id, is_quick),
            )


def _start(run_id: str, is_quick: bool) -> None:
    access.attempt(lambda engine: engine.study(run_id, quick=is_quick))


def _stop(run_id: str) -> None:
    access.attempt(lambda engine: engine.cancel_study(run_id))
