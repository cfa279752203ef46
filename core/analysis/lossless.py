"""Whether a pruned network lost anything that can be measured, and the fastest that did not."""

from collections.abc import Callable, Sequence

from core.analysis.family import baseline_of
from core.analysis.pareto import sign
from core.analysis.quantities import estimate
from core.records.comparison import Lossless, Paired, Quantity, Setup, Sign
from core.records.run import RunRecord

Compare = Callable[[RunRecord, RunRecord], Paired | None]
"""Hold the answers of the second run against the first's on the same images; None where one kept none."""


def no_answers(dense: RunRecord, record: RunRecord) -> None:
    """Compare nothing: for records without their files."""


def fastest_lossless(
    records: Sequence[RunRecord], everything: Sequence[RunRecord], setup: Setup, compare: Compare
) -> Lossless | None:
    """Return the run with the least p50 that loses nothing; dense networks are looked for in `everything`."""
    dense = [record for record in everything if record.spec.is_baseline]
    times = ((estimate(record, Quantity.P50, setup), record) for record in records)
    ordered = sorted(((t.value, record.run_id, record) for t, record in times if t), key=lambda one: one[:2])
    return next((said for *_, record in ordered if (said := lossless(record, dense, compare))), None)


def lossless(record: RunRecord, records: Sequence[RunRecord], compare: Compare) -> Lossless | None:
    """Return what says that `record` loses nothing against its own dense network; None where nothing does.

    On the same images a paired test sees what two intervals do not. Intervals that part need no test: it
    would find the loss as well. Without answers, overlapping Wilson intervals have to do; on 10,000 images
    and near 99 % they hide up to about 0.4 points.
    """
    dense = baseline_of(record, records)
    before = estimate(dense, Quantity.ACCURACY, Setup()) if dense else None
    after = estimate(record, Quantity.ACCURACY, Setup())
    if not dense or not before or not after or sign(before, after, Quantity.ACCURACY) is Sign.WORSE:
        return None
    found = compare(dense, record)
    if found and found.is_loss:
        return None
    return Lossless(run_id=record.run_id, dense=dense.run_id, paired=found)
