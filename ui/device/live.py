"""What renews itself on the Device page: notices, tiles, the chart, processes. One fragment draws it all."""

import streamlit as st

from core.charts.telemetry import STAGE_COLOURS, draw, stage_name, timeline
from core.records import DriverState, GpuReading, HostReading, RunRecord, Snapshot, Window
from core.telemetry import words
from core.text import speak, t
from ui import resources, state
from ui.device import tables, tiles
from ui.device.controls import View
from ui.live import live_plot

POINTS = 300
STALE_S = 3.0


def live(view: View) -> None:
    """Draw everything that changes with time, as `view` asks for."""
    speak(state.language())  # a fragment runs in a context of its own
    sampler = resources.sampler()
    if view.with_pcie:
        sampler.ask_pcie()
    snapshot = sampler.wait()
    _notices(snapshot, view)
    for gpu in snapshot.gpus:
        if view.shows(gpu.key):
            _gpu(gpu)
    if snapshot.host:
        st.html(tiles.html(tiles.host_tiles(snapshot.host), t("Readings of the machine")))
    window = sampler.window(view.seconds, until=view.paused_at, points=POINTS)
    _chart(window, view)
    _processes(snapshot.gpus, snapshot.host)


def _notices(snapshot: Snapshot, view: View) -> None:
    import time

    age_s = time.time() - snapshot.t
    if age_s > STALE_S and view.paused_at is None:
        st.warning(t("The GPU driver has not answered for {seconds} s.", seconds=f"{age_s:.0f}"))
    notice = words.driver_notice(snapshot.driver)
    if snapshot.driver.state is not DriverState.OK:
        (st.warning if notice.is_bad else st.info)(f"**{notice.title}** {notice.fix}")
        return
    place = words.place_note(snapshot.driver.place)
    st.caption(tables.driver_line(snapshot.driver) + (f" · {place}" if place else ""))


def _gpu(gpu: GpuReading) -> None:
    name = gpu.name or words.reason(gpu.reasons.get("name", ""))
    st.markdown(f"##### GPU {gpu.index} · {name}")
    notice = words.gpu_notice(gpu)
    if notice:
        (st.error if notice.is_bad else st.info)(f"**{notice.title}** {notice.fix}")
    if not notice or not notice.is_bad:
        st.html(tiles.html(tiles.gpu_tiles(gpu), t("Readings of GPU {index}", index=gpu.index)))
    if gpu.mig_enabled:
        st.html(tables.instance_table(gpu))
    with st.expander(t("Every reading of GPU {index}", index=gpu.index)):
        st.html(tables.readings_table(gpu))


def _chart(window: Window, view: View) -> None:
    runs = _runs()
    chart = timeline(window, runs, gpus=view.gpus, fields=view.fields(bool(window.gpus)))
    traces, layout, height = draw(chart, utc_offset_s=view.utc_offset_s)
    layout["uirevision"] = f"{view.seconds}-{view.paused_at}"
    live_plot(traces, layout, height=height, key="device-chart", alt=t("Readings over time"))
    if chart.bands:
        st.html(stage_legend())


def _runs() -> tuple[RunRecord, ...]:
    engine = resources.ready("engine")
    return engine.runs() if engine else ()


def stage_legend() -> str:
    """Return the colours of the stages, as a line below the chart."""
    chips = "".join(
        f'<span style="display:inline-flex;align-items:center;gap:5px;margin-right:14px">'
        f'<i style="width:11px;height:11px;border-radius:3px;background:{colour};opacity:.55"></i>'
        f"{stage_name(stage)}</span>"
        for stage, colour in STAGE_COLOURS.items()
    )
    return f'<div style="font-size:.78rem;opacity:.85">{chips}</div>'


def _processes(gpus: tuple[GpuReading, ...], host: HostReading | None) -> None:
    left, right = st.columns(2) if gpus else (None, st.container())
    if left:
        with left:
            st.markdown(f"##### {t('Processes on the GPU')}")
            st.html(tables.process_table(gpus))
    with right:
        st.markdown(f"##### {t('Our processes')}")
        st.html(tables.own_process_table(host) if host else "…")
