"""Where the driver's library lies on disk, and whether the file in use is still the one that is installed."""

import os
from pathlib import Path

NAME = "libnvidia-ml.so.1"
USUAL_FOLDERS = (
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
)
"""Where drivers, WSL2 and clusters put it, also when the loader's own list does not name the folder."""

Identity = tuple[str, int, int]


def candidates() -> list[str]:
    """Return the files that the loader may have missed.

    It remembers for ever that a folder of LD_LIBRARY_PATH was not there, and often does not list WSL2's.
    """
    listed = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    paths = (os.path.join(folder, NAME) for folder in (*listed, *USUAL_FOLDERS) if folder)
    return [path for path in paths if os.path.isfile(path)]


def in_use() -> Identity | None:
    """Return path, inode and change time of the library that this process has loaded; None if unknown."""
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    line = next((line for line in maps.splitlines() if "libnvidia-ml.so" in line), "")
    return identity(line.split(maxsplit=5)[5].strip()) if line else None


def identity(path: str) -> Identity | None:
    """Return what tells this file from one that replaces it; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return path, status.st_ino, status.st_mtime_ns


def is_replaced(loaded: Identity | None) -> bool:
    """Whether the file that was loaded is gone or another one by now: a driver was removed or upgraded."""
    return loaded is not None and identity(loaded[0]) != loaded
