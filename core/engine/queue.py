"""Which run starts next: a pure decision on the index."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.engine.index import Index
from core.records import RunRecord, RunResult, Status


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now with a queued run: start it on a baseline, give it up, or train its baseline first."""

    run: RunRecord
    baseline: RunRecord | None = None
    refusal: str = ""
    needs_baseline: bool = False


def next_run(
    index: Index, *, only: frozenset[str] | None = None, trained: Mapping[str, RunResult] | None = None
) -> Next | None:
    """Return the first queued run that something can be done with; runs wait while their baseline trains.

    `only` restricts the choice to those ids; `trained` has the results, so far, of baselines that are at work
    but can be started from.
    """
    for run in index.queue():
        if only is not None and run.run_id not in only:
            continue
        if run.spec.is_baseline:
            return Next(run)
        baseline = index.baseline(run.spec.baseline_key)
        if baseline is not None and baseline.status is Status.FINISHED:
            return Next(run, baseline)
        if baseline is not None and (result := (trained or {}).get(baseline.run_id)):
            return Next(run, replace(baseline, result=result))
        if baseline is None:
            return _without_baseline(run, index)
    return None


def _without_baseline(run: RunRecord, index: Index) -> Next:
    asked = index.get(run.baseline_id)
    if asked is None:
        return Next(run, needs_baseline=True)
    how = "was cancelled" if asked.status is Status.KILLED else f"failed: {asked.reason}"
    return Next(run, refusal=f"its dense baseline {asked.run_id} {how}")


def reordered(index: Index, run_id: str, position: int) -> dict[str, int]:
    """Return new positions that put a queued run at place `position` (from 0); only those that change."""
    rows = index.queue()
    moving = next(r for r in rows if r.run_id == run_id)
    rows.remove(moving)
    rows.insert(max(0, position), moving)
    return {run.run_id: place for place, run in enumerate(rows) if run.position != place}
