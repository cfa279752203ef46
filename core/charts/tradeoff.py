"""Accuracy against latency, or any other pair: every run with its intervals, the front, ties and doubts."""

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from core.charts.style import (
    CONV_COLOURS,
    GREY,
    METHOD_SYMBOLS,
    SHADE,
    axis,
    base_layout,
    conv_name,
    empty_figure,
    literal,
    method_name,
    quantity_label,
    room,
    shown,
    span,
    written,
)
from core.charts.words import caveat_name
from core.records.comparison import Estimate, Front, Point, Quantity
from core.records.run import Origin
from core.records.spec import Convolution
from core.text import t

SMALLEST, LARGEST = 9.0, 26.0
MOST_BARS = 150
"""Above so many runs only the leaders get error bars: thousands of whiskers hide the points."""


class Mark(NamedTuple):
    """One drawn run; sizes in pixels, x and y in the units of the axis labels."""

    point: Point
    x: float
    y: float
    size: float
    is_faded: bool
    is_on_front: bool
    is_leader: bool
    is_doubtful: bool
    has_bars: bool
    text: str


class TradeoffInfo(NamedTuple):
    """What the figure shows; a test of the figure is a test of this."""

    x: Quantity
    y: Quantity
    marks: tuple[Mark, ...]
    stairs: tuple[tuple[float, float], ...]
    groups: tuple[tuple[float, float, float, float], ...]
    best: str | None
    runner_up: str | None


def tradeoff_info(
    points: Sequence[Point],
    x: Quantity,
    y: Quantity,
    front: Front,
    *,
    faded: Collection[str] = (),
    hidden: Collection[str] = (),
    best: str | None = None,
    runner_up: str | None = None,
) -> TradeoffInfo:
    """Return the marks of all points but the `hidden` ones; `faded` are those that miss a limit."""
    drawn = [point for point in points if point.run_id not in hidden]
    size = _sizes([point.parameters for point in drawn])
    all_bars = len(drawn) <= MOST_BARS
    members, leaders = set(front.members), set(front.leaders)
    marks = tuple(
        Mark(
            point=point,
            x=shown(point.x.value, x),
            y=shown(point.y.value, y),
            size=size[point.parameters],
            is_faded=point.run_id in faded,
            is_on_front=point.run_id in members,
            is_leader=point.run_id in leaders,
            is_doubtful=bool(point.caveats),
            has_bars=all_bars or point.run_id in leaders,
            text=_hover(point, x, y, front),
        )
        for point in drawn
    )
    return TradeoffInfo(
        x=x,
        y=y,
        marks=marks,
        stairs=tuple((mark.x, mark.y) for mark in sorted(marks, key=_by_x(x)) if mark.is_leader),
        groups=_boxes(marks, front),
        best=best,
        runner_up=runner_up,
    )


def tradeoff_figure(
    info: TradeoffInfo,
    *,
    log_x: bool = False,
    log_y: bool = False,
    bars: bool = True,
    height: int = 520,
    margin: dict[str, int] | None = None,
) -> go.Figure:
    """Draw colour by convolution, symbol by method, size by parameters; run ids travel as customdata.

    `margin` None: what the Compare page needs with a legend of two lines.
    """
    if not info.marks:
        return empty_figure(t("No run has both of these quantities."), height)
    figure = go.Figure(
        layout=base_layout(
            height,
            margin=margin or room(66, 44, 42),
            dragmode="select",
            clickmode="event+select",
            hovermode="closest",
        )
    )
    _draw_groups(figure, info)
    _draw_stairs(figure, info)
    for conv in Convolution:
        _draw_runs(figure, info, conv, bars)
    if any(mark.is_faded for mark in info.marks):
        _legend_only(figure, t("outside the limits"), symbol="circle", color=GREY, opacity=0.3, size=10)
    _draw_doubts(figure, info)
    _draw_choice(figure, info)
    _draw_symbols(figure, info)
    figure.update_xaxes(axis(quantity_label(info.x), type="log" if log_x else "linear"))
    figure.update_yaxes(axis(quantity_label(info.y), type="log" if log_y else "linear"))
    return figure


def tradeoff_alt(info: TradeoffInfo) -> str:
    """Return the figure in a sentence, for people who cannot see it."""
    on_front = ", ".join(mark.point.title for mark in info.marks if mark.is_leader)
    return t(
        "{y} against {x} for {n} runs. On the front: {front}.",
        y=quantity_label(info.y),
        x=quantity_label(info.x),
        n=len(info.marks),
        front=on_front or t("none"),
    )


def _sizes(parameters: list[int]) -> dict[int, float]:
    """Return a diameter for each count: logarithmic, as counts span orders of magnitude."""
    logs = {count: math.log10(max(count, 1)) for count in set(parameters)}
    low, high = min(logs.values(), default=0.0), max(logs.values(), default=0.0)
    span = max(high - low, 1.0)
    return {count: SMALLEST + (LARGEST - SMALLEST) * (value - low) / span for count, value in logs.items()}


def _hover(point: Point, x: Quantity, y: Quantity, front: Front) -> str:
    lines = [f"<b>{literal(point.title)}</b>"]
    lines += [f"{quantity_label(q)}: {_interval(m, q)}" for q, m in ((y, point.y), (x, point.x))]
    lines.append(t("{n} parameters", n=f"{point.parameters:,}"))
    if group := front.group_of(point.run_id):
        lines.append(t("Tie group {n}", n=group))
    if point.caveats:
        lines.append("⚠ " + ", ".join(caveat_name(caveat) for caveat in point.caveats))
    if point.origin is Origin.RECORDED:
        lines.append(t("recorded on {machine}", machine=literal(point.recorded_on)))
    return "<br>".join(lines)


