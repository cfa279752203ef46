"""What the machine was and did while a run's latencies were taken: what is known of it, a line each."""

from collections.abc import Iterable, Sequence

import streamlit as st

from core.records import Conditions, LatencyRow
from core.text import t
from ui import words


def draw(rows: Sequence[LatencyRow]) -> None:
    """Draw the conditions of `rows`, and why there is no energy where there is none."""
    with st.expander(t("Conditions of the measurement")):
        lines = known(rows)
        st.markdown("\n".join(f"- {name}: {value}" for name, value in lines))
        if not lines:
            st.caption(t("None were recorded."))
    energy = next((row.energy_note for row in rows if row.energy_note), "")
    if energy:
        st.caption(t("Energy: {note}", note=energy))


def known(rows: Sequence[LatencyRow]) -> list[tuple[str, str]]:
    """Return what is known of the machine, with its name: of what changes from row to row the worst."""
    measured = [row for row in rows if row.conditions]
    if not measured:
        return []
    every = [row.conditions for row in measured if row.conditions]
    lines = (*_host(every, measured), *_meanwhile(every), *_gpu(every), *_software(every[0]))
    return [(name, value) for name, value in lines if value]


def _host(every: Sequence[Conditions], rows: Sequence[LatencyRow]) -> Iterable[tuple[str, str]]:
    first = every[0]
    yield t("Processor"), first.cpu
    yield t("Cores"), str(first.num_cores or "")
    yield t("Pinned to core"), _written(first.pinned_core, "{}")
    yield t("Threads"), ", ".join(str(count) for count in sorted({row.threads for row in rows}))
    yield t("Clock (MHz)"), _written(first.frequency_mhz, "{:.0f}")
    yield t("Load before, per core"), _written(first.load_before, "{:.2f}")


def _meanwhile(every: Sequence[Conditions]) -> Iterable[tuple[str, str]]:
    others, on_core = _most(c.load_during for c in every), _most(c.core_shared for c in every)
    overhead = _most(c.overhead_us for c in every)
    yield t("Share that others took meanwhile"), _share(others)
    yield t("Share that others took of the measured core"), _share(on_core)
    yield t("Added to a query by the measuring loop (µs)"), _written(overhead, "{:.2f}")


def _gpu(every: Sequence[Conditions]) -> Iterable[tuple[str, str]]:
    yield t("GPU"), next((c.gpu for c in every if c.gpu), "")
    clocks = [c.gpu_clock_mhz for c in every if c.gpu_clock_mhz is not None]
    yield t("Clock of the GPU (MHz)"), _written(min(clocks, default=None), "{:.0f}")
    yield t("Other processes on the GPU"), _written(_most(c.gpu_processes for c in every), "{:.0f}")
    yield t("Throttled by"), ", ".join(dict.fromkeys(why for c in every for why in c.throttle_reasons))


def _software(first: Conditions) -> Iterable[tuple[str, str]]:
    yield t("Versions"), ", ".join(f"{name} {number}" for name, number in (first.versions or {}).items())
    yield t("Measured at"), first.measured_at


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _share(value: float | None) -> str:
    return "" if value is None else words.percent(value, 1)


def _written(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
