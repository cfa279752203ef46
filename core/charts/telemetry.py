"""Readings over time: one panel a quantity, all on one time axis, the stages of runs behind them.

Gathers a frozen Timeline, then draws it as plotly.js data: the live chart redraws it every second, and a
validated Figure would cost more than the reading.
"""

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis.thresholds import bounds
from core.charts.style import BLUE, GREEN, GREY, GRID, RED, VIOLET
from core.records import RunRecord, Source, Stage, Throttle, Window
from core.records.telemetry import Floats
from core.text import mark, t

Flags = npt.NDArray[np.bool_]

GIB = 2**30
AMBER = "#E0A100"
COLOURS = (BLUE, GREEN, VIOLET, "#1098AD", "#C2557E", "#6C7A89", "#7A9A2B", "#5C6BC0")
"""For GPUs: none that could be taken for the amber and red of thresholds."""
THROTTLE = "throttle_bits"
SLOWING = sum(reason.bit for reason in Throttle if reason.slows)
TO_LIMIT = ("memory_used_bytes", "power_w")
"""Fields whose axis ends at the device's limit, so that a line also says how much is left."""
PANEL_PX, GAP_PX, MARGIN_TOP_PX, MARGIN_BOTTOM_PX = 92, 30, 44, 30
LABEL_SHARE = 0.07
"""A band narrower than this share of the window has no room for its name."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a field is drawn: its title, unit, the factor to that unit and a fixed top where there is one."""

    field: str
    title: str
    unit: str
    scale: float = 1.0
    top: float | None = None


GPU_QUANTITIES = (
    Quantity("utilization_percent", mark("GPU busy"), "%", top=100),
    Quantity("memory_used_bytes", mark("GPU memory used"), "GiB", 1 / GIB),
    Quantity("power_w", mark("Power"), "W"),
    Quantity("temperature_c", mark("Temperature"), "°C"),
    Quantity("sm_clock_mhz", mark("Clock of the multiprocessors"), "MHz"),
    Quantity("memory_utilization_percent", mark("GPU memory busy"), "%", top=100),
    Quantity("memory_clock_mhz", mark("Clock of the memory"), "MHz"),
    Quantity("fan_percent", mark("Fan"), "%"),
    Quantity("pcie_rx_bytes_per_s", mark("PCIe received"), "MB/s", 1e-6),
    Quantity("pcie_tx_bytes_per_s", mark("PCIe sent"), "MB/s", 1e-6),
)
HOST_QUANTITIES = (
    Quantity("cpu_percent", mark("Processor busy, all cores"), "%", top=100),
    Quantity("memory_used_bytes", mark("Host memory used"), "GiB", 1 / GIB),
    Quantity("own_cpu_percent", mark("Our processes, in percent of one core"), "%"),
    Quantity("own_memory_bytes", mark("Memory of our processes"), "GiB", 1 / GIB),
    Quantity("load_1m", mark("Load, mean of a minute"), ""),
    Quantity("frequency_mhz", mark("Processor clock"), "MHz"),
    Quantity("temperature_c", mark("Processor temperature"), "°C"),
)
STAGE_COLOURS = {
    Stage.STARTING: "#8A94A6",
    Stage.TRAINING: "#3B82F6",
    Stage.PRUNING: "#F08027",
    Stage.FINE_TUNING: "#12A37A",
    Stage.EVALUATING: "#A35BC4",
    Stage.EXPORTING: "#1098AD",
    Stage.MEASURING: "#E0484F",
}


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One source in a panel: Unix times, values in its unit, coloured where warm, hot or held back."""

    name: str
    colour: str
    t: Floats
    y: Floats
    warm: float | None = None
    hot: float | None = None
    held: Flags | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One quantity: its lines, its unit, and the top of its axis (None: as high as the data)."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A stage of a run: Unix times, the run's title and its place among runs at the same time."""

    stage: Stage
    began: float
    ended: float
    title: str
    run_id: str
    lane: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What the chart shows, before it is drawn."""

    began: float
    ended: float
    panels: tuple[Panel, ...]
    bands: tuple[Band, ...] = ()


def timeline(
    window: Window,
    runs: Iterable[RunRecord] = (),
    *,
    gpus: Collection[str] | None = None,
    fields: Collection[str] | None = None,
) -> Timeline:
    """Return what is to be drawn: GPUs named in `gpus` by key (None: all), then the host; `fields` of both.

    A quantity that no source has a number for is left out.
    """
    shown = [gpu for gpu in window.gpus if gpus is None or gpu.key in gpus]
    colours = {gpu.key: COLOURS[place % len(COLOURS)] for place, gpu in enumerate(window.gpus)}
    panels = [_panel(quantity, shown, colours, fields) for quantity in GPU_QUANTITIES]
    host = {window.host.key: GREY if shown else BLUE}
    panels += [_panel(quantity, [window.host], host, fields) for quantity in HOST_QUANTITIES]
    began = max(window.began, _first_t(window, shown))
    return Timeline(
        began=began,
        ended=window.ended,
        panels=tuple(panel for panel in panels if panel),
        bands=bands(runs, began, window.ended),
    )


def legend(window: Window, gpus: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Return name and colour of each GPU that `timeline` draws."""
    return tuple(
        (gpu.label, COLOURS[place % len(COLOURS)])
        for place, gpu in enumerate(window.gpus)
        if gpus is None or gpu.key in gpus
    )


