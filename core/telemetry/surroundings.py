"""Where this program runs and what of NVIDIA's is there: from /proc and /sys, not from the driver."""

import os
import re
from pathlib import Path

from core.records import Place

NVIDIA = "0x10de"
DISPLAY_CLASS = "0x03"
CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")


def place(root: Path = Path("/")) -> Place:
    """Return whether this is a container, WSL2 or the machine itself."""
    if "microsoft" in _text(root / "proc/version").lower():
        return Place.WSL2
    marked = any((root / path.lstrip("/")).exists() for path in CONTAINER_FILES)
    groups = _text(root / "proc/1/cgroup")
    if (
        marked
        or os.environ.get("KUBERNETES_SERVICE_HOST")
        or re.search("docker|kubepods|containerd|lxc", groups)
    ):
        return Place.CONTAINER
    return Place.MACHINE


def cards_on_bus(root: Path = Path("/")) -> int | None:
    """Return the number of NVIDIA display and compute cards on the PCI bus; None where it cannot be read."""
    try:
        devices = list((root / "sys/bus/pci/devices").iterdir())
    except OSError:
        return None
    return sum(
        _text(d / "vendor") == NVIDIA and _text(d / "class").startswith(DISPLAY_CLASS) for d in devices
    )


def module_version(root: Path = Path("/")) -> str | None:
    """Return the version of the loaded kernel module; None where none is loaded."""
    found = re.search(r"Kernel Module\s.*?(\d+\.\d+(?:\.\d+)?)", _text(root / "proc/driver/nvidia/version"))
    return found[1] if found else None


def process_name(pid: int) -> str | None:
    """Return the name of a process of this machine; None where it has ended or belongs to somebody else."""
    return _text(Path(f"/proc/{pid}/comm")) or None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
