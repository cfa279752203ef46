"""The strip in the sidebar: how busy GPUs, processor and memory are now, on every page."""

import time
from html import escape

import streamlit as st

from core.analysis.thresholds import Level, level
from core.records import GpuReading, GpuState, HostReading, Snapshot
from core.telemetry import words
from core.text import t
from ui import resources

MOST_GPUS = 4
STYLE = """<style>
.strip { display: grid; gap: 7px; font-size: .78rem; }
.strip-row { display: grid; grid-template-columns: 1fr auto; row-gap: 3px; }
.strip-row b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.strip-row span { opacity: .8; font-variant-numeric: tabular-nums; white-space: nowrap; }
.strip-bar { grid-column: 1 / 3; height: 4px; border-radius: 2px; overflow: hidden;
  background: rgba(138,148,166,.25); }
.strip-bar i { display: block; height: 100%; background: #3B82F6; transition: width .4s; }
.strip-bar .warm { background: #E0A100; } .strip-bar .hot { background: #E0484F; }
</style>"""


def strip() -> None:
    """Draw the strip as it is now; the sidebar's fragment renews it."""
    snapshot = resources.sampler().wait()
    label = escape(t("Load of this machine"), quote=True)
    st.html(f'{STYLE}<div class="strip" role="group" aria-label="{label}">{"".join(rows(snapshot))}</div>')


def rows(snapshot: Snapshot) -> list[str]:
    """Return the strip's rows as HTML: each GPU (the first few), then processor and memory."""
    is_silent = snapshot.silent_s(time.time()) > 0
    shown = [_gpu_row(gpu, is_silent) for gpu in snapshot.gpus[:MOST_GPUS]]
    if len(snapshot.gpus) > MOST_GPUS:
        more = t("{count} more GPUs", count=len(snapshot.gpus) - MOST_GPUS)
        shown.append(f'<div class="strip-row"><span>{escape(more)}</span></div>')
    return shown + (_host_rows(snapshot.host) if snapshot.host else [])


def _gpu_row(gpu: GpuReading, is_silent: bool) -> str:
    name = f"GPU {gpu.index}"
    if is_silent:
        return _row(name, t("no answer"), 0.0, Level.OK)
    if gpu.state not in (GpuState.OK, GpuState.MIG):
        return _row(name, words.gpu_state_name(gpu.state), 100.0, Level.HOT)
    hot = level("temperature_c", gpu.temperature_c, gpu.temperature_slowdown_c)
    parts = [
        "" if gpu.utilization_percent is None else f"{gpu.utilization_percent:.0f} %",
        "" if gpu.power_w is None else f"{gpu.power_w:.0f} W",
        "" if gpu.temperature_c is None else f"{gpu.temperature_c} °C",
    ]
    text = " · ".join(part for part in parts if part) or words.gpu_state_name(gpu.state)
    return _row(name, text, gpu.utilization_percent or 0.0, hot)


def _host_rows(host: HostReading) -> list[str]:
    made = []
    if host.cpu_percent is not None:
        made.append(_row(t("Processor"), f"{host.cpu_percent:.0f} %", host.cpu_percent, Level.OK))
    if host.memory_used_bytes is not None and host.memory_total_bytes:
        share = 100 * host.memory_used_bytes / host.memory_total_bytes
        text = f"{host.memory_used_bytes / 2**30:.1f} / {host.memory_total_bytes / 2**30:.0f} GiB"
        near = level("memory_used_bytes", host.memory_used_bytes, host.memory_total_bytes)
        made.append(_row(t("Memory"), text, share, near))
    return made


def _row(name: str, text: str, percent: float, near: Level) -> str:
    return (
        f'<div class="strip-row"><b>{escape(name)}</b><span>{escape(text)}</span>'
        f'<div class="strip-bar"><i class="{near}" style="width:{min(percent, 100):.0f}%"></i></div></div>'
    )
