"""Which runs belong together: a run's dense network, and the runs that differ from it in the ratio only."""

from collections.abc import Iterable, Sequence

from core.analysis.quantities import row_of
from core.records.comparison import Setup
from core.records.run import RunRecord
from core.records.spec import Convolution, Method, RunSpec
from core.records.study import Twins


def baseline_of(record: RunRecord, records: Iterable[RunRecord]) -> RunRecord | None:
    """Return the finished dense run that `record` starts from, by its id, else by its specification."""
    if record.spec.is_baseline:
        return record if record.result else None
    finished = [other for other in records if other.result and other.spec.is_baseline]
    by_id = next((other for other in finished if other.run_id == record.baseline_id), None)
    return by_id or next((other for other in finished if other.spec == record.spec.baseline()), None)


def dense_standard_of(record: RunRecord, records: Iterable[RunRecord]) -> RunRecord | None:
    """Return the finished dense run with standard convolutions that speed-ups refer to."""
    wanted = record.spec.baseline().edited(conv=Convolution.STANDARD)
    return next((other for other in records if other.result and other.spec == wanted), None)


def family_of(record: RunRecord, records: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return the finished runs that differ from `record` in the ratio only, one a ratio, by ratio.

    The dense network belongs to every family, as ratio 0; a dense run's family is itself.
    """
    everything = tuple(records)
    dense = baseline_of(record, everything)
    by_ratio: dict[float, RunRecord] = {0.0: dense} if dense else {}
    if not record.spec.is_baseline:
        wanted = _without_ratio(record.spec)
        for other in (record, *everything):
            if other.result and not other.spec.is_baseline and _without_ratio(other.spec) == wanted:
                by_ratio.setdefault(other.spec.ratio, other)
    return tuple(by_ratio[ratio] for ratio in sorted(by_ratio))


def twin_of(record: RunRecord, records: Iterable[RunRecord]) -> RunRecord | None:
    """Return the finished run that zeroes what `record` removes, or the other way round.

    It has the same architecture, convolution, ratio and seed; which weights go is each method's own choice.
    """
    pairs = {Method.STRUCTURED: Method.MAGNITUDE, Method.MAGNITUDE: Method.STRUCTURED}
    wanted = pairs.get(record.spec.method)
    if wanted is None:
        return None
    return next((other for other in records if other.result and _is_twin(record, other, wanted)), None)


def standard_macs(record: RunRecord, records: Iterable[RunRecord]) -> int:
    """Return the MACs of the network that speed-ups refer to; those of its own dense one where it is gone."""
    standard = dense_standard_of(record, records)
    result = standard.result if standard else None
    if result:
        return result.macs
    return record.result.macs_baseline if record.result else 0


def twins_of(record: RunRecord, records: Iterable[RunRecord], setup: Setup) -> Twins | None:
    """Return `record` and its twin as measured on `setup`; None without a twin or without both times."""
    everything = tuple(records)
    twin = twin_of(record, everything)
    if twin is None:
        return None
    removed, zeroed = (record, twin) if record.spec.method.is_removal else (twin, record)
    rows = row_of(removed, setup), row_of(zeroed, setup)
    if removed.result is None or not removed.result.macs or rows[0] is None or rows[1] is None:
        return None
    return Twins(
        ratio=removed.spec.ratio,
        macs_ratio=standard_macs(removed, everything) / removed.result.macs,
        removed=rows[0],
        zeroed=rows[1],
    )


def _is_twin(record: RunRecord, other: RunRecord, method: Method) -> bool:
    names = ("architecture", "conv", "ratio", "seed")
    same = all(getattr(other.spec, name) == getattr(record.spec, name) for name in names)
    return same and other.spec.method is method


def alike(records: Sequence[RunRecord], architecture: str, method: Method) -> tuple[RunRecord, ...]:
    """Return the finished runs of one architecture that are dense or of one method."""
    return tuple(
        record
        for record in records
        if record.result
        and record.spec.architecture == architecture
        and record.spec.method in (method, Method.NONE)
    )


def _without_ratio(spec: RunSpec) -> RunSpec:
    return spec.edited(ratio=0.0)
