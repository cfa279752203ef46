"""Live readings of GPUs and host, their history and the trace that a run keeps."""

from core.telemetry.sampling import Sampler, sampler

__all__ = ["Sampler", "sampler"]
