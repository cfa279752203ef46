"""The job of a run: what was asked and, unless it is dense, what its baseline left in the store."""

import base64
from contextlib import suppress

from core.errors import StoreError
from core.records import Convolution, Job, RunRecord, RunSpec
from core.tracking import Store

MODEL, EXPORTED = "model.keras", "model.tflite"


def job_of(
    spec: RunSpec,
    run_id: str,
    baseline: RunRecord | None,
    store: Store,
    *,
    can_hold: bool = False,
    is_local: bool = True,
) -> Job:
    """Return what a worker is told; raises StoreError where the baseline's network is not in the store.

    The baseline as it was exported goes along only where it saves more than it costs: to a worker on this
    machine that is measured against it. A node exports it again, in less than a second of its own, instead
    of having megabytes more pass through the one scheduler.
    """
    if baseline is None:
        return Job(run_id=run_id, spec=spec, holds=can_hold)
    model = _base64(store, baseline.run_id, MODEL)
    exported = ""
    if is_local and spec.conv is Convolution.STANDARD:
        with suppress(StoreError):  # of an earlier version, say: the run exports it itself
            exported = _base64(store, baseline.run_id, EXPORTED)
    return Job(
        run_id=run_id,
        spec=spec,
        baseline_model=model,
        baseline_tflite=exported,
        baseline_result=baseline.result,
    )


def _base64(store: Store, run_id: str, name: str) -> str:
    return base64.b64encode(store.artifact(run_id, name).read_bytes()).decode()
