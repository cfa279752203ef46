"""What the colours of a chart of readings mean, as lines of small text."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st

from core.charts.style import RED
from core.charts.telemetry import AMBER, STAGE_COLOURS
from core.charts.timeline import legend
from core.charts.words import stage_name
from core.records import Window
from core.text import t
from ui.live import Colours

STYLE = """<style>
.chips { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: .78rem; opacity: .9; }
.chips span { display: inline-flex; align-items: center; gap: 6px; }
.chips i { width: 11px; height: 11px; border-radius: 3px; }
.chips i.line { height: 3px; width: 16px; border-radius: 2px; }
</style>"""


def line_colours(window: Window, gpus: tuple[str, ...] | None = None) -> Colours:
    """Return which line is which GPU, and what amber and red say; empty without a GPU."""
    names = legend(window, gpus)
    levels = ((t("near its limit or held back"), AMBER), (t("at its limit"), RED))
    return [*names, *levels] if names else []


def stage_colours() -> Colours:
    """Return the colours of the stages behind the lines."""
    return [(stage_name(stage), colour) for stage, colour in STAGE_COLOURS.items()]


@contextmanager
def legends(lines: Colours, stages: Colours) -> Iterator[None]:
    """Draw what the colours of lines mean above what is drawn inside, and those of the stages below it."""
    if lines:
        st.html(_chips(lines, "line"))
    yield
    if stages:
        st.html(_chips([(name, f"{colour}66") for name, colour in stages], "band"))  # as pale as in the chart


def _chips(names: Colours, kind: str) -> str:
    body = "".join(
        f'<span><i class="{kind}" style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in names
    )
    return f'{STYLE}<div class="chips">{body}</div>'
