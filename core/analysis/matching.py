"""Convolution type against ratio: one cell each, and pairs of standard and separable runs that match.

Nothing is interpolated: every cell and both sides of every pair are runs that were measured.
"""

from collections.abc import Callable, Iterable, Sequence
from math import log

from core.analysis.pareto import sign
from core.analysis.quantities import estimate, row_of
from core.records.comparison import MapCell, Match, Pair, Quantity, Setup, Sign
from core.records.run import RunRecord
from core.records.spec import Convolution

NEAR_PARAMETERS = log(1.25)
"""Networks within a quarter of each other's parameters count as equally large."""


def cells(records: Iterable[RunRecord], setup: Setup) -> tuple[MapCell, ...]:
    """Return a cell for each convolution type and ratio, by type and ratio."""
    groups: dict[tuple[Convolution, float], list[MapCell]] = {}
    for record in records:
        if cell := _cell(record, setup):
            groups.setdefault((cell.conv, cell.ratio), []).append(cell)
    return tuple(_median(groups[key]) for key in sorted(groups, key=lambda k: (k[0] != "standard", k[1])))


def pairs(records: Iterable[RunRecord], match: Match, setup: Setup) -> tuple[Pair, ...]:
    """Return each separable run with the standard one nearest to it; left out where none is near enough."""
    everything = cells(records, setup)
    standard = [cell for cell in everything if cell.conv is Convolution.STANDARD]
    separable = [cell for cell in everything if cell.conv is Convolution.SEPARABLE]
    found = ((_nearest(cell, standard, match), cell) for cell in separable)
    return tuple(_pair(other, cell) for other, cell in found if other)


def _cell(record: RunRecord, setup: Setup) -> MapCell | None:
    accuracy = estimate(record, Quantity.ACCURACY, setup)
    if record.result is None or accuracy is None:
        return None
    row = row_of(record, setup)
    return MapCell(
        conv=record.spec.conv,
        ratio=record.spec.ratio,
        run_id=record.run_id,
        num_runs=1,
        accuracy=accuracy,
        speedup=estimate(record, Quantity.SPEEDUP, setup),
        p50=estimate(record, Quantity.P50, setup),
        parameters=record.result.parameters,
        caveats=row.warnings if row else (),
    )


def _median(group: Sequence[MapCell]) -> MapCell:
    """Return the run in the middle of the group, the worse of two, told how many there are."""
    ordered = sorted(group, key=lambda cell: (cell.accuracy.value, cell.run_id))
    middle = ordered[(len(ordered) - 1) // 2]
    return MapCell(
        conv=middle.conv,
        ratio=middle.ratio,
        run_id=middle.run_id,
        num_runs=len(group),
        accuracy=middle.accuracy,
        speedup=middle.speedup,
        p50=middle.p50,
        parameters=middle.parameters,
        caveats=middle.caveats,
    )


def _nearest(cell: MapCell, others: Sequence[MapCell], match: Match) -> MapCell | None:
    near, distance = _RULES[match]
    return min((o for o in others if near(cell, o)), key=lambda o: distance(cell, o), default=None)


def _parameter_distance(a: MapCell, b: MapCell) -> float:
    return abs(log(a.parameters / b.parameters))


def _accuracy_distance(a: MapCell, b: MapCell) -> float:
    return abs(a.accuracy.value - b.accuracy.value)


def _is_as_accurate(a: MapCell, b: MapCell) -> bool:
    return sign(a.accuracy, b.accuracy, Quantity.ACCURACY) is Sign.WITHIN_NOISE


_Near = Callable[[MapCell, MapCell], bool]
_Distance = Callable[[MapCell, MapCell], float]
_RULES: dict[Match, tuple[_Near, _Distance]] = {
    Match.RATIO: (lambda a, b: a.ratio == b.ratio, _accuracy_distance),
    Match.PARAMETERS: (lambda a, b: _parameter_distance(a, b) <= NEAR_PARAMETERS, _parameter_distance),
    Match.ACCURACY: (_is_as_accurate, _accuracy_distance),
}


def _pair(standard: MapCell, separable: MapCell) -> Pair:
    times = standard.speedup, separable.speedup
    return Pair(
        standard=standard,
        separable=separable,
        accuracy=sign(standard.accuracy, separable.accuracy, Quantity.ACCURACY),
        speedup=sign(times[0], times[1], Quantity.SPEEDUP) if times[0] and times[1] else None,
    )
