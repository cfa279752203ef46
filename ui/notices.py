"""Notices of runs that ended, on whatever page the visitor is, and of a first run that began elsewhere."""

from dataclasses import dataclass

import streamlit as st

from core.records import RunRecord, Status
from core.text import t
from ui import resources, state, words

MOST = 3
NAMES = """<script>
window.toastNames ??= new MutationObserver(() => {
  for (const toast of document.querySelectorAll("[data-testid=stToast]:not([aria-label])"))
    toast.setAttribute("aria-label", toast.textContent.trim().slice(0, 200))
})
window.toastNames.observe(document.body, { childList: true, subtree: true })
</script>"""
"""Streamlit (1.67) shows a toast as a dialog without a name, of which a screen reader tells nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What this session saw last: whether own runs were there yet, the runs that had not ended."""

    is_starting: bool
    live: frozenset[str]
    follows: bool


def name_toasts() -> None:
    """Give every toast its own text as the name that screen readers tell."""
    st.html(NAMES, unsafe_allow_javascript=True)


def look(follows: bool) -> None:
    """Remember the present state as seen; `follows` says that the page shows runs as they live."""
    before = st.session_state.get(state.Key.LOOKED)
    now = _look(follows)
    if before is not None:
        _announce(before.live - now.live)
    st.session_state[state.Key.LOOKED] = now


def tell() -> None:
    """Say which runs have ended since the last look; draw the page anew where it would stay behind."""
    before: Look = st.session_state.get(state.Key.LOOKED) or _look(False)
    now = _look(before.follows)
    if now == before:
        return
    if before.is_starting and not now.is_starting:
        st.rerun()
    if before.follows and now.live and not before.live:
        st.rerun()
    _announce(before.live - now.live)
    st.session_state[state.Key.LOOKED] = now


def _look(follows: bool) -> Look:
    records = () if resources.is_starting() else resources.engine().runs()
    live = frozenset(record.run_id for record in records if not record.status.is_finished)
    return Look(resources.is_starting(), live, follows)


def _announce(ended: frozenset[str]) -> None:
    found = [record for run_id in sorted(ended) if (record := resources.engine().run(run_id))]
    told = [record for record in found if record.status is not Status.KILLED]
    if len(told) > MOST:
        st.toast(t("{n} runs have ended", n=len(told)))
        return
    for record in told:
        st.toast(sentence(record), icon="✅" if record.status is Status.FINISHED else "⚠️")


def sentence(record: RunRecord) -> str:
    """Return what a notice says of an ended run."""
    if record.result is None:
        return t(
            "{run}: {what}. {reason}",
            run=words.plain(record.title),
            what=words.status_name(record.status),
            reason=words.plain(record.reason),
        )
    return t(
        "{run} finished: {accuracy} accurate",
        run=words.plain(record.title),
        accuracy=words.percent(record.result.accuracy),
    )
