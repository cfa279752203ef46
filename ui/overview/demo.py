"""The one button of the first minute: a small sweep, and how far it has come."""

import streamlit as st

from core.engine.sweeps import combinations
from core.records import RunSpec, Status, SweepRecord
from core.text import t
from ui import access, resources, shell, state
from ui.experiment.time_needed import time_needed
from ui.live import poll

NAME = "Demo"


def specs() -> tuple[RunSpec, ...]:
    """Return the demo: LeNet-5 dense, half and a tenth of its channels, one epoch each."""
    choices = {"method": ["none", "structured"], "ratio": [0.5, 0.9], "epochs": [1], "finetune_epochs": [1]}
    return combinations(choices).specs


def draw() -> None:
    """Draw the button, or the demo's progress while it goes on; asks again only meanwhile."""
    going = _going()
    poll(_panel, "2s" if going else None, going is not None)


def _panel(was_going: bool) -> None:
    sweep = _going()
    if was_going and sweep is None:
        st.rerun()
    if sweep is not None:
        _progress(sweep)
        return
    refusal = access.refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            t("Run the demo"), type="primary", key="demo", disabled=bool(refusal), on_click=_start
        )
        st.caption(refusal or _what())
    if pressed and st.session_state.pop(state.Key.DEMO_STARTED, False):
        st.switch_page(shell.page("experiment"))


def _what() -> str:
    what = t("Trains LeNet-5, prunes it to 50 % and to 10 % of its channels and measures all three.")
    return what if resources.is_starting() else f"{what} {time_needed(specs())}"


def _progress(sweep: SweepRecord) -> None:
    total = len(sweep.run_ids)
    done = total - sweep.counts.get(Status.SCHEDULED, 0) - sweep.counts.get(Status.RUNNING, 0)
    st.progress(min(1.0, sweep.fraction), text=t("The demo: {done} of {total} runs", done=done, total=total))
    st.page_link(shell.page("experiment"), label=t("Watch it"), icon="")


def _going() -> SweepRecord | None:
    sweeps = () if resources.is_starting() else resources.engine().sweeps()
    return next((sweep for sweep in sweeps if sweep.name == NAME and not sweep.is_finished), None)


def _start() -> None:
    if access.attempt(lambda engine: engine.submit_sweep(specs(), name=NAME)):
        st.session_state[state.Key.DEMO_STARTED] = True
