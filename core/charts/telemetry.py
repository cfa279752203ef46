"""Readings over time as plotly.js data: panels on one time axis, the stages of runs behind them.

The live chart redraws it every second, and a validated Figure would cost more than the reading.
"""

import base64
from typing import Any

import numpy as np

from core.charts.style import GREY, GRID, RED, literal
from core.charts.timeline import Band, Line, Panel, Timeline
from core.charts.words import stage_name
from core.records import Stage
from core.records.telemetry import Floats

AMBER = "#E0A100"
PANEL_PX, GAP_PX, MARGIN_TOP_PX, MARGIN_BOTTOM_PX = 92, 30, 44, 30
LABEL_SHARE = 0.07
"""A band narrower than this share of the window has no room for its name."""
STAGE_COLOURS = {
    Stage.STARTING: "#8A94A6",
    Stage.TRAINING: "#3B82F6",
    Stage.PRUNING: "#F08027",
    Stage.FINE_TUNING: "#12A37A",
    Stage.EVALUATING: "#A35BC4",
    Stage.EXPORTING: "#1098AD",
    Stage.MEASURING: "#E0484F",
}


def draw(chart: Timeline, *, utc_offset_s: float = 0.0) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Return plotly.js traces, layout and height in pixels; times are shown `utc_offset_s` east of UTC."""
    height = MARGIN_TOP_PX + MARGIN_BOTTOM_PX + len(chart.panels) * (PANEL_PX + GAP_PX) - GAP_PX
    traces: list[dict[str, Any]] = []
    layout = _layout(chart, utc_offset_s)
    for place, panel in enumerate(chart.panels):
        _place_axis(layout, place, panel, len(chart.panels))
        for number, line in enumerate(panel.lines):
            traces += _traces(line, panel, place, f"p{place}l{number}", utc_offset_s)
    return traces, layout, max(height, 120)


def _layout(chart: Timeline, offset_s: float) -> dict[str, Any]:
    return {
        "margin": {"l": 52, "r": 12, "t": MARGIN_TOP_PX, "b": MARGIN_BOTTOM_PX},
        "xaxis": {
            "type": "date",
            "autorange": True,  # a range that moves with time would undo the reader's zoom
            "anchor": f"y{len(chart.panels)}" if len(chart.panels) > 1 else "y",
            "hoverformat": "%H:%M:%S",
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikecolor": GREY,
            "spikedash": "dot",
        },
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "showlegend": False,
        "shapes": [_shape(band, offset_s, chart) for band in chart.bands],
        "annotations": _run_titles(chart, offset_s),
        "dragmode": "zoom",
    }


def _place_axis(layout: dict[str, Any], place: int, panel: Panel, num_panels: int) -> None:
    total = num_panels * (PANEL_PX + GAP_PX) - GAP_PX
    high = 1 - place * (PANEL_PX + GAP_PX) / total
    low = max(0.0, high - PANEL_PX / total)
    layout["yaxis" if place == 0 else f"yaxis{place + 1}"] = {
        "domain": [low, high],
        "anchor": "x",
        "rangemode": "tozero",
        "nticks": 4,
        "gridcolor": GRID,
        "fixedrange": True,
        **({"range": [0, panel.top * 1.04]} if panel.top else {}),
    }
    layout["annotations"].append(
        {
            "text": f"<b>{panel.title}</b>"
            + (f"  <span style='opacity:.65'>{panel.unit}</span>" if panel.unit else ""),
            "xref": "paper",
            "yref": "paper",
            "x": 0,
            "y": high,
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12},
        }
    )


def _traces(line: Line, panel: Panel, place: int, uid: str, offset_s: float) -> list[dict[str, Any]]:
    """Draw one line; plotly.js puts `uid` into a CSS selector, so it is letters and digits only."""
    shared = {
        "type": "scatter",
        "mode": "lines",
        "x": typed((line.t + offset_s) * 1000, "f8"),
        "yaxis": "y" if place == 0 else f"y{place + 1}",
        "xaxis": "x",
        "name": f"{panel.title} · {line.name}" if line.name else panel.title,
    }
    digits = 2 if panel.unit == "GiB" else 0
    main = {
        **shared,
        "uid": uid,
        "y": typed(line.y, "f4"),
        "line": {"color": line.colour, "width": 1.6},
        "hovertemplate": f"%{{y:,.{digits}f}} {panel.unit}",
    }
    return [main, *_coloured(line, shared, uid)]


def _coloured(line: Line, shared: dict[str, Any], uid: str) -> list[dict[str, Any]]:
    """Draw what is above a threshold once more, in that threshold's colour."""
    drawn = []
    warm = line.held if line.warm is None else line.y >= line.warm
    hot = None if line.hot is None else line.y >= line.hot
    for flags, colour, level in ((warm, AMBER, "warm"), (hot, RED, "hot")):
        if flags is not None and bool(flags.any()):
            above = np.where(flags, line.y, np.nan)
            drawn.append(
                {
                    **shared,
                    "uid": uid + level,
                    "y": typed(above, "f4"),
                    "line": {"color": colour, "width": 2.6},
                    "hoverinfo": "skip",
                }
            )
    return drawn


def _shape(band: Band, offset_s: float, chart: Timeline) -> dict[str, Any]:
    wide = band.ended - band.began > LABEL_SHARE * (chart.ended - chart.began)
    colour = STAGE_COLOURS[band.stage]
    label = {
        "text": stage_name(band.stage),
        "textposition": "top left",
        "font": {"size": 10, "color": colour},
    }
    return {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "yref": "paper",
        "x0": _ms(band.began, offset_s),
        "x1": _ms(band.ended, offset_s),
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": colour,
        "opacity": 0.13,
        **({"label": label} if wide and band.lane == 0 else {}),
    }


def _run_titles(chart: Timeline, offset_s: float) -> list[dict[str, Any]]:
    firsts: dict[str, Band] = {}
    for band in chart.bands:
        firsts.setdefault(band.run_id, band)
    return [
        {
            "text": literal(band.title),
            "xref": "x",
            "yref": "paper",
            "x": _ms(band.began, offset_s),
            "y": 1,
            "yshift": 14 + 13 * (band.lane % 2),
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11, "color": GREY},
        }
        for band in firsts.values()
    ]


def typed(values: Floats, kind: str) -> dict[str, str]:
    """Return `values` as plotly.js's typed array, half the size of a list and quicker; NaN is a gap."""
    return {"dtype": kind, "bdata": base64.b64encode(values.astype(f"<{kind}").tobytes()).decode()}


def _ms(t: float, offset_s: float) -> float:
    return round((t + offset_s) * 1000)