def _interval(measured: Estimate, quantity: Quantity) -> str:
    value = written(measured.value, quantity)
    if measured.is_exact:
        return value
    if not measured.has_interval:
        return t("{value} (no interval measured)", value=value)
    low, high = measured.bounds
    return f"{value} [{span(low, high, quantity)}]"


def _by_x(x: Quantity) -> Callable[[Mark], float]:
    return lambda mark: -mark.x if x.is_better_high else mark.x


def _boxes(marks: Sequence[Mark], front: Front) -> tuple[tuple[float, float, float, float], ...]:
    """Return left, bottom, right, top of each tie group."""
    by_id = {mark.point.run_id: mark for mark in marks}
    boxes = []
    for group in front.groups:
        inside = [by_id[run_id] for run_id in group if run_id in by_id]
        if len(inside) > 1:
            xs, ys = [mark.x for mark in inside], [mark.y for mark in inside]
            boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return tuple(boxes)


def _draw_groups(figure: go.Figure, info: TradeoffInfo) -> None:
    look = {"type": "rect", "layer": "below", "fillcolor": SHADE, "line": {"color": GREY, "width": 14}}
    figure.layout.shapes = [
        {**look, "x0": left, "x1": right, "y0": bottom, "y1": top, "opacity": 0.35}
        for left, bottom, right, top in info.groups
    ]
    if info.groups:
        _legend_only(
            figure, t("tie: cannot be told apart"), symbol="square", color=GREY, size=14, opacity=0.35
        )


def _draw_stairs(figure: go.Figure, info: TradeoffInfo) -> None:
    if len(info.stairs) > 1:
        xs, ys = zip(*info.stairs, strict=True)
        figure.add_scatter(
            x=xs, y=ys, mode="lines", name=t("front"), hoverinfo="skip",
            line={"color": GREY, "width": 2, "shape": "hv", "dash": "dot"},
        )  # fmt: skip


def _draw_runs(figure: go.Figure, info: TradeoffInfo, conv: Convolution, bars: bool) -> None:
    for faded in (True, False):
        marks = [m for m in info.marks if m.point.conv is conv and m.is_faded is faded]
        if not marks:
            continue
        colour = CONV_COLOURS[conv]
        figure.add_scatter(
            x=[m.x for m in marks],
            y=[m.y for m in marks],
            mode="markers",
            name=conv_name(conv),
            showlegend=not faded,
            customdata=[m.point.run_id for m in marks],
            text=[m.text for m in marks],
            hovertemplate="%{text}<extra></extra>",
            opacity=0.22 if faded else 1.0,
            error_x=_bars([m.point.x for m in marks], info.x, marks, colour) if bars else None,
            error_y=_bars([m.point.y for m in marks], info.y, marks, colour) if bars else None,
            marker={
                "color": colour,
                "size": [m.size for m in marks],
                "symbol": [METHOD_SYMBOLS[m.point.method] for m in marks],
                "opacity": 0.22 if faded else 0.85,
                "line": {"color": GREY, "width": [2.5 if m.is_leader else 0 for m in marks]},
            },
        )


def _bars(measured: list[Estimate], quantity: Quantity, marks: list[Mark], colour: str) -> dict[str, Any]:
    up, down = [], []
    for m, mark in zip(measured, marks, strict=True):
        low, high = m.bounds if mark.has_bars else (m.value, m.value)
        up.append(shown(high - m.value, quantity))
        down.append(shown(m.value - low, quantity))
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour,
        "thickness": 1,
        "width": 0,
    }


def _draw_doubts(figure: go.Figure, info: TradeoffInfo) -> None:
    marks = [m for m in info.marks if m.is_doubtful and not m.is_faded]
    if marks:
        figure.add_scatter(
            x=[m.x for m in marks], y=[m.y for m in marks], mode="text", text=["⚠"] * len(marks),
            textposition="top right", textfont={"size": 12}, hoverinfo="skip", name=t("in doubt"),
            showlegend=False,
        )  # fmt: skip


def _draw_choice(figure: go.Figure, info: TradeoffInfo) -> None:
    choice = ((info.best, t("best"), "top center"), (info.runner_up, t("runner-up"), "bottom center"))
    for run_id, name, place in choice:
        for mark in info.marks:
            if mark.point.run_id == run_id:
                figure.add_scatter(
                    x=[mark.x], y=[mark.y], mode="markers+text", text=[f"<b>{name}</b>"],
                    textposition=place, hoverinfo="skip", showlegend=False, name=name,
                    marker={"symbol": "circle-open", "size": mark.size + 10, "color": GREY,
                            "line": {"width": 2}},
                )  # fmt: skip


def _draw_symbols(figure: go.Figure, info: TradeoffInfo) -> None:
    used = {mark.point.method for mark in info.marks}
    for method, symbol in METHOD_SYMBOLS.items():
        if method in used:
            _legend_only(figure, method_name(method), symbol=symbol, color=GREY, size=10)


def _legend_only(figure: go.Figure, name: str, **marker: Any) -> None:
    figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=marker, hoverinfo="skip")
