"""A figure as PNG or SVG, drawn by a local Chromium through Plotly's own kaleido; no other host is asked."""

import logging
import os
import shutil
from threading import Lock
from typing import Any, Literal

import plotly.graph_objects as go

from core.errors import LabError

WIDTH, HEIGHT = 960, 540
_BROWSERS = (
    "chromium-headless-shell",  # half the processor time of the whole browser
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
_one_at_a_time = Lock()


class FigureError(LabError):
    """A figure cannot be turned into a picture here."""


def browser() -> str | None:
    """Return the path of the Chromium that draws, BROWSER_PATH first; None where there is none."""
    named = os.environ.get("BROWSER_PATH")
    return named or next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def picture(
    figure: go.Figure, kind: Literal["png", "svg"], *, width: int = WIDTH, height: int | None = None
) -> bytes:
    """Return `figure` on white, `width` pixels wide (PNG: twice as fine). Takes 2-4 s; raises FigureError."""
    path = browser()
    if path is None:
        raise FigureError(
            "No Chromium or Chrome found, which draws PNG and SVG; install one, or set BROWSER_PATH to it. "
            "The camera above the chart saves it without."
        )
    os.environ["BROWSER_PATH"] = path
    logging.getLogger("choreographer").setLevel(logging.CRITICAL)
    with _one_at_a_time:
        drawn: bytes = _printable(figure).to_image(
            format=kind, width=width, height=height or figure.layout.height or HEIGHT, scale=_scale(kind)
        )
    return drawn


def _printable(figure: go.Figure) -> go.Figure:
    """Return a copy for paper: white, dark letters, margins that hold the titles."""
    paper: dict[str, Any] = {"template": "plotly_white", "paper_bgcolor": "white", "plot_bgcolor": "white"}
    return go.Figure(figure).update_layout(**paper, margin={"l": 60, "r": 30, "t": 40, "b": 60})


def _scale(kind: str) -> int:
    return 2 if kind == "png" else 1
