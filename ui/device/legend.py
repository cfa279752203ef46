"""What the colours of a chart of readings mean, as lines of small text."""

from html import escape

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


def line_legend(colours: Colours) -> str:
    """Return what the colours of lines mean, as HTML."""
    return _chips(colours, "line")


def stage_legend(colours: Colours) -> str:
    """Return what the colours behind the lines mean, as HTML, as pale as they are there."""
    return _chips([(name, f"{colour}66") for name, colour in colours], "band")


def _chips(names: Colours, kind: str) -> str:
    body = "".join(
        f'<span><i class="{kind}" style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in names
    )
    return f'{STYLE}<div class="chips">{body}</div>'
