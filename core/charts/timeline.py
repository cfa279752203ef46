"""Readings over time, gathered: one panel a quantity, and the stages of runs behind them all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analysis.thresholds import bounds
from core.charts.style import BLUE, GREEN, GREY, VIOLET
from core.records import RunRecord, Source, Stage, Throttle, Window
from core.records.telemetry import Floats
from core.text import mark, t

Flags = npt.NDArray[np.bool_]

GIB = 2**30
COLOURS = (BLUE, GREEN, VIOLET, "#1098AD", "#C2557E", "#6C7A89", "#7A9A2B", "#5C6BC0")
"""For GPUs: none that could be taken for the amber and red of thresholds."""
THROTTLE = "throttle_bits"
SLOWING = sum(reason.bit for reason in Throttle if reason.slows)
TO_LIMIT = ("memory_used_bytes", "power_w")
"""Fields whose axis ends at the device's limit, so that a line also says how much is left."""


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
    if not run.stages:  # it waits, or was cancelled while it did
        return []
    ends = [*(stage.began_at for stage in run.stages[1:]), run.ended_at or now]
    return [
        (stage.stage, stage.began_at, end if stage.elapsed_s is None else stage.began_at + stage.elapsed_s)
        for stage, end in zip(run.stages, ends, strict=True)
    ]
