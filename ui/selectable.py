"""A Plotly chart on which runs are picked by click and by box; it keeps zoom and box when its data change.

`st.plotly_chart` (1.67) ignores clicks while the box tool is active, and remounts on every change.
"""

import json
from collections.abc import Callable, Sequence

import plotly.graph_objects as go
import streamlit as st

from ui.live import PLOTLY_LOADER, PLOTLY_URL

_JS = """
const ids = event => [...new Set((event?.points ?? []).map(point => point.customdata).filter(Boolean))]
const buttons = ["lasso2d", "autoScale2d", "toImage", "zoomIn2d", "zoomOut2d"]

export default function ({ data, parentElement, setStateValue }) {
  const chart = parentElement.querySelector(".selectable-plot")
  const css = name => getComputedStyle(chart).getPropertyValue(name).trim()
  const { traces, layout: asked } = JSON.parse(data.figure)
  const wanted = new Set(data.selected)
  for (const trace of traces)
    if (wanted.size && trace.customdata) trace.selectedpoints =
      trace.customdata.flatMap((id, place) => wanted.has(id) ? [place] : [])
  chart.style.height = data.height + "px"
  chart.setAttribute("aria-label", data.alt)
  const axis = { gridcolor: css("--st-border-color"), color: css("--st-text-color") }
  const layout = {
    ...asked, uirevision: data.revision,
    font: { family: css("--st-font"), color: css("--st-text-color"), size: 12 },
    hoverlabel: { ...asked.hoverlabel, bgcolor: css("--st-secondary-background-color"),
                  font: { color: css("--st-text-color"), family: css("--st-font") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#8A94A6", activecolor: css("--st-primary-color") },
    xaxis: { ...asked.xaxis, ...axis }, yaxis: { ...asked.yaxis, ...axis },
  }
  const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: buttons }
  chart.send = picked => setStateValue("picked", picked)
  // Streamlit calls this again for the same picture; drawing that anew would swallow a click made meanwhile.
  const picture = JSON.stringify([traces, layout])
  if (chart.picture === picture) return
  chart.picture = picture
  // Drawing anew makes Plotly select again; only what the visitor does may reach the server.
  chart.byHand = false
  load(data.library).then(Plotly => Plotly.react(chart, traces, layout, config)).then(() => {
    if (chart.bound) return
    chart.bound = true
    chart.addEventListener("pointerdown", () => chart.byHand = true, true)
    chart.on("plotly_selected", event => event && chart.byHand && chart.send(ids(event)))
    chart.on("plotly_deselect", () => chart.byHand && chart.send([]))
  })
}
"""
_component = st.components.v2.component(
    "selectable_plot",
    html='<div class="selectable-plot" role="figure"></div>',
    js=PLOTLY_LOADER + _JS,
    isolate_styles=False,
)


def selectable_plot(
    figure: go.Figure,
    selected: Sequence[str],
    on_pick: Callable[[], None],
    *,
    key: str,
    alt: str,
    revision: str,
) -> None:
    """Draw `figure`, whose traces carry ids as customdata, with those `selected` standing out.

    `on_pick` is called before the page runs again; `picked(key)` then says what was picked. A new `revision`
    forgets zoom and pan.
    """
    written = json.loads(figure.to_json())
    written["layout"].pop("template", None)
    _component(
        key=key,
        data={
            "figure": json.dumps({"traces": written["data"], "layout": written["layout"]}),
            "selected": list(selected),
            "height": figure.layout.height,
            "alt": alt,
            "revision": revision,
            "library": PLOTLY_URL,
        },
        default={"picked": []},
        on_picked_change=on_pick,
        height=figure.layout.height,
    )


def picked(key: str) -> list[str]:
    """Return the ids that were picked on the chart of that key."""
    return [str(one) for one in st.session_state[key].get("picked") or []]
