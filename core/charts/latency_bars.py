"""Latency of several runs on every setup that all of them were measured on."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import SERIES, axis, base_layout, empty_figure, literal, quantity_label
from core.records.comparison import Estimate, Quantity, Setup
from core.text import mark, plural, t


class SetupBars(NamedTuple):
    """One run's p50 on each setup, in ms; None where it was not measured."""

    name: str
    setups: tuple[Setup, ...]
    p50: tuple[Estimate | None, ...]


def setup_name(setup: Setup) -> str:
    """Return a setup in a few characters; what is usual is left out."""
    parts = [str(setup.runtime)]
    parts += [setup.device] if setup.device != "cpu" else []
    parts += [t("batch {n}", n=setup.batch)] if setup.batch != 1 else []
    parts += [t("{n} threads", n=setup.threads)] if setup.threads != 1 else []
    return " · ".join(parts)


def setup_in_full(setup: Setup) -> str:
    """Return a setup for a page that stands alone: nothing is left out."""
    threads = plural(setup.threads, mark("{n} thread"), mark("{n} threads"))
    return " · ".join((str(setup.runtime), setup.device, t("batch {n}", n=setup.batch), threads))


def latency_bars_figure(series: Sequence[SetupBars], height: int = 340) -> go.Figure:
    """Draw a point a run and setup with its 95 % interval; logarithmic, as runtimes differ a thousandfold."""
    if not any(value for bars in series for value in bars.p50):
        return empty_figure(t("None of these runs was timed."), height)
    figure = go.Figure(layout=base_layout(height, scattermode="group"))
    for number, bars in enumerate(series):
        known = [(s, v) for s, v in zip(bars.setups, bars.p50, strict=True) if v]
        figure.add_scatter(
            x=[setup_name(s) for s, _ in known],
            y=[v.value for _, v in known],
            name=literal(bars.name),
            mode="markers",
            marker={"color": SERIES[number % len(SERIES)], "size": 11},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [v.bounds[1] - v.value for _, v in known],
                "arrayminus": [v.value - v.bounds[0] for _, v in known],
                "thickness": 1,
                "width": 3,
            },
            hovertemplate="%{x}: %{y:.4g} ms<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(axis("", type="category"))
    figure.update_yaxes(axis(quantity_label(Quantity.P50), type="log"))
    return figure


def latency_bars_alt(series: Sequence[SetupBars]) -> str:
    """Return every bar in words."""
    said = [
        f"{bars.name}: "
        + ", ".join(
            f"{setup_name(s)} {v.value:.4g} ms" for s, v in zip(bars.setups, bars.p50, strict=True) if v
        )
        for bars in series
    ]
    return t("Median latency by runtime. {said}", said="; ".join(said))
