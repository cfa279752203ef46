"""A result's figures as metrics of their own, for the run store's other readers. Pure."""

from core.records import RunResult
from core.tracking import Point

SUMMARY = (
    *("accuracy", "errors", "parameters", "macs", "ratio_achieved", "weights_removed", "size_bytes"),
    *("train_s", "finetune_s", "total_s"),
)


def summary(result: RunResult, t: float) -> list[Point]:
    """Return a result's figures as metrics of their own, for the run store's other readers."""
    points = [Point(name, float(getattr(result, name)), t) for name in SUMMARY]
    for row in result.latency:
        if row.p50_ms is not None:
            points.append(Point(f"p50_ms.{row.runtime}.batch{row.batch}", row.p50_ms, t))
        if row.speedup is not None:
            points.append(Point(f"speedup.{row.runtime}.batch{row.batch}", row.speedup, t))
    return points
