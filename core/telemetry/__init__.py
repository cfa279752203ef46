"""Live readings of GPUs and host, their history and the trace that a run keeps.

Loads nothing before it is needed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.telemetry.sampling import Sampler

__all__ = ["Sampler", "sampler"]


def sampler(hz: float = 5.0) -> "Sampler":
    """Return this process's sampler, started by the first caller; `hz` counts only then."""
    from core.telemetry import sampling

    return sampling.sampler(hz)


def __getattr__(name: str) -> Any:
    if name == "Sampler":
        from core.telemetry.sampling import Sampler

        return Sampler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
