"""A chart with what belongs to it: its words for screen readers, and itself as PNG or SVG."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.report.figure import browser, picture
from core.text import language, t

KEPT = 4
"""Figures that each kind of chart keeps: those of a few visitors, or of one who tries out switches."""


def kept(build: Callable[..., go.Figure]) -> Callable[..., go.Figure]:
    """Return `build`, which draws the same arguments (hashable ones) once for each language.

    The figure belongs to every page that asks for it: nobody may change it.
    """

    @lru_cache(maxsize=KEPT)
    def drawn(_: str, *arguments: Any, **options: Any) -> go.Figure:
        return build(*arguments, **options)

    return lambda *arguments, **options: drawn(language(), *arguments, **options)


def figure_panel(figure: go.Figure, *, key: str, alt: str, has_tools: bool = True) -> None:
    """Draw `figure` under `key`, with a menu that saves it; `alt` says what it shows.

    Without `has_tools` nothing but that menu: on a phone the chart's own buttons would cover the legend.
    """
    config: dict[str, Any] = {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "png", "filename": key, "scale": 2},
    }
    if not has_tools:
        config["displayModeBar"] = False
    st.plotly_chart(figure, key=key, alt=alt, config=config)
    save_menu(figure, key)


def save_menu(figure: go.Figure, key: str) -> None:
    """Offer `figure` as PNG and SVG; a browser on this machine draws them when asked.

    Without one there is no menu; the camera on the chart itself still saves PNG.
    """
    if not browser():
        return
    with st.popover(t("Save figure"), type="tertiary", icon=":material/download:", key=f"{key}-save"):
        for kind in ("png", "svg"):
            st.download_button(
                kind.upper(),
                lambda kind=kind: picture(figure, kind),
                f"{key}.{kind}",
                "image/png" if kind == "png" else "image/svg+xml",
                key=f"{key}-{kind}",
                on_click="ignore",
            )
