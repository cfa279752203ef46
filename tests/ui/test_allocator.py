import platform
import subprocess
import sys

import pytest

from core.settings import ROOT

CHILD = """
import ctypes, sys
import psutil
from ui.allocator import give_back
if sys.argv[1] == "told":
    assert give_back()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
resident = lambda: psutil.Process().memory_info().rss
def block(size):
    place = libc.malloc(size)
    ctypes.memset(place, 1, size)
    return place
libc.free(block(30 * 2**20))  # from now on the C library takes blocks up to this size for short-lived ones
before = resident()
large = [block(4 * 2**20) for _ in range(20)]
last = block(300_000)  # above the large ones, so that the heap cannot shrink
for place in large:
    libc.free(place)
print((resident() - before) / 2**20)
"""


def kept_mb(how: str) -> float:
    command = [sys.executable, "-c", CHILD, how]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_large_blocks_return_to_the_system_once_they_are_free():
    assert kept_mb("told") < 10 < 60 < kept_mb("not told")
