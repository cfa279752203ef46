"""Latency of standard and separable networks over the ratio, and where they cross."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.analysis.crossing import Verdict, verdict
from core.charts.style import CONV_COLOURS, GREY, axis, base_layout, conv_name
from core.records import Convolution, CrossingPoint
from core.text import percent, t


class CrossingLine(NamedTuple):
    """One convolution: ratios, p50 in microseconds and the distances to the bounds of its interval."""

    conv: Convolution
    ratios: tuple[float, ...]
    p50_us: tuple[float, ...]
    below_us: tuple[float, ...]
    above_us: tuple[float, ...]


class CrossingInfo(NamedTuple):
    """What the figure shows of one batch: a line a convolution, and who wins where."""

    batch: int
    lines: tuple[CrossingLine, ...]
    verdict: Verdict


def crossing_info(points: Sequence[CrossingPoint], batch: int) -> CrossingInfo:
    """Return what is drawn of `points` at one batch."""
    lines = []
    for conv in Convolution:
        found = sorted((p for p in points if p.batch == batch and p.conv == conv), key=lambda p: p.ratio)
        lines.append(
            CrossingLine(
                conv,
                tuple(point.ratio for point in found),
                tuple(1000 * point.p50_ms for point in found),
                tuple(1000 * (point.p50_ms - point.low_ms) for point in found),
                tuple(1000 * (point.high_ms - point.p50_ms) for point in found),
            )
        )
    return CrossingInfo(batch, tuple(lines), verdict(points, batch))


def crossing_figure(info: CrossingInfo, height: int = 360) -> go.Figure:
    """Draw latency over the ratio with its intervals, and a line at each cross-over."""
    figure = go.Figure(layout=base_layout(height))
    for line in info.lines:
        figure.add_scatter(
            x=line.ratios,
            y=line.p50_us,
            name=conv_name(line.conv),
            mode="lines+markers",
            line={"color": CONV_COLOURS[line.conv]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": line.above_us,
                "arrayminus": line.below_us,
                "thickness": 1,
                "width": 3,
            },
            hovertemplate="%{x:.0%}: %{y:.4g} µs<extra>%{fullData.name}</extra>",
        )
    for ratio in info.verdict.crossings:
        figure.add_vline(
            ratio,
            line={"color": GREY, "dash": "dot"},
            annotation_text=t("cross-over {at}", at=percent(ratio)),
        )
    figure.update_xaxes(axis(t("Share of channels removed"), tickformat=".0%"))
    figure.update_yaxes(axis(t("Latency p50 (µs)"), type="log"))
    return figure


def crossing_words(info: CrossingInfo) -> str:
    """Say where the two cross, or that one of them is faster everywhere, and where noise decides."""
    found = info.verdict
    said = [_where(found)]
    if found.in_doubt:
        said.append(
            t(
                "At ratio {ratios} the intervals overlap: there neither is clearly faster.",
                ratios=", ".join(f"{ratio:g}" for ratio in found.in_doubt),
            )
        )
    return " ".join(said)


def _where(found: Verdict) -> str:
    names = {True: t("separable"), False: t("standard")}
    if found.starts_with_separable is None:
        return t("Standard and separable were not both measured here.")
    first = names[found.starts_with_separable]
    if not found.crossings:
        return t("No cross-over: {conv} is faster at every ratio that was measured.", conv=first)
    if len(found.crossings) == 1:
        return t(
            "Cross-over at {at} of the channels removed: {first} is faster before it, {then} after it.",
            at=percent(found.crossings[0]),
            first=first,
            then=names[not found.starts_with_separable],
        )
    return t(
        "They cross at {at} of the channels removed; {first} is faster at first.",
        at=", ".join(map(percent, found.crossings)),
        first=first,
    )


def crossing_alt(info: CrossingInfo) -> str:
    """Return the curves and where they cross in words."""
    said = (
        f"{conv_name(line.conv)}: "
        + ", ".join(
            f"{percent(ratio)} {time:.1f} µs" for ratio, time in zip(line.ratios, line.p50_us, strict=True)
        )
        for line in info.lines
    )
    return t(
        "Latency by share of channels removed, batch {batch}. {said}. {where}",
        batch=info.batch,
        said="; ".join(said),
        where=crossing_words(info),
    )
