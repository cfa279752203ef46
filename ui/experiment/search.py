"""A search for the fastest network within an accuracy limit: starting one, how far it is, its best so far."""

import streamlit as st

from core.analysis.quantities import row_of
from core.records import RunSpec, SearchRecord
from core.records.comparison import Setup
from core.text import t
from ui import access, components, resources, words
from ui.experiment.finished import summary

DROP, TRIALS = "search-drop", "search-trials"
MOST_TRIALS = 50


def draw_start(spec: RunSpec) -> None:
    """Draw the way to search around `spec`, whose ratio does not matter; only removed channels save time."""
    if not (spec.method.is_removal and access.may_change()):
        return
    with st.popover(t("Search the fastest"), icon=":material/search:", type="tertiary"):
        st.caption(
            t(
                "Tries ratios one after the other, each an ordinary run, and closes in on the fastest "
                "network that stays within the limit."
            )
        )
        st.number_input(t("Accuracy to lose at most, in points"), 0.0, 20.0, 0.3, 0.1, key=DROP)
        st.number_input(t("Networks to try at most"), 1, MOST_TRIALS, 11, key=TRIALS)
        st.button(t("Start search"), key="search-start", on_click=_start, args=(spec,))


def _start(spec: RunSpec) -> None:
    drop, trials = st.session_state[DROP] / 100, int(st.session_state[TRIALS])
    if access.attempt(lambda engine: engine.submit_search(spec, max_drop=drop, num_trials=trials)):
        st.toast(t("The search has begun."))


def draw() -> None:
    """Draw the searches that go on and the latest that has ended."""
    searches = resources.engine().searches()
    ended = [search for search in searches if search.state != "running"]
    for search in (*(each for each in searches if each.state == "running"), *ended[:1]):
        _card(search)


def is_open() -> bool:
    """Whether a search goes on."""
    return any(search.state == "running" for search in resources.engine().searches())


def _card(search: SearchRecord) -> None:
    with st.container(border=True, key=f"search-{search.search_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(search.fraction, text=_text(search))
            if search.state == "running" and access.may_change():
                st.button(
                    t("Cancel search"),
                    key=f"cancel-search-{search.search_id}",
                    on_click=_cancel,
                    args=(search.search_id,),
                )
        best = resources.run(search.best_id) if search.best_id else None
        if best is None:
            st.caption(words.plain(search.reason) or t("No network within the limit so far."))
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("Best so far:") if search.state == "running" else t("Best:"))
            components.run_link(best)
            st.caption(summary(best))
            row = row_of(best, Setup())
            components.caveat_badges(row.warnings if row else ())


def _text(search: SearchRecord) -> str:
    states = {"running": t("searching"), "finished": t("finished"), "failed": t("failed")}
    return t(
        "**{name}**, at most {points} points lost: {done} of {total} networks, {state}",
        name=words.plain(search.name) or t("Search"),
        points=f"{100 * search.max_drop:.2g}",
        done=search.num_done,
        total=search.num_trials,
        state=states.get(search.state, t("cancelled")),
    )


def _cancel(search_id: str) -> None:
    access.attempt(lambda engine: engine.cancel_search(search_id))
