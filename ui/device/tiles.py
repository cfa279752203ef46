"""Readings as tiles: name, value with unit, what it is measured against, a bar coloured by threshold."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from core.analysis.thresholds import Level, level
from core.records import GpuReading, HostReading
from core.telemetry import words
from core.text import t

GIB = 2**30
STYLE = """<style>
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(122px, 1fr)); gap: 10px; }
.tile { border: 1px solid rgba(138,148,166,.3); border-radius: 10px; padding: 10px 12px 11px;
  min-height: 84px; display: flex; flex-direction: column; gap: 2px; }
.tile small { font-size: .76rem; opacity: .75; }
.tile strong { font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tile em { font-style: normal; font-size: .74rem; opacity: .75; overflow-wrap: anywhere; }
.tile.none strong { font-size: .95rem; opacity: .6; font-weight: 500; }
.tile.warm strong { color: #A87500; font-weight: 700; } .tile.hot strong { color: #E0484F; font-weight: 700; }
.tile-bar { height: 4px; border-radius: 2px; margin-top: auto; overflow: hidden;
  background: rgba(138,148,166,.25); }
.tile-bar i { display: block; height: 100%; background: #3B82F6; transition: width .4s; }
.tile-bar .warm { background: #E0A100; } .tile-bar .hot { background: #E0484F; }
.cores { display: flex; align-items: flex-end; gap: 2px; height: 34px; margin-top: auto; }
.cores i { flex: 1 1 0; min-width: 1px; background: #3B82F6; border-radius: 1px; transition: height .4s; }
</style>"""


@dataclass(frozen=True, slots=True)
class Tile:
    """What one tile says; `share` (0..1) draws a bar, `cores` a bar for each core, no value the reason."""

    name: str
    value: str | None
    note: str = ""
    share: float | None = None
    level: Level = Level.OK
    cores: tuple[float, ...] = ()


def gpu_tiles(gpu: GpuReading) -> tuple[Tile, ...]:
    """Return the tiles of one GPU; one that has no reading says why."""
    return (
        _tile(gpu, "utilization_percent", t("GPU busy"), " %", 0, limit=100),
        _memory_tile(gpu),
        _tile(gpu, "power_w", t("Power"), " W", 0, limit=gpu.power_limit_w),
        _tile(gpu, "temperature_c", t("Temperature"), " °C", 0, limit=gpu.temperature_slowdown_c),
        _tile(gpu, "sm_clock_mhz", t("Clock"), " MHz", 0, limit=gpu.sm_clock_max_mhz),
        _throttle_tile(gpu),
        _energy_tile(gpu),
    )


def host_tiles(host: HostReading) -> tuple[Tile, ...]:
    """Return the tiles of the machine."""
    busy = None if host.cpu_percent is None else f"{host.cpu_percent:.0f} %"
    total = host.memory_total_bytes
    return (
        Tile(t("Processor busy"), busy, cores=host.core_percent),
        Tile(
            t("Memory"),
            _gib(host.memory_used_bytes),
            "" if not total else t("of {total}", total=_gib(total)),
            _share(host.memory_used_bytes, total),
            level("memory_used_bytes", host.memory_used_bytes, total),
        ),
        Tile(
            t("Load, mean of a minute"),
            None if host.load_1m is None else f"{host.load_1m:.2f}",
            t("on {count} cores", count=len(host.core_percent)),
        ),
        _host_tile(host, "frequency_mhz", t("Processor clock"), " MHz"),
        _host_tile(host, "temperature_c", t("Processor temperature"), " °C"),
    )


def html(tiles: Iterable[Tile], label: str) -> str:
    """Return the tiles as one element, named `label` for screen readers."""
    body = "".join(map(_html, tiles))
    return f'{STYLE}<div class="tiles" role="group" aria-label="{escape(label)}">{body}</div>'


def _tile(gpu: GpuReading, field: str, name: str, unit: str, digits: int, limit: float | None) -> Tile:
    value = getattr(gpu, field)
    if value is None:
        return Tile(name, None, words.reason(gpu.reasons.get(field, "")))
    against = "" if limit is None or unit == " %" else t("of {limit}", limit=f"{limit:.0f}{unit}")
    return Tile(name, f"{value:.{digits}f}{unit}", against, _share(value, limit), level(field, value, limit))


def _memory_tile(gpu: GpuReading) -> Tile:
    used, total = gpu.memory_used_bytes, gpu.memory_total_bytes
    if used is None:
        return Tile(t("Memory"), None, words.reason(gpu.reasons.get("memory_used_bytes", "")))
    against = "" if not total else t("of {total}", total=_gib(total))
    return Tile(
        t("Memory"), _gib(used), against, _share(used, total), level("memory_used_bytes", used, total)
    )


def _throttle_tile(gpu: GpuReading) -> Tile:
    reasons = gpu.throttle_reasons
    if reasons is None:
        return Tile(t("Speed"), None, words.reason(gpu.reasons.get("throttle_reasons", "")))
    slowed = any(reason.slows for reason in reasons)
    state = "" if gpu.performance_state is None else f"P{gpu.performance_state}"
    return Tile(
        t("Speed"),
        t("held back") if slowed else state or t("free"),
        words.throttle_words(reasons),
        level=Level.WARM if slowed else Level.OK,
    )


def _energy_tile(gpu: GpuReading) -> Tile:
    if gpu.energy_j is None:
        return Tile(t("Energy"), None, words.reason(gpu.reasons.get("energy_j", "")))
    return Tile(t("Energy"), energy(gpu.energy_j), t("since the driver was loaded"))


def _host_tile(host: HostReading, field: str, name: str, unit: str) -> Tile:
    value = getattr(host, field)
    if value is None:
        return Tile(name, None, words.reason(host.reasons.get(field, "")))
    return Tile(name, f"{value:.0f}{unit}")


def energy(joules: float) -> str:
    """Return joules, or kWh where they are many."""
    return f"{joules / 3.6e6:,.2f} kWh" if joules >= 3.6e5 else f"{joules:,.0f} J"


def _gib(value: int | None) -> str | None:
    return None if value is None else f"{value / GIB:.1f} GiB"


def _share(value: float | None, limit: float | None) -> float | None:
    return None if value is None or not limit else value / limit


def _html(tile: Tile) -> str:
    value = tile.value if tile.value is not None else t("not available")
    kind = "none" if tile.value is None else tile.level
    note = f"<em>{escape(tile.note)}</em>" if tile.note else ""
    return (
        f'<div class="tile {kind}"><small>{escape(tile.name)}</small><strong>{escape(value)}</strong>'
        f"{note}{_bar(tile)}{_cores(tile.cores)}</div>"
    )


def _bar(tile: Tile) -> str:
    if tile.share is None:
        return ""
    percent = 100 * min(tile.share, 1)
    return f'<div class="tile-bar"><i class="{tile.level}" style="width:{percent:.0f}%"></i></div>'


def _cores(percents: tuple[float, ...]) -> str:
    bars = "".join(f'<i style="height:{max(percent, 4):.0f}%"></i>' for percent in percents)
    return f'<div class="cores">{bars}</div>' if bars else ""
