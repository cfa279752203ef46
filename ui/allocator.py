"""How the C library keeps freed memory: by default in as many heaps as threads, of which little comes back.

A server with many short-lived threads and large arrays grows by that. Only glibc knows these settings.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Numbers of the parameters in glibc's malloc.h."""
LARGE = 2**20
HEAPS = 2


def give_back() -> bool:
    """Have blocks from LARGE bytes returned when freed, and threads share HEAPS; whether it was possible."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = {M_TRIM_THRESHOLD: LARGE, M_MMAP_THRESHOLD: LARGE, M_ARENA_MAX: HEAPS}
    taken = [mallopt(name, value) for name, value in wanted.items()]
    return all(taken)
