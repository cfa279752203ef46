"""Joules from the counters that the hardware keeps: RAPL for a processor, NVML for a GPU.

Where there is no counter the answer is the reason, never an estimate.
"""

from collections.abc import Callable
from pathlib import Path

from core.errors import MeasurementError

POWERCAP = Path("/sys/class/powercap")
LOOP_S = 2.5
"""How long a loop is counted over: counters of GPUs move in steps of up to 0.1 s."""

Read = Callable[[], float | str]
"""Returns joules so far, or why they cannot be read."""


def counter(device: str, powercap: Path = POWERCAP) -> Read:
    """Return how to read the energy counter of `device` (cpu: all processor packages together)."""
    if device == "cpu":
        return lambda: _rapl_j(powercap)
    from core.latency.gpu import Gpu

    try:
        return Gpu(device).energy_j
    except MeasurementError as error:
        reason = str(error)
        return lambda: reason


def _rapl_j(powercap: Path) -> float | str:
    if not powercap.is_dir():
        return "this system has no /sys/class/powercap (RAPL), as is usual in virtual machines and containers"
    packages = [path for path in sorted(powercap.glob("*-rapl:*")) if _is_package(path)]
    if not packages:
        return "no processor package offers an energy counter (RAPL)"
    try:
        return sum(int((path / "energy_uj").read_text()) for path in packages) / 1e6
    except PermissionError:
        return "the energy counter (RAPL) may be read by root only; chmod a+r its energy_uj files"
    except (OSError, ValueError) as error:
        return f"the energy counter (RAPL) cannot be read: {error}"


def _is_package(path: Path) -> bool:
    try:
        return (path / "name").read_text().startswith("package")
    except OSError:
        return False


def per_thousand(before: float | str, after: float | str, images: int) -> tuple[float | None, str]:
    """Return joules for 1,000 predictions and a note; the note alone says why where there is no figure."""
    if isinstance(before, str) or isinstance(after, str):
        reason = before if isinstance(before, str) else after
        return None, f"not available here: {reason}"
    if after <= before:
        return None, "not available here: the energy counter did not move or wrapped around"
    return 1000 * (after - before) / images, f"counter over {images} predictions, idle power included"
