"""Several runs side by side: what was asked differently, and each quantity against the first run."""

from collections.abc import Sequence

from core.analysis.constraints import COMPARED
from core.analysis.pareto import verdict
from core.analysis.quantities import NO_VISITORS, Visitors, estimate
from core.records.comparison import Difference, Estimate, FieldValues, Quantity, Setup
from core.records.run import RunRecord
from core.records.spec import spec_fields


def specifications(records: Sequence[RunRecord]) -> tuple[FieldValues, ...]:
    """Return every field of the specifications, those that differ first, else in the order of the spec."""
    fields = [
        FieldValues(name=name, values=tuple(_written(getattr(r.spec, name)) for r in records))
        for name in spec_fields()
    ]
    return tuple(sorted(fields, key=lambda field: field.is_equal))


def against_first(
    records: Sequence[RunRecord], setup: Setup, visitors: Visitors = NO_VISITORS
) -> dict[Quantity, tuple[Difference | None, ...]]:
    """Return, for each quantity that the first run has, how each run stands to it (None: not measured)."""
    if not records:
        return {}
    table: dict[Quantity, tuple[Difference | None, ...]] = {}
    for quantity in COMPARED:
        values = [estimate(record, quantity, setup, visitors) for record in records]
        first = values[0]
        if first is not None:
            table[quantity] = tuple(_difference(quantity, first, value) for value in values)
    return table


def _difference(quantity: Quantity, first: Estimate, other: Estimate | None) -> Difference | None:
    if other is None:
        return None
    return Difference(quantity=quantity, best=first, other=other, sign=verdict(first, other, quantity))


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
