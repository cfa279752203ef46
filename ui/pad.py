"""A pad to draw a digit on, with mouse, touch or pen; it also takes a picture that is pasted."""

import base64
import binascii
from dataclasses import dataclass

import streamlit as st

from core.text import t

_HTML = """
<canvas id="pad" role="img" tabindex="0"></canvas>
<div class="tools">
  <button id="undo" type="button"></button>
  <button id="clear" type="button"></button>
  <label><span id="label"></span> <input id="stroke" type="range" min="2" max="40" step="1"></label>
</div>
"""
_CSS = """
canvas { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); touch-action: none;
  cursor: crosshair; background: #fff; width: 100%; max-width: 300px; aspect-ratio: 1; display: block; }
canvas:focus-visible, button:focus-visible, input:focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-top: .5rem;
  font: 14px var(--st-font); color: var(--st-text-color); max-width: 300px; }
button { font: inherit; color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: .3rem .8rem;
  cursor: pointer; }
label { display: flex; gap: .4rem; align-items: center; flex: 1; min-width: 8rem; }
input { flex: 1; min-width: 4rem; accent-color: var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const find = id => parentElement.querySelector("#" + id)
  const pad = find("pad"), undo = find("undo"), clear = find("clear"), stroke = find("stroke")
  const side = 280
  if (!pad.strokes) {
    pad.strokes = []
    pad.width = pad.height = side
    stroke.value = 16
  }
  pad.setAttribute("aria-label", data.words.pad)
  undo.textContent = data.words.undo
  clear.textContent = data.words.clear
  find("label").textContent = data.words.stroke
  const pen = pad.getContext("2d")
  const draw = () => {
    pen.fillStyle = "#fff"
    pen.fillRect(0, 0, side, side)
    pen.strokeStyle = "#111"
    pen.lineCap = pen.lineJoin = "round"
    for (const one of pad.strokes) {
      pen.lineWidth = one.width
      pen.beginPath()
      pen.moveTo(...one.points[0])
      for (const point of one.points) pen.lineTo(...point)
      pen.stroke()
    }
  }
  const send = () => setStateValue("png", pad.strokes.length ? pad.toDataURL("image/png") : null)
  const at = event => {
    const box = pad.getBoundingClientRect()
    return [(event.clientX - box.left) * side / box.width, (event.clientY - box.top) * side / box.height]
  }
  let current = null
  pad.onpointerdown = event => {
    pad.setPointerCapture(event.pointerId)
    current = { width: Number(stroke.value), points: [at(event)] }
    pad.strokes.push(current)
    draw()
  }
  pad.onpointermove = event => {
    if (!current) return
    for (const each of event.getCoalescedEvents?.() ?? [event]) current.points.push(at(each))
    draw()
  }
  pad.onpointerup = pad.onpointercancel = () => {
    if (!current) return
    current = null
    send()
  }
  undo.onclick = () => { pad.strokes.pop(); draw(); send() }
  clear.onclick = () => { pad.strokes = []; draw(); send() }
  const paste = event => {
    const file = [...(event.clipboardData?.files ?? [])].find(one => one.type.startsWith("image/"))
    if (!file) return
    event.preventDefault()
    if (file.size > data.most) return setStateValue("pasted", "too large")
    const reader = new FileReader()
    reader.onload = () => setStateValue("pasted", reader.result)
    reader.readAsDataURL(file)
  }
  document.addEventListener("paste", paste)
  draw()
  return () => document.removeEventListener("paste", paste)
}
"""
_component = st.components.v2.component("digit_pad", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the pad holds: the drawing as PNG and a pasted picture as its bytes; empty if there is none."""

    drawing: bytes = b""
    pasted: bytes = b""
    is_too_large: bool = False


def digit_pad(*, key: str, most_bytes: int) -> Drawn:
    """Draw the pad; pictures pasted anywhere on the page come through it, up to `most_bytes`."""
    words = {
        "pad": t("Draw a digit here"),
        "undo": t("Undo"),
        "clear": t("Clear"),
        "stroke": t("Stroke"),
    }
    result = _component(
        key=key,
        data={"words": words, "most": most_bytes},
        default={"png": None, "pasted": None},
        on_png_change=_nothing,
        on_pasted_change=_nothing,
        height="content",
    )
    return Drawn(
        drawing=_bytes_of(result.png),
        pasted=_bytes_of(result.pasted),
        is_too_large=result.pasted == "too large",
    )


def _bytes_of(address: str | None) -> bytes:
    """Return what a data URL holds; whatever a changed browser sends instead becomes nothing."""
    if not isinstance(address, str) or "," not in address:
        return b""
    try:
        return base64.b64decode(address.split(",", 1)[1], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _nothing() -> None:
    """Let the page run again: Streamlit keeps a component's value only where something listens."""
