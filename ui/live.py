"""What moves: parts of a page that ask again, and a Plotly chart that updates in place.

`st.plotly_chart` remounts on every change and loses the zoom.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.report.figure import WIDTH
from core.text import speak, t
from ui import state

PLOTLY_URL = "/assets/plotly.min.js"
Colours = Sequence[tuple[str, str]]
"""Names with their colours: one line of a legend."""

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
_HTML = """
<div class="live-plot"></div>
<div class="live-save" role="group">
  <span></span><button type="button">PNG</button><button type="button">SVG</button>
</div>
"""
_CSS = """
.live-save { display: flex; gap: .4rem; align-items: center; height: 30px; font: 13px var(--st-font);
  color: var(--st-text-color); }
.live-save span { opacity: .8; }
.live-save button { font: inherit; color: inherit; background: none; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); padding: .1rem .55rem; cursor: pointer; }
.live-save button:hover { border-color: var(--st-primary-color); }
.live-save button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""
_JS = """
const axes = layout => Object.keys({ xaxis: 1, yaxis: 1, ...layout }).filter(name => /^[xy]axis/.test(name))

// What is drawn now, zoom included, on white paper like every saved figure, and below what its colours mean.
function printed(chart, { height, colours }) {
  const { margin, font, annotations = [] } = chart.layout, line = 20, room = line * colours.length
  const layout = {
    ...chart.layout, autosize: false, paper_bgcolor: "white", plot_bgcolor: "white",
    font: { ...font, color: "#161D2B", family: "Arial, Helvetica, sans-serif" }, // a picture has no web fonts
    margin: { ...margin, b: margin.b + room },
    annotations: [...annotations, ...colours.map((names, place) => ({
      text: names.map(([name, colour]) => `<span style="color:${colour}">\u25a0</span> ${name}`).join("   "),
      xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 0, yanchor: "top",
      yshift: -margin.b - line * place, showarrow: false, font: { size: 11 },
    }))],
  }
  for (const name of axes(layout)) layout[name] = { ...layout[name], gridcolor: "#E1E6EF" }
  return [{ data: chart.data, layout }, height + room]
}

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
  for (const name of axes(data.layout)) layout[name] = { ...axis, ...data.layout[name] }
  const config = { displayModeBar: false, responsive: true }
  load(data.library).then(Plotly => Plotly.react(chart, data.traces, layout, config))

  const tools = parentElement.querySelector(".live-save")
  tools.setAttribute("aria-label", data.save)
  tools.querySelector("span").textContent = data.save
  for (const button of tools.querySelectorAll("button")) {
    const format = button.textContent.toLowerCase(), scale = format === "png" ? 2 : 1
    button.onclick = async () => {
      const Plotly = await load(data.library), [figure, height] = printed(chart, data)
      Plotly.downloadImage(figure, { format, scale, width: data.width, height, filename: data.name })
    }
  }
}
"""
_component = st.components.v2.component(
    "live_plot", html=_HTML, css=_CSS, js=PLOTLY_LOADER + _JS, isolate_styles=False
)
_SAVE_PX = 30
"""Height of the line below the chart that saves it."""


def live_plot(
    traces: list[dict[str, Any]],
    layout: dict[str, Any] | None = None,
    *,
    height: int,
    key: str,
    alt: str,
    colours: Sequence[Colours] = (),
) -> None:
    """Draw plotly.js `traces` (x, y, name, type, yaxis ...) and redraw them in place under the same `key`.

    `height` in pixels; `alt` says what the chart shows to those who cannot see it. The visitor's browser
    saves what it shows as PNG and SVG, with a line below for each of `colours`, legends from outside of it.
    """
    data = {
        "traces": traces,
        "layout": layout or {},
        "height": height,
        "width": WIDTH,
        "alt": alt,
        "library": PLOTLY_URL,
        "save": t("Save figure"),
        "name": key,
        "colours": [list(names) for names in colours if names],
    }
    _component(key=key, data=data, height=height + _SAVE_PX)


def poll(panel: Callable[..., None], every: str | None, *arguments: Any) -> None:
    """Draw `panel(*arguments)`, and again `every` so often by itself; None draws it once and asks no more."""

    def spoken(*arguments: Any) -> None:
        speak(state.language())  # a fragment runs in a context of its own
        panel(*arguments)

    spoken.__qualname__ = f"{panel.__module__}.{panel.__qualname__}"  # Streamlit tells fragments apart by it
    st.fragment(spoken, run_every=every)(*arguments)
