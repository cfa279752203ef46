"""What the visitor chooses on the Device page: window, pause, GPUs, PCIe."""

import time
from dataclasses import dataclass

import streamlit as st

from core.records import Snapshot
from core.telemetry.trace import to_csv
from core.text import t
from ui import resources
from ui.state import Key

WINDOWS = {"1 min": 60.0, "5 min": 300.0, "30 min": 1800.0, "all": float("inf")}
DEFAULT_WINDOW = "5 min"
GPU_FIELDS = ("utilization_percent", "memory_used_bytes", "power_w", "temperature_c", "sm_clock_mhz")
HOST_FIELDS = ("cpu_percent", "memory_used_bytes")
HOST_ALONE = (*HOST_FIELDS, "own_cpu_percent", "own_memory_bytes", "load_1m", "temperature_c")
PCIE_FIELDS = ("pcie_rx_bytes_per_s", "pcie_tx_bytes_per_s")
MOST_AT_FIRST = 4


@dataclass(frozen=True, slots=True)
class View:
    """The choice: seconds to show, GPUs by key (None: all), PCIe, and since when it is paused (Unix time)."""

    seconds: float
    gpus: tuple[str, ...] | None
    with_pcie: bool
    paused_at: float | None
    utc_offset_s: float

    def shows(self, key: str) -> bool:
        return self.gpus is None or key in self.gpus


def fields(with_gpu: bool, with_pcie: bool = False) -> tuple[str, ...]:
    """Return the fields to draw; without a GPU the host has more room."""
    if not with_gpu:
        return HOST_ALONE
    return (*GPU_FIELDS, *HOST_FIELDS, *(PCIE_FIELDS if with_pcie else ()))


def controls(snapshot: Snapshot) -> View:
    """Draw the controls and return the choice."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        window = st.segmented_control(
            t("Window"),
            list(WINDOWS),
            default=DEFAULT_WINDOW,
            format_func=_window_name,
            key=Key.DEVICE_WINDOW,
            required=True,
        )
        st.toggle(t("Pause"), key=Key.DEVICE_PAUSE, on_change=_note_pause)
        with_pcie = bool(snapshot.gpus) and st.toggle(
            t("PCIe throughput"),
            key=Key.DEVICE_PCIE,
            help=t("Read only while this is on: it costs the driver 40 ms a reading."),
        )
        gpus = _choose_gpus(snapshot)
    return View(
        seconds=WINDOWS[window or DEFAULT_WINDOW],
        gpus=gpus,
        with_pcie=with_pcie,
        paused_at=st.session_state.get(Key.DEVICE_PAUSED_AT) if st.session_state[Key.DEVICE_PAUSE] else None,
        utc_offset_s=utc_offset_s(),
    )


def download(view: View) -> None:
    """Draw the button that saves the window as it is when it is pressed."""
    st.download_button(
        t("Download as CSV"),
        lambda: to_csv(resources.sampler().window(view.seconds, until=view.paused_at)),
        "readings.csv",
        "text/csv",
        key="device-csv",
        on_click="ignore",
        icon=":material/download:",
    )


def utc_offset_s() -> float:
    """Return how far the visitor's clock is east of UTC."""
    return -60.0 * (st.context.timezone_offset or 0)


def _window_name(window: str) -> str:
    names = {"1 min": t("1 min"), "5 min": t("5 min"), "30 min": t("30 min"), "all": t("all")}
    return names[window]


def _note_pause() -> None:
    st.session_state[Key.DEVICE_PAUSED_AT] = time.time()


def _choose_gpus(snapshot: Snapshot) -> tuple[str, ...] | None:
    if len(snapshot.gpus) < 2:
        return None
    names = {gpu.key: f"GPU {gpu.index}" for gpu in snapshot.gpus}
    chosen = st.pills(
        t("GPUs"),
        list(names),
        default=list(names)[:MOST_AT_FIRST],
        format_func=names.__getitem__,
        selection_mode="multi",
        key=Key.DEVICE_GPUS,
    )
    return tuple(chosen)