def bands(runs: Iterable[RunRecord], began: float, ended: float) -> tuple[Band, ...]:
    """Return the stages of `runs` that touch the window, cut to it; runs at the same time get own lanes."""
    found: list[Band] = []
    busy_until: list[float] = []
    for run in sorted(runs, key=lambda run: run.started_at or run.created_at):
        spans = [span for span in _spans(run, ended) if span[2] > began and span[1] < ended]
        if not spans:
            continue
        lane = next((n for n, until in enumerate(busy_until) if until <= spans[0][1]), len(busy_until))
        busy_until[lane : lane + 1] = [spans[-1][2]]
        found += [
            Band(stage, max(start, began), min(end, ended), run.title, run.run_id, lane)
            for stage, start, end in spans
        ]
    return tuple(found)


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


def stage_name(stage: Stage) -> str:
    """Return what a person calls the stage."""
    return {
        Stage.STARTING: t("starting"),
        Stage.TRAINING: t("training"),
        Stage.PRUNING: t("pruning"),
        Stage.FINE_TUNING: t("fine-tuning"),
        Stage.EVALUATING: t("evaluating"),
        Stage.EXPORTING: t("exporting"),
        Stage.MEASURING: t("measuring"),
    }[stage]


def _panel(
    quantity: Quantity, sources: list[Source], colours: dict[str, str], fields: Collection[str] | None
) -> Panel | None:
    if fields is not None and quantity.field not in fields:
        return None
    known = [source for source in sources if _has_numbers(source, quantity.field)]
    lines = tuple(_line(source, quantity, colours[source.key]) for source in known)
    return Panel(t(quantity.title), quantity.unit, lines, _top(known, quantity)) if lines else None


def _top(sources: list[Source], quantity: Quantity) -> float | None:
    if quantity.field not in TO_LIMIT:
        return quantity.top
    limits = [source.limits[quantity.field] for source in sources if quantity.field in source.limits]
    highest = [float(np.nanmax(source.series.values[quantity.field])) for source in sources]
    return max(*limits, *highest) * quantity.scale if limits else quantity.top


def _has_numbers(source: Source, field: str) -> bool:
    values = source.series.values.get(field)
    return values is not None and bool(np.isfinite(values).any())


def _line(source: Source, quantity: Quantity, colour: str) -> Line:
    warm, hot = bounds(quantity.field, source.limits.get(quantity.field))
    return Line(
        name=f"GPU {source.index}" if source.is_gpu else "",
        colour=colour,
        t=source.series.t,
        y=source.series.values[quantity.field] * quantity.scale,
        warm=None if warm is None else warm * quantity.scale,
        hot=None if hot is None else hot * quantity.scale,
        held=_held(source) if quantity.field == "sm_clock_mhz" else None,
    )


def _held(source: Source) -> Flags | None:
    """Return where the GPU said that its clock is held below what the work asks for."""
    bits = source.series.values.get(THROTTLE)
    if bits is None:
        return None
    held: Flags = (np.nan_to_num(bits).astype(np.int64) & SLOWING) != 0
    return held


def _first_t(window: Window, gpus: list[Source]) -> float:
    firsts = [float(source.series.t[0]) for source in (window.host, *gpus) if len(source.series.t)]
    return min(firsts, default=window.began)


def _spans(run: RunRecord, now: float) -> list[tuple[Stage, float, float]]:
    ends = [*(stage.began_at for stage in run.stages[1:]), run.ended_at or now]
    return [
        (stage.stage, stage.began_at, end if stage.elapsed_s is None else stage.began_at + stage.elapsed_s)
        for stage, end in zip(run.stages, ends, strict=True)
    ]


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
            "text": band.title,
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
