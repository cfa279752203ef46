"""Processes and every single reading as tables; a reading that is missing has its reason in its place."""

from collections.abc import Iterable
from html import escape
from typing import Any

from core.records import DriverReading, GpuReading, GpuState, HostReading
from core.telemetry import words
from core.text import mark, t
from ui.device.tiles import GIB, energy

STYLE = """<style>
.readings { border-collapse: collapse; width: 100%; font-size: .84rem; }
.readings th { text-align: left; font-weight: 600; opacity: .8; }
.readings th, .readings td { padding: 5px 10px 5px 0; border: 0;
  border-bottom: 1px solid rgba(138,148,166,.25); }
.readings td.number { font-variant-numeric: tabular-nums; } .readings td.none { opacity: .6; }
</style>"""
NAMES = {
    "utilization_percent": mark("GPU busy"),
    "memory_utilization_percent": mark("GPU memory busy"),
    "memory_used_bytes": mark("Memory used"),
    "memory_free_bytes": mark("Memory free"),
    "memory_total_bytes": mark("Memory in all"),
    "power_w": mark("Power"),
    "power_limit_w": mark("Power limit"),
    "energy_j": mark("Energy since the driver was loaded"),
    "temperature_c": mark("Temperature"),
    "temperature_slowdown_c": mark("Slows down at"),
    "temperature_shutdown_c": mark("Shuts down at"),
    "temperature_max_c": mark("Highest to work at"),
    "sm_clock_mhz": mark("Clock of the multiprocessors"),
    "sm_clock_max_mhz": mark("Highest clock of the multiprocessors"),
    "memory_clock_mhz": mark("Clock of the memory"),
    "memory_clock_max_mhz": mark("Highest clock of the memory"),
    "fan_percent": mark("Fan"),
    "pcie_rx_bytes_per_s": mark("PCIe received"),
    "pcie_tx_bytes_per_s": mark("PCIe sent"),
    "performance_state": mark("Performance state"),
    "throttle_reasons": mark("Why the clocks are where they are"),
    "ecc_enabled": mark("Error correction (ECC)"),
    "ecc_corrected_errors": mark("Memory errors corrected"),
    "ecc_uncorrected_errors": mark("Memory errors not corrected"),
    "mig_enabled": mark("Divided into instances (MIG)"),
    "pci_bus_id": mark("Place on the PCI bus"),
    "uuid": mark("UUID"),
}
"""Every field that the table of one GPU shows, in its order."""


def readings_table(gpu: GpuReading) -> str:
    """Return every reading of a GPU, or why there is none."""
    lines = [
        (t(name), _text(field, getattr(gpu, field)), words.reason(gpu.reasons.get(field, "")))
        for field, name in NAMES.items()
    ]
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>"
        + (
            f"<td class='none'>{escape(why)}</td>"
            if text is None
            else f"<td class='number'>{escape(text)}</td>"
        )
        + "</tr>"
        for name, text, why in lines
    )
    return f"{STYLE}<table class='readings'>{body}</table>"


def gpu_table(gpus: Iterable[GpuReading]) -> str:
    """Return one line a GPU: what is needed to find the one to look at."""
    fields = ("utilization_percent", "memory_used_bytes", "power_w", "temperature_c")
    rows = [
        (
            f"GPU {gpu.index}",
            gpu.name or words.reason(gpu.reasons.get("name", "")),
            words.gpu_state_name(gpu.state),
            *(_cell(gpu, field) for field in fields),
        )
        for gpu in gpus
    ]
    head = (t("GPU"), t("Name"), t("State"), t("Busy"), t("Memory used"), t("Power"), t("Temperature"))
    return table(head, rows, [], "")


def _cell(gpu: GpuReading, field: str) -> str:
    if gpu.state not in (GpuState.OK, GpuState.MIG):
        return "–"  # the state, one column before, is the reason
    return _text(field, getattr(gpu, field)) or words.reason(gpu.reasons.get(field, ""))


