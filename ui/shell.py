"""What surrounds every page: the page table, the sidebar, notices of finished runs."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.settings import ROOT
from core.text import LANGUAGES, mark, t
from ui import access, notices, state
from ui.live import poll
from ui.strip import strip

ICON = ROOT / "ui" / "assets" / "icon.png"
EVERY = "2s"
FOLLOWING = ("", "experiment")
"""Addresses of the pages that show runs as they live, and are drawn anew when the first one starts."""
WORDMARK = ROOT / "ui" / "assets" / "wordmark.svg"
STYLE = ROOT / "ui" / "assets" / "style.css"


@dataclass(frozen=True, slots=True)
class Screen:
    """A page: its file below pages/, which is its address as well, and its English title."""

    name: str
    title: str
    icon: str
    in_menu: bool = True


SCREENS = (
    Screen("overview", mark("Overview"), ":material/home:"),
    Screen("experiment", mark("Experiment"), ":material/science:"),
    Screen("compare", mark("Compare"), ":material/scatter_plot:"),
    Screen("digit", mark("Digit"), ":material/draw:"),
    Screen("device", mark("Device"), ":material/memory:"),
    Screen("method", mark("Method"), ":material/menu_book:"),
    Screen("run", mark("Run"), ":material/article:", in_menu=False),
)


def screens() -> tuple[Screen, ...]:
    """Return the pages whose file is there."""
    return tuple(screen for screen in SCREENS if _file(screen.name).is_file())


def page(name: str) -> st.Page:
    """Return the page of that name, for navigation and for links."""
    screen = next(screen for screen in SCREENS if screen.name == name)
    return st.Page(
        _file(name),
        title=t(screen.title),
        icon=screen.icon,
        url_path=name,
        default=screen is SCREENS[0],
        visibility="visible" if screen.in_menu else "hidden",
    )


def sidebar(current: st.Page) -> None:
    """Draw what the sidebar shows below the menu: readings of the machine and the language."""
    with st.sidebar:
        notices.look(current.url_path in FOLLOWING)
        poll(_pulse, EVERY)
        st.selectbox(
            t("Language"),
            list(LANGUAGES),
            index=list(LANGUAGES).index(state.language()),
            format_func=LANGUAGES.__getitem__,
            key=state.Key.LANGUAGE_CHOICE,
            on_change=state.choose_language,
        )
        access.draw_visitor()
        notices.name_toasts()


def _pulse() -> None:
    strip()
    notices.tell()


def _file(name: str) -> Path:
    return ROOT / "pages" / f"{name}.py"
