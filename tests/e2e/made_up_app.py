"""The dashboard over made-up runs, for browser tests and screenshots: `uvicorn tests.e2e.made_up_app:app`.

PRUNING_LAB_MADE_UP says how many; with PRUNING_LAB_ENDS_WITH one more runs, and ends when such a file is
there.
Pages, engine and store are the real ones; only the list of runs is replaced.
"""

import os
from dataclasses import replace
from pathlib import Path

from core.records import RunRecord, Status
from tests.made_up import made_up_run, made_up_runs
from ui import resources

RUNS = made_up_runs(int(os.environ.get("PRUNING_LAB_MADE_UP", "60")))
ENDS_WITH = os.environ.get("PRUNING_LAB_ENDS_WITH")
LATE = made_up_run("late", name="the late one", ratio=0.6, p50_ms=0.009, errors=40)


def _runs() -> tuple[RunRecord, ...]:
    if ENDS_WITH is None:
        return RUNS
    return (LATE if Path(ENDS_WITH).exists() else replace(LATE, status=Status.RUNNING, result=None), *RUNS)


resources.runs = _runs
resources.run = lambda run_id: next((run for run in _runs() if run.run_id == run_id), None)

from app import app  # noqa: E402  (the pages must find the runs replaced)

__all__ = ["app"]
