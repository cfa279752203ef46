"""What moves: parts of a page that ask again, and a Plotly chart that updates in place.

`st.plotly_chart` remounts on every change and loses the zoom.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.text import speak
from ui import state

PLOTLY_URL = "/assets/plotly.min.js"

PLOTLY_LOADER = """
let library
const load = url => library ??= new Promise((done, failed) => {
  if (window.Plotly) return done(window.Plotly)
  const script = document.createElement("script")
  script.src = url
  script.onload = () => done(window.Plotly)
  script.onerror = failed
  document.head.append(script)
})
"""
"""JavaScript: `load(url)` is a promise of plotly.js, fetched once a page."""
_JS = """
export default function ({ data, parentElement }) {
  const chart = parentElement.querySelector(".live-plot")
  const css = name => getComputedStyle(chart).getPropertyValue(name).trim()
  chart.style.height = data.height + "px"
  chart.setAttribute("aria-label", data.alt)
  chart.setAttribute("role", "img") // not before it has a name
  const axis = { gridcolor: css("--st-border-color"), zeroline: false, automargin: true }
  const layout = {
    font: { family: css("--st-font"), color: css("--st-text-color"), size: 12 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 48, r: 12, t: 28, b: 36 }, uirevision: "live", hovermode: "x unified",
    colorway: css("--st-chart-categorical-colors").split(","),
    hoverlabel: { bgcolor: css("--st-secondary-background-color"), font: { color: css("--st-text-color") } },
    legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0 }, ...data.layout,
  }
  for (const name of Object.keys({ xaxis: 1, yaxis: 1, ...data.layout }))
    if (/^[xy]axis/.test(name)) layout[name] = { ...axis, ...data.layout[name] }
  const config = { displayModeBar: false, responsive: true }
  load(data.library).then(Plotly => Plotly.react(chart, data.traces, layout, config))
}
"""
_component = st.components.v2.component(
    "live_plot", html='<div class="live-plot"></div>', js=PLOTLY_LOADER + _JS, isolate_styles=False
)


def live_plot(
    traces: list[dict[str, Any]], layout: dict[str, Any] | None = None, *, height: int, key: str, alt: str
) -> None:
    """Draw plotly.js `traces` (x, y, name, type, yaxis ...) and redraw them in place under the same `key`.

    `height` in pixels; `alt` says what the chart shows to those who cannot see it.
    """
    data = {"traces": traces, "layout": layout or {}, "height": height, "alt": alt, "library": PLOTLY_URL}
    _component(key=key, data=data, height=height)


def poll(panel: Callable[..., None], every: str | None, *arguments: Any) -> None:
    """Draw `panel(*arguments)`, and again `every` so often by itself; None draws it once and asks no more."""

    def spoken(*arguments: Any) -> None:
        speak(state.language())  # a fragment runs in a context of its own
        panel(*arguments)

    spoken.__qualname__ = f"{panel.__module__}.{panel.__qualname__}"  # Streamlit tells fragments apart by it
    st.fragment(spoken, run_every=every)(*arguments)
