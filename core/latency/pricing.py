"""What a network costs in time, for a pruner that saves milliseconds instead of MACs. Imports keras."""

import tempfile
from pathlib import Path
from typing import Any

from core.errors import MeasurementError
from core.latency import export
from core.latency.measurement import measure
from core.latency.protocol import Effort
from core.latency.subject import Subject
from core.records import Runtime

EFFORT = Effort(processes=1, blocks=10, min_queries=512, min_s=0.2, slow_s=0.5, slow_queries=20, warmup_s=0.5)
"""Short: a dozen copies are timed for one plan, and their costs are fitted together."""


def p50_ms(model: Any, effort: Effort = EFFORT) -> float:
    """Return the median LiteRT float32 query of `model` in milliseconds; raises MeasurementError."""
    with tempfile.TemporaryDirectory(prefix="price-") as folder:
        path = export.export(model, Path(folder), ("tflite",))["tflite"]
        (row,) = measure(Subject(model.name, {Runtime.LITERT_FP32: path}), effort=effort)
    if row.p50_ms is None:
        raise MeasurementError(f"{model.name} cannot be timed: {row.error}")
    return row.p50_ms
