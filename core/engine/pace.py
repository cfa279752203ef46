"""How long stages take, learned from the runs that have finished. Pure."""

from collections.abc import Iterable, Sequence
from statistics import median

from core.records import RunRecord, RunSpec, Stage, Status

SHARES = {
    Stage.STARTING: 4.0,
    Stage.TRAINING: 20.0,
    Stage.PRUNING: 1.0,
    Stage.FINE_TUNING: 20.0,
    Stage.EVALUATING: 3.0,
    Stage.EXPORTING: 6.0,
    Stage.MEASURING: 12.0,
}
"""Relative lengths that draw the bar of a first run; no time is ever derived from them."""


def stages_of(spec: RunSpec) -> tuple[Stage, ...]:
    """Return the stages that a run of `spec` goes through once its baseline is trained."""
    skipped = {Stage.PRUNING, Stage.FINE_TUNING} if spec.is_baseline else {Stage.TRAINING}
    return tuple(stage for stage in Stage if stage not in skipped)


def expected(spec: RunSpec, records: Iterable[RunRecord]) -> tuple[dict[Stage, float], bool]:
    """Return seconds for each stage, and whether all of them come from finished runs of that architecture."""
    alike = [
        r
        for r in records
        if r.status is Status.FINISHED
        and r.spec.architecture is spec.architecture
        and r.spec.is_baseline is spec.is_baseline
    ]
    same = [r for r in alike if r.spec.conv is spec.conv] or alike
    rates = {stage: _rate(stage, same) for stage in stages_of(spec) if _units(stage, spec)}
    measured = all(rate is not None for rate in rates.values())
    times = {stage: _units(stage, spec) * (rate or 0.0) for stage, rate in rates.items()}
    return (times, True) if measured else ({stage: SHARES[stage] for stage in rates}, False)


def duration(spec: RunSpec, records: Iterable[RunRecord]) -> float | None:
    """Return about how many seconds a run of `spec` takes; None where nothing alike has finished yet."""
    times, measured = expected(spec, records)
    return sum(times.values()) if measured else None


def against(records: Iterable[RunRecord], others: Sequence[RunRecord]) -> float | None:
    """Return how many times as long as `others` tell finished `records` took; None where nothing is alike."""
    ratios = []
    for record in records:
        told = duration(record.spec, others) if record.status is Status.FINISHED else None
        spent = sum(taken.elapsed_s or 0.0 for taken in record.stages)
        if told and spent:
            ratios.append(spent / told)
    return median(ratios[:20]) if ratios else None


def _rate(stage: Stage, records: list[RunRecord]) -> float | None:
    found = [
        taken.elapsed_s / _units(stage, record.spec)
        for record in records[:20]
        for taken in record.stages
        if taken.stage is stage and taken.elapsed_s is not None and _units(stage, record.spec)
    ]
    return median(found) if found else None


def _units(stage: Stage, spec: RunSpec) -> float:
    if stage is Stage.TRAINING:
        return float(spec.epochs or 0)
    if stage is Stage.FINE_TUNING:
        return float(spec.finetune_epochs or 0)
    return 1.0
