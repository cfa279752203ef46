"""How this machine works through the queue: runs at a time, and whether a worker waits ready."""

import streamlit as st

from core.text import t
from ui import access, resources

WIDTH = "concurrency"
SPARE = "spare"
MOST = 64


def draw() -> None:
    """Draw the switches; each takes effect at once and is remembered for the next start."""
    if not access.may_change():
        return
    with st.popover(t("Queue settings"), icon=":material/tune:", type="tertiary"):
        engine = resources.engine()
        if engine.is_on_cluster:
            st.caption(t("Runs go to a cluster: as many at a time as its workers have threads."))
            return
        st.session_state[WIDTH], st.session_state[SPARE] = engine.concurrency, engine.spare
        st.number_input(
            t("Runs at a time"),
            1,
            max(MOST, engine.concurrency),
            key=WIDTH,
            on_change=_set_width,
            help=t("While one of them is measured the others stand still, so that times stay comparable."),
        )
        st.toggle(t("Keep a worker ready"), key=SPARE, on_change=_set_spare, help=_promise())
        st.caption(_state(engine.spare_state))


def _promise() -> str:
    return t(
        "It has TensorFlow loaded, so the next run trains at once; it takes about 0.6 GB of memory and is "
        "let go when that is short."
    )


def _state(spare: str) -> str:
    words = {"ready": t("A worker is ready."), "warming": t("A worker is getting ready.")}
    return words.get(spare, t("No worker is kept ready now."))


def _set_width() -> None:
    number = int(st.session_state[WIDTH])
    access.attempt(lambda engine: setattr(engine, "concurrency", number))


def _set_spare() -> None:
    wanted = bool(st.session_state[SPARE])
    access.attempt(lambda engine: setattr(engine, "spare", wanted))
