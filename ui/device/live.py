"""What renews itself on the Device page: notices, tiles, the chart, processes. One fragment draws it all."""

import time

import streamlit as st

from core.charts.telemetry import draw
from core.charts.timeline import timeline
from core.records import DriverState, GpuReading, RunRecord, Snapshot, Window
from core.telemetry import words
from core.text import speak, t
from ui import resources, state
from ui.device import tables, tiles
from ui.device.controls import MOST_AT_FIRST, View, fields
from ui.device.legend import legends, line_colours, stage_colours
from ui.live import live_plot

POINTS = 300
STEADY = """<style>
.st-key-device-live [data-stale="true"] { opacity: 1 !important; transition: none !important; }
</style>"""
"""Streamlit fades what a slow rerun has not drawn yet; once a second that would flicker."""


def live(view: View) -> None:
    """Draw everything that changes with time, as `view` asks for."""
    speak(state.language())  # a fragment runs in a context of its own
    sampler = resources.sampler()
    if view.with_pcie:
        sampler.ask_pcie()
    snapshot = sampler.wait()
    with st.container(key="device-live"):
        st.html(STEADY)
        _notices(snapshot)
        shown = [gpu for gpu in snapshot.gpus if view.shows(gpu.key)]
        if len(snapshot.gpus) > MOST_AT_FIRST:
            st.html(tables.gpu_table(snapshot.gpus))
        for gpu in shown:
            _gpu(gpu)
        if snapshot.host:
            st.subheader(t("This machine"), anchor=False)
            st.html(tiles.html(tiles.host_tiles(snapshot.host), t("Readings of the machine")))
        _chart(sampler.window(view.seconds, until=view.paused_at, points=POINTS), view)
        _processes(snapshot)
        for gpu in shown:
            with st.expander(t("Every reading of GPU {index}", index=gpu.index)):
                st.html(tables.readings_table(gpu))


def _notices(snapshot: Snapshot) -> None:
    if silent_s := snapshot.silent_s(time.time()):
        st.warning(
            t(
                "The GPU driver has not answered for {seconds} s. What stands here of GPUs is from before; "
                "the readings of the machine go on.",
                seconds=f"{silent_s:.0f}",
            )
        )
    if snapshot.driver.state is not DriverState.OK:
        notice = words.driver_notice(snapshot.driver)
        (st.warning if notice.is_bad else st.info)(f"**{notice.title}** {notice.fix}")
        return
    place = words.place_note(snapshot.driver.place)
    st.caption(tables.driver_line(snapshot.driver) + (f" · {place}" if place else ""))


def _gpu(gpu: GpuReading) -> None:
    name = gpu.name or words.reason(gpu.reasons.get("name", ""))
    st.subheader(f"GPU {gpu.index} · {name}", anchor=False)
    notice = words.gpu_notice(gpu)
    if notice:
        (st.error if notice.is_bad else st.info)(f"**{notice.title}** {notice.fix}")
    if not notice or not notice.is_bad:
        st.html(tiles.html(tiles.gpu_tiles(gpu), t("Readings of GPU {index}", index=gpu.index)))
    if gpu.mig_enabled:
        st.html(tables.instance_table(gpu))


def _chart(window: Window, view: View) -> None:
    chart = timeline(window, _runs(), gpus=view.gpus, fields=fields(bool(window.gpus), view.with_pcie))
    traces, layout, height = draw(chart, utc_offset_s=view.utc_offset_s)
    layout["uirevision"] = f"{view.seconds}-{view.paused_at}"
    lines, stages = line_colours(window, view.gpus), stage_colours() if chart.bands else []
    with legends(lines, stages):
        live_plot(
            traces,
            layout,
            height=height,
            key="device-chart",
            alt=t("Readings over time"),
            colours=(lines, stages),
        )


def _runs() -> tuple[RunRecord, ...]:
    engine = resources.ready("engine")
    return engine.runs() if engine else ()


def _processes(snapshot: Snapshot) -> None:
    left, right = st.columns(2) if snapshot.gpus else (None, st.container())
    if left:
        with left:
            st.subheader(t("Processes on the GPU"), anchor=False)
            st.html(tables.process_table(snapshot.gpus))
    with right:
        st.subheader(t("Our processes"), anchor=False)
        if snapshot.host:
            st.html(tables.own_process_table(snapshot.host))
