"""Frozen records that cross rooms, and the only place where they become JSON."""

from core.records.codec import from_dict, from_json, to_dict, to_json
from core.records.job import Job
from core.records.latency import Caveat, Conditions, LatencyRow, Runtime
from core.records.live import LiveRun, SweepRecord, TrainingEpoch, TrainingStep
from core.records.network import LayerChange
from core.records.run import Event, EventKind, Origin, RunRecord, RunResult, Stage, StageTime, Status
from core.records.spec import Architecture, Convolution, Cost, Criterion, Method, RunSpec, Schedule, Scope

__all__ = [
    "Architecture",
    "Caveat",
    "Conditions",
    "Convolution",
    "Cost",
    "Criterion",
    "Event",
    "EventKind",
    "Job",
    "LatencyRow",
    "LayerChange",
    "LiveRun",
    "Method",
    "Origin",
    "RunRecord",
    "RunResult",
    "RunSpec",
    "Runtime",
    "Schedule",
    "Scope",
    "Stage",
    "StageTime",
    "Status",
    "SweepRecord",
    "TrainingEpoch",
    "TrainingStep",
    "from_dict",
    "from_json",
    "to_dict",
    "to_json",
]
