"""NVML's return codes as plain reasons: what a field that has no value reads instead."""

from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """How far a refusal reaches: one field, one GPU, or the driver as a whole."""

    FIELD = "field"
    GPU = "gpu"
    DRIVER = "driver"


@dataclass(frozen=True, slots=True)
class Refusal:
    """NVML's no: its code (nvmlReturn_t), the reason, its reach; lasting: asking soon again is vain."""

    code: int
    reason: str
    reach: Reach = Reach.FIELD
    lasting: bool = False


NO_PERMISSION = 4
INSUFFICIENT_SIZE = 7
NOT_LOADED = 9
NO_LIBRARY = 12
NO_FUNCTION = 13
LOST = 15
RESET_REQUIRED = 16
MISMATCH = 18
NO_GPU = 28
UNREADABLE = -1
"""Ours, not NVML's: an answer came but cannot be one."""

NOT_READ = Refusal(0, "not read yet")
ON_DEMAND = Refusal(0, "read only while somebody looks at it")
ECC_OFF = Refusal(0, "error correction is switched off", lasting=True)
UNAVAILABLE = Refusal(21, "the driver has no value for it at the moment")

_REFUSALS = {
    refusal.code: refusal
    for refusal in (
        Refusal(1, "the driver was closed or reloaded", Reach.DRIVER),
        Refusal(2, "not supported: the driver rejects the question", lasting=True),
        Refusal(3, "not supported by this GPU", lasting=True),
        Refusal(NO_PERMISSION, "no permission to read it"),
        Refusal(6, "the driver does not find it"),
        Refusal(INSUFFICIENT_SIZE, "the list changed while it was read"),
        Refusal(8, "the GPU's power cables are not connected", Reach.GPU),
        Refusal(NOT_LOADED, "the driver is not loaded", Reach.DRIVER),
        Refusal(10, "the GPU did not answer in time"),
        Refusal(11, "the GPU's interrupts do not arrive", Reach.GPU),
        Refusal(NO_LIBRARY, "the driver's library was not found", Reach.DRIVER),
        Refusal(NO_FUNCTION, "not supported by the installed driver", lasting=True),
        Refusal(14, "the GPU's information memory is damaged"),
        Refusal(LOST, "the GPU is lost", Reach.GPU),
        Refusal(RESET_REQUIRED, "the GPU needs a reset", Reach.GPU),
        Refusal(17, "the operating system blocked the question"),
        Refusal(MISMATCH, "driver and library have different versions", Reach.DRIVER),
        Refusal(19, "the GPU is in use"),
        Refusal(20, "the driver ran out of memory"),
        UNAVAILABLE,
        Refusal(25, "not supported by the installed driver", lasting=True),
        Refusal(26, "not supported any more by the installed driver", lasting=True),
        Refusal(27, "the GPU is not ready yet"),
        Refusal(NO_GPU, "the driver finds no GPU"),
        Refusal(999, "unknown error"),
    )
}


def refusal(code: int) -> Refusal:
    """Return what NVML's return code means to a reader; unknown codes are named by number."""
    return _REFUSALS.get(code) or Refusal(code, f"unknown error (NVML code {code})")
