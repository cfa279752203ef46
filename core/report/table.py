"""All runs as CSV and JSON, in full: every field, stored units in the names, nothing rounded."""

import csv
import io
from collections.abc import Iterable, Sequence

from core.analysis.quantities import NO_VISITORS, Visitors, estimate, row_of
from core.records import LatencyRow, RunRecord, RunResult, RunSpec, Status, to_dict, to_json
from core.records.comparison import Quantity, Setup

Cell = str | int | float | bool | None
Line = dict[str, Cell]

_RUN = ("run_id", "name", "status", "reason", "origin", "recorded_on", "baseline_id", "sweep_id", "notes")
_TIMES = ("created_at", "started_at", "ended_at")
_RESULT = (
    "ratio_achieved", "weights_removed", "parameters", "parameters_baseline", "macs", "macs_baseline",
    "accuracy", "accuracy_baseline", "accuracy_before_finetune", "errors", "num_test_images", "train_s",
    "finetune_s", "total_s", "size_bytes", "size_gzip_bytes",
)  # fmt: skip
_ROW = tuple(name for name in LatencyRow.__dataclass_fields__ if name not in ("model", "conditions"))
_NOBODY = RunRecord(run_id="", spec=RunSpec(), status=Status.SCHEDULED)
"""Names the columns where there is no run."""
_CONDITIONS = ("cpu", "frequency_mhz", "load_during", "gpu", "measured_at")


def runs_csv(records: Iterable[RunRecord], setup: Setup, visitors: Visitors = NO_VISITORS) -> str:
    """Return one line a run, with the latency that was measured on `setup` (empty where none was)."""
    return _csv([_line(record, row_of(record, setup), visitors) for record in records])


def latency_csv(records: Iterable[RunRecord], visitors: Visitors = NO_VISITORS) -> str:
    """Return one line a latency row, and one for each run without any."""
    lines = []
    for record in records:
        rows: Sequence[LatencyRow | None] = record.result.latency if record.result else ()
        lines += [_line(record, row, visitors) for row in rows or (None,)]
    return _csv(lines)


def runs_json(records: Iterable[RunRecord]) -> str:
    """Return the complete records as one JSON list; `core.records.from_dict` reads each of them back."""
    return "[" + ",\n".join(to_json(record) for record in records) + "]\n"


def _line(record: RunRecord, row: LatencyRow | None, visitors: Visitors) -> Line:
    spec = {name: _cell(getattr(record.spec, name)) for name in RunSpec.__dataclass_fields__}
    return {
        **{name: _cell(getattr(record, name)) for name in (*_RUN, *_TIMES)},
        **spec,
        **_counted(record.result),
        **_interval(record, Quantity.ACCURACY, visitors),
        **_interval(record, Quantity.VISITORS, visitors),
        **{f"latency_{name}": _cell(getattr(row, name)) if row else None for name in _ROW},
        **_conditions(row),
    }


def _counted(result: RunResult | None) -> Line:
    line: Line = {name: getattr(result, name) if result else None for name in _RESULT}
    return line | {"warnings": "; ".join(result.warnings) if result else None}


def _interval(record: RunRecord, quantity: Quantity, visitors: Visitors) -> Line:
    value = estimate(record, quantity, Setup(), visitors)
    name = f"{quantity}_accuracy" if quantity is Quantity.VISITORS else str(quantity)
    bounds: Line = {
        f"{name}_low": value.low if value else None,
        f"{name}_high": value.high if value else None,
    }
    return {name: value.value if value else None, **bounds} if quantity is Quantity.VISITORS else bounds


def _conditions(row: LatencyRow | None) -> Line:
    known = to_dict(row.conditions) if row and row.conditions else {}
    return {f"conditions_{name}": known.get(name) for name in _CONDITIONS}


def _cell(value: object) -> Cell:
    if isinstance(value, tuple):
        return "; ".join(str(item) for item in value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _harmless(str(value))


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a run's name for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def _csv(lines: Sequence[Line]) -> str:
    names = list(_line(_NOBODY, None, NO_VISITORS))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()
