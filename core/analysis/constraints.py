"""Which runs hold the limits that somebody set, which of them is best, and what the second best would cost.

The goal is weighed with its noise: all runs that are not clearly worse than the best one count as equally
good there, and the tie-breaker (latency for accuracy, accuracy for everything else) decides among them.
"""

from collections.abc import Mapping, Sequence

from core.analysis.lossless import Compare, fastest_lossless, no_answers
from core.analysis.pareto import sign, verdict
from core.analysis.quantities import NO_VISITORS, Visitors, estimate
from core.records.comparison import Difference, Estimate, Fit, Limit, Quantity, Recommendation, Setup, Sign
from core.records.run import RunRecord

COMPARED = (
    Quantity.ACCURACY,
    Quantity.ERRORS,
    Quantity.P50,
    Quantity.P90,
    Quantity.THROUGHPUT,
    Quantity.PARAMETERS,
    Quantity.MACS,
    Quantity.SIZE,
    Quantity.MEMORY,
    Quantity.ENERGY,
    Quantity.VISITORS,
)

_Values = Mapping[str, Estimate]


def fit_of(record: RunRecord, limits: Sequence[Limit], setup: Setup, visitors: Visitors = NO_VISITORS) -> Fit:
    """Return how `record` stands to all `limits` together: the worst of the single answers."""
    fits = [_fit(estimate(record, limit.quantity, setup, visitors), limit) for limit in limits]
    return max(fits, key=_ORDER.index, default=Fit.MEETS)


def recommend(
    records: Sequence[RunRecord],
    limits: Sequence[Limit],
    setup: Setup,
    goal: Quantity = Quantity.ACCURACY,
    visitors: Visitors = NO_VISITORS,
    everything: Sequence[RunRecord] | None = None,
    compare: Compare = no_answers,
) -> Recommendation:
    """Return the best run for `goal` within `limits`, the runner-up and what taking that one would change.

    `everything` is where dense networks are looked for; None: among `records`. `compare` says whether a run
    loses anything against its own.
    """
    finished = [record for record in records if record.result]
    fits = {record.run_id: fit_of(record, limits, setup, visitors) for record in finished}
    feasible = [record for record in finished if fits[record.run_id].is_feasible]
    ranked, tied = _rank(feasible, goal, setup, visitors)
    pair = ranked[:2]
    return Recommendation(
        goal=goal,
        limits=tuple(limits),
        best=pair[0].run_id if pair else None,
        runner_up=pair[1].run_id if len(pair) > 1 else None,
        lossless=fastest_lossless(feasible, records if everything is None else everything, setup, compare),
        fits=fits,
        tied=tuple(record.run_id for record in tied),
        given_up=differences(pair[0], pair[1], setup, visitors) if len(pair) > 1 else (),
    )


def differences(
    best: RunRecord, other: RunRecord, setup: Setup, visitors: Visitors = NO_VISITORS
) -> tuple[Difference, ...]:
    """Return every quantity that both have, and how `other` stands in it."""
    pairs = ((q, estimate(best, q, setup, visitors), estimate(other, q, setup, visitors)) for q in COMPARED)
    return tuple(
        Difference(quantity=q, best=a, other=b, sign=verdict(a, b, q)) for q, a, b in pairs if a and b
    )


_ORDER = (Fit.MEETS, Fit.IN_DOUBT, Fit.FAILS, Fit.NOT_MEASURED)


def _fit(value: Estimate | None, limit: Limit) -> Fit:
    if value is None:
        return Fit.NOT_MEASURED
    low, high = value.bounds
    if not limit.quantity.is_better_high:
        value, low, high = Estimate(-value.value), -high, -low
    bound = limit.bound if limit.quantity.is_better_high else -limit.bound
    if value.value < bound:
        return Fit.FAILS
    return Fit.MEETS if low >= bound else Fit.IN_DOUBT


def _rank(
    feasible: Sequence[RunRecord], goal: Quantity, setup: Setup, visitors: Visitors
) -> tuple[list[RunRecord], list[RunRecord]]:
    """Return the best two by goal, noise considered, and all that tie with the best value of the goal."""
    second = Quantity.P50 if goal is Quantity.ACCURACY else Quantity.ACCURACY
    at_goal = _values(feasible, goal, setup, visitors)
    at_second = _values(feasible, second, setup, visitors)
    left = [record for record in feasible if record.run_id in at_goal]
    tied = _tied_with_best(left, at_goal, goal)
    ranked: list[RunRecord] = []
    while left and len(ranked) < 2:
        pool = _tied_with_best(left, at_goal, goal)
        chosen = min(pool, key=lambda r: _key(r, at_second, second, at_goal, goal))
        ranked.append(chosen)
        left.remove(chosen)
    return ranked, tied


def _tied_with_best(records: list[RunRecord], values: _Values, quantity: Quantity) -> list[RunRecord]:
    if not records:
        return []
    top = min(records, key=lambda record: _turned(values[record.run_id], quantity))
    best = values[top.run_id]
    return [r for r in records if sign(best, values[r.run_id], quantity) is not Sign.WORSE]


def _key(
    record: RunRecord, at_second: _Values, second: Quantity, at_goal: _Values, goal: Quantity
) -> tuple[float, float, str]:
    other = at_second.get(record.run_id)
    return (
        _turned(other, second) if other else float("inf"),
        _turned(at_goal[record.run_id], goal),
        record.run_id,
    )


def _turned(value: Estimate, quantity: Quantity) -> float:
    return -value.value if quantity.is_better_high else value.value


def _values(
    records: Sequence[RunRecord], quantity: Quantity, setup: Setup, visitors: Visitors
) -> dict[str, Estimate]:
    found = ((record.run_id, estimate(record, quantity, setup, visitors)) for record in records)
    return {run_id: value for run_id, value in found if value}
