"""How much memory a process took at most, wherever what it shares was loaded.

A forked process has the memory of its parent, but pages of files (a library's code) count as its own only
once it touches them. Those that its parent had touched are added here, so that the figure is that of a
process which has loaded everything itself. Linux only: read from /proc.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Place = tuple[int, int, str]
"""Where a file lies in memory: first address, the one behind the last, and its path."""

PRESENT = np.uint64(63)
"""The bit of an entry in /proc/PID/pagemap that says whether the page is in memory (man 5 proc)."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a process had in memory before it forked another one: its peak, and which pages of files."""

    peak_bytes: int = 0
    pages: dict[Place, Any] = field(default_factory=dict)

    @classmethod
    def now(cls) -> "Inherited":
        """Return what this process has; nothing where /proc does not say."""
        try:
            return cls(_high_water_bytes(), _file_pages())
        except OSError:
            return cls()


def peak_bytes(inherited: Inherited) -> int | None:
    """Return the largest resident size so far (VmHWM) and the inherited pages; None where /proc is silent."""
    try:
        own, pages = _high_water_bytes(), _file_pages() if inherited.pages else {}
    except OSError:
        return None
    untouched = sum(
        int(np.count_nonzero(there & ~pages[place]))
        for place, there in inherited.pages.items()
        if place in pages
    )
    return max(inherited.peak_bytes, own + untouched * os.sysconf("SC_PAGE_SIZE"))


def _high_water_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("no VmHWM in /proc/self/status")


def _file_pages() -> dict[Place, Any]:
    """Return for each mapped file which of its pages are in memory, as an array of bool."""
    size, found = os.sysconf("SC_PAGE_SIZE"), {}
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for line in Path("/proc/self/maps").read_text().splitlines():
            where, _, _, _, inode, *path = line.split(maxsplit=5)
            if inode == "0":
                continue
            start, end = (int(address, 16) for address in where.split("-"))
            pagemap.seek(start // size * 8)
            entries = np.frombuffer(pagemap.read((end - start) // size * 8), np.uint64)
            found[start, end, path[0]] = entries >> PRESENT == 1
    return found
