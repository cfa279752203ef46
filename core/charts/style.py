"""Colours and layout that every figure shares: mid tones and greys that read on white and on near-black."""

from typing import Any

import plotly.graph_objects as go

from core.records.comparison import Quantity, Recommendation
from core.records.spec import Convolution, Method
from core.text import mark, plural, t

BLUE, ORANGE, GREEN, VIOLET, RED = "#3B82F6", "#F08027", "#12A37A", "#A35BC4", "#E0484F"
GREY = "#8A94A6"
GRID = "rgba(138,148,166,0.22)"
SHADE = "rgba(138,148,166,0.14)"
SERIES = (BLUE, ORANGE, GREEN, VIOLET, "#D9A400", "#1098AD", "#C2557E", "#6C7A89", RED, "#7A9A2B")

CONV_COLOURS = {Convolution.STANDARD: BLUE, Convolution.SEPARABLE: ORANGE}
METHOD_SYMBOLS = {
    Method.NONE: "star-diamond",
    Method.STRUCTURED: "circle",
    Method.MAGNITUDE: "square",
    Method.RANDOM: "triangle-up",
}


def room(top: int, left: int = 70, bottom: int = 62) -> dict[str, int]:
    """Return margins in pixels for titled axes, as Streamlit's theme writes them, and `top` for a legend.

    Plotly lays out a chart a second time where what it writes needs more than the margins leave.
    """
    return {"l": left, "r": 10, "t": top, "b": bottom}


def base_layout(height: int, **more: Any) -> dict[str, Any]:
    """Return what all layouts have in common, with `more` on top."""
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "itemsizing": "constant"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"align": "left"},
    }
    return layout | more


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with a faint grid whose labels never leave the figure."""
    # On a logarithmic axis Plotly would label digits alone; so 1, 2 and 5 of each decade, as numbers.
    ticks = {"dtick": "D2", "tickformat": ",~r"} if more.get("type") == "log" else {}
    plain = {"title": {"text": title}, "gridcolor": GRID, "zeroline": False, "automargin": True}
    return plain | ticks | more


def literal(name: str) -> str:
    """Keep a person's text from becoming mark-up where Plotly writes it."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def empty_figure(message: str, height: int = 260) -> go.Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = go.Figure(layout=base_layout(height))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=message, showarrow=False, font={"color": GREY, "size": 14})
    return figure


def quantity_label(quantity: Quantity) -> str:
    """Return what a person calls `quantity`, with its unit."""
    return {
        Quantity.ACCURACY: t("Accuracy (%)"),
        Quantity.ERRORS: t("Errors on the test images"),
        Quantity.P50: t("Latency p50 (ms)"),
        Quantity.P90: t("Latency p90 (ms)"),
        Quantity.P99: t("Latency p99 (ms)"),
        Quantity.THROUGHPUT: t("Throughput (images/s)"),
        Quantity.SPEEDUP: t("Speed-up over dense standard"),
        Quantity.PARAMETERS: t("Parameters"),
        Quantity.MACS: t("MACs of one image"),
        Quantity.SIZE: t("File size (kB)"),
        Quantity.MEMORY: t("Peak memory (MB)"),
        Quantity.ENERGY: t("Energy per 1,000 images (J)"),
        Quantity.VISITORS: t("Accuracy on visitors' digits (%)"),
    }[quantity]


def quantity_name(quantity: Quantity) -> str:
    """Return what a person calls `quantity` where the unit stands beside the value."""
    return {
        Quantity.ACCURACY: t("Accuracy"),
        Quantity.ERRORS: t("Errors"),
        Quantity.P50: t("Latency p50"),
        Quantity.P90: t("Latency p90"),
        Quantity.P99: t("Latency p99"),
        Quantity.THROUGHPUT: t("Throughput"),
        Quantity.SPEEDUP: t("Speed-up"),
        Quantity.PARAMETERS: t("Parameters"),
        Quantity.MACS: t("MACs"),
        Quantity.SIZE: t("File size"),
        Quantity.MEMORY: t("Peak memory"),
        Quantity.ENERGY: t("Energy per 1,000 images"),
        Quantity.VISITORS: t("Accuracy on visitors' digits"),
    }[quantity]


_SCALES = {
    Quantity.ACCURACY: 100.0,
    Quantity.VISITORS: 100.0,
    Quantity.SIZE: 1e-3,
    Quantity.MEMORY: 1e-6,
}


def shown(value: float, quantity: Quantity) -> float:
    """Return `value` in the unit of the label: per cent, kB, MB; the rest as stored."""
    return value * _SCALES.get(quantity, 1.0)


def stored(value: float, quantity: Quantity) -> float:
    """Return what `shown` came from."""
    return value / _SCALES.get(quantity, 1.0)


def written(value: float, quantity: Quantity) -> str:
    """Return `value` as read in a sentence or a tooltip, with its unit."""
    number = shown(value, quantity)
    if quantity.is_share:
        return f"{number:.2f} %"
    if quantity in (Quantity.P50, Quantity.P90, Quantity.P99):
        return f"{number * 1000:.3g} µs" if number < 1 else f"{number:.3g} ms"
    return {
        Quantity.SPEEDUP: f"{number:.3g}×",
        Quantity.SIZE: f"{number:,.1f} kB",
        Quantity.MEMORY: f"{number:,.1f} MB",
        Quantity.ENERGY: f"{number:.3g} J",
        Quantity.THROUGHPUT: f"{number:,.0f} images/s",
    }.get(quantity, f"{number:,.0f}")


def span(low: float, high: float, quantity: Quantity) -> str:
    """Return an interval, the unit once where both ends have the same."""
    first, last = written(low, quantity), written(high, quantity)
    unit = last.partition(" ")[2]
    return f"{first.removesuffix(f' {unit}') if unit else first} – {last}"


def conv_name(conv: Convolution) -> str:
    return t("separable") if conv is Convolution.SEPARABLE else t("standard")


def method_name(method: Method) -> str:
    return {
        Method.NONE: t("dense"),
        Method.STRUCTURED: t("structured"),
        Method.MAGNITUDE: t("magnitude"),
        Method.RANDOM: t("random"),
    }[method]


def tied_words(recommendation: Recommendation) -> str:
    """Return how many runs are as good within the noise, and what decided."""
    second = Quantity.P50 if recommendation.goal is Quantity.ACCURACY else Quantity.ACCURACY
    return plural(
        len(recommendation.tied) - 1,
        mark("In {goal} {n} other cannot be told from the top; {second} decides between them."),
        mark("In {goal} {n} others cannot be told from the top; {second} decides among them."),
        goal=quantity_name(recommendation.goal).lower(),
        second=quantity_name(second).lower(),
    )
