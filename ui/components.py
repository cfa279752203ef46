"""Pieces that several pages are made of. Each draws where it is called."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from core.records import Caveat, Origin, RunRecord, Status
from core.text import t
from ui import shell, words

_COLOURS = {
    Status.SCHEDULED: "gray",
    Status.RUNNING: "blue",
    Status.FINISHED: "green",
    Status.FAILED: "red",
    Status.KILLED: "orange",
}


def page_header(title: str, lead: str) -> None:
    """Draw a page's only first-level heading and one sentence on what the page is for."""
    st.title(title, anchor=False)
    st.markdown(f":gray[{lead}]")


def empty_state(title: str, body: str, *, page: str = "", label: str = "") -> None:
    """Draw what is shown where there is nothing yet: what to do, and a link to where it is done."""
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"**{title}**", text_alignment="center")
        st.markdown(f":gray[{body}]", text_alignment="center")
        if page:
            st.page_link(shell.page(page), label=label)


def status_badge(record: RunRecord) -> None:
    """Draw the state of a run, its reason as a tooltip."""
    st.badge(
        words.status_name(record.status),
        color=_COLOURS[record.status],
        help=words.plain(record.reason) or None,
    )


def origin_badge(record: RunRecord) -> None:
    """Mark a run that came recorded with the project; own runs get no mark."""
    if record.origin is Origin.RECORDED:
        st.badge(
            t("recorded"),
            color="violet",
            help=t("recorded on {machine}", machine=words.plain(record.recording)),
        )


def caveat_badges(caveats: Iterable[Caveat]) -> None:
    """Draw why a figure deserves doubt, with the meaning as a tooltip."""
    for caveat in caveats:
        st.badge(words.caveat_name(caveat), color="orange", help=words.caveat_meaning(caveat))


def run_link(record: RunRecord, label: str = "") -> None:
    """Draw a link to the page of a run."""
    st.page_link(
        shell.page("run"),
        label=label or words.plain(record.title),
        icon="",
        query_params={"run": record.run_id},
    )


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take away; `data` is made when it is asked for."""

    label: str
    name: str
    mime: str
    data: Callable[[], bytes | str]


def download_row(downloads: Iterable[Download], key: str) -> None:
    """Draw buttons that save files without a rerun of the page."""
    with st.container(horizontal=True):
        for number, item in enumerate(downloads):
            st.download_button(
                item.label, item.data, item.name, item.mime, key=f"{key}-{number}", on_click="ignore"
            )
