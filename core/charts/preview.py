"""What every ratio leaves of channels, parameters and MACs: the effect that a slider hides."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import BLUE, GREEN, GREY, ORANGE, axis, base_layout, empty_figure
from core.records.network import RatioEffect
from core.text import t


class EffectLine(NamedTuple):
    """One quantity: what is left of it, in per cent, at each ratio."""

    name: str
    colour: str
    left: tuple[float, ...]


class EffectInfo(NamedTuple):
    """What the figure shows: ratios from 0, three lines, and the ratio that is chosen."""

    ratios: tuple[float, ...]
    lines: tuple[EffectLine, ...]
    chosen: float


def effect_info(effects: Sequence[RatioEffect], chosen: float) -> EffectInfo:
    """Return the lines for channels, parameters and MACs; none where the effects are not known yet."""
    if not effects:
        return EffectInfo((), (), chosen)
    lines = (
        EffectLine(t("Channels"), GREY, tuple(100 * effect.channels for effect in effects)),
        EffectLine(t("Parameters"), BLUE, tuple(100 * effect.parameters for effect in effects)),
        EffectLine(t("MACs"), ORANGE, tuple(100 * effect.macs for effect in effects)),
    )
    return EffectInfo(tuple(effect.ratio for effect in effects), lines, chosen)


def effect_figure(info: EffectInfo, height: int = 240) -> go.Figure:
    """Draw what is left against the ratio, the chosen ratio marked."""
    if not info.lines:
        return empty_figure(t("Known after training."), height)
    figure = go.Figure(layout=base_layout(height, hovermode="x unified"))
    for line in info.lines:
        figure.add_scatter(
            x=info.ratios,
            y=line.left,
            name=line.name,
            mode="lines",
            line={"color": line.colour, "width": 2},
            hovertemplate="%{y:.1f} %",
        )
    figure.add_vline(x=info.chosen, line={"color": GREEN, "dash": "dot", "width": 1})
    figure.update_xaxes(axis(t("Ratio"), range=[0, 1]))
    figure.update_yaxes(axis(t("Left (%)"), range=[0, 102]))
    return figure


def effect_alt(info: EffectInfo) -> str:
    """Return the figure in words: what is left at the chosen ratio."""
    if not info.lines:
        return t("What is left at each ratio is known after training.")
    nearest = min(range(len(info.ratios)), key=lambda place: abs(info.ratios[place] - info.chosen))
    parts = (f"{line.name} {line.left[nearest]:.0f} %" for line in info.lines)
    return t("Left at ratio {ratio}: {parts}", ratio=f"{info.ratios[nearest]:g}", parts=", ".join(parts))