def process_table(gpus: Iterable[GpuReading]) -> str:
    """Return the processes on all GPUs, largest first; a GPU that does not tell them says why."""
    rows, notes = [], []
    for gpu in gpus:
        if gpu.processes is None:
            notes.append(f"GPU {gpu.index}: {words.reason(gpu.reasons.get('processes', ''))}")
        for process in sorted(gpu.processes or (), key=lambda process: -(process.memory_bytes or 0)):
            name = process.name or t("not told")
            rows.append(
                (
                    f"GPU {gpu.index}",
                    name + (f" ({t('ours')})" if process.is_ours else ""),
                    str(process.pid),
                    process.kind,
                    t("not told")
                    if process.memory_bytes is None
                    else f"{process.memory_bytes / GIB:.2f} GiB",
                )
            )
    head = (t("GPU"), t("Process"), t("Number"), t("Kind"), t("GPU memory"))
    return table(head, rows, notes, t("No process uses a GPU."))


def instance_table(gpu: GpuReading) -> str:
    """Return the MIG instances of a GPU."""
    rows = [
        (
            instance.name or t("not told"),
            "" if instance.gpu_instance_id is None else str(instance.gpu_instance_id),
            t("not told")
            if instance.memory_used_bytes is None or instance.memory_total_bytes is None
            else f"{instance.memory_used_bytes / GIB:.1f} / {instance.memory_total_bytes / GIB:.1f} GiB",
            "" if instance.num_multiprocessors is None else str(instance.num_multiprocessors),
            instance.uuid or t("not told"),
        )
        for instance in gpu.mig_instances or ()
    ]
    head = (t("Instance"), t("Number"), t("Memory"), t("Multiprocessors"), t("UUID"))
    return table(head, rows, [], t("No instance has been made."))


def own_process_table(host: HostReading) -> str:
    """Return this program's processes, busiest first."""
    rows = [
        (
            process.name,
            str(process.pid),
            f"{process.cpu_percent:.0f} %",
            f"{process.memory_bytes / GIB:.2f} GiB",
        )
        for process in sorted(host.processes, key=lambda process: -process.cpu_percent)
    ]
    head = (t("Process"), t("Number"), t("Of one core"), t("Memory"))
    return table(head, rows, [], t("None."))


def driver_line(driver: DriverReading) -> str:
    """Return the versions of driver, CUDA and NVML in a line; what is unknown says so."""
    names = {"driver_version": t("Driver"), "cuda_version": "CUDA", "nvml_version": "NVML"}
    return " · ".join(
        f"{name} {getattr(driver, field) or words.reason(driver.reasons.get(field, t('unknown')))}"
        for field, name in names.items()
    )


def table(head: Iterable[str], rows: list[tuple[str, ...]], notes: list[str], nothing: str) -> str:
    """Return a table with `notes` below it; without rows, the notes or `nothing`."""
    if not rows:
        return f"{STYLE}<p>{escape('; '.join(notes) or nothing)}</p>"
    heads = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    after = f"<p>{escape('; '.join(notes))}</p>" if notes else ""
    return (
        f"{STYLE}<table class='readings'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{after}"
    )


def _text(field: str, value: Any) -> str | None:
    if value is None:
        return None
    if field == "throttle_reasons":
        return words.throttle_words(value)
    if isinstance(value, bool):
        return t("on") if value else t("off")
    if field == "energy_j":
        return energy(float(value))
    if field == "performance_state":
        return f"P{value}"
    return _with_unit(field, value)


def _with_unit(field: str, value: Any) -> str:
    for ending, unit, scale, digits in (
        ("_bytes_per_s", " MB/s", 1e-6, 1),
        ("_bytes", " GiB", 1 / GIB, 2),
        ("_percent", " %", 1, 0),
        ("_w", " W", 1, 1),
        ("_c", " °C", 1, 0),
        ("_mhz", " MHz", 1, 0),
    ):
        if field.endswith(ending):
            return f"{float(value) * scale:,.{digits}f}{unit}"
    return str(value)
