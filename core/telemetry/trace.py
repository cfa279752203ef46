"""A run's trace: its slice of the readings as a file, and what it adds up to. Pure but for the slicing."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import StoreError
from core.records import RunResult, Series, Source, StageTime, Window, to_json
from core.telemetry.history import thinned
from core.telemetry.sampling import COUNTERS, Sampler
from core.telemetry.summary import summary

TRACE = "trace.parquet"
SUMMARY = "trace_summary.json"
VERSION = 1
CORE = "core_"
"""Series of single cores stay out of the file: their mean is in it."""


def slice(sampler: Sampler, began: float, ended: float) -> Window:
    """Return what was read between two Unix times, as it was read."""
    return sampler.between(began, ended)


def files(
    sampler: Sampler,
    device: str,
    stages: Sequence[StageTime],
    began: float,
    ended: float,
    result: RunResult | None,
) -> dict[str, bytes]:
    """Return the files that a run keeps, by name: its trace and what that adds up to."""
    window = slice(sampler, began, ended)
    told = summary(window, device, stages, result)
    return {TRACE: to_parquet(window), SUMMARY: to_json(told).encode()}


def to_parquet(window: Window) -> bytes:
    """Return the window as one table, a row a source and time; the sources are in the file's metadata."""
    tables = [_table(source) for source in (window.host, *window.gpus)]
    table = pa.concat_tables(tables, promote_options="default").replace_schema_metadata(
        {"pruning_lab": json.dumps(_described(window))}
    )
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def from_parquet(content: bytes) -> Window:
    """Return the window that `to_parquet` stored; raises StoreError where it is none of ours."""
    try:
        table = pq.read_table(BytesIO(content))
        meta = json.loads(table.schema.metadata[b"pruning_lab"])
        host, *gpus = (_source(table, described) for described in meta["sources"])
    except (pa.ArrowInvalid, OSError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"this is no trace of ours ({error}); run again to record one.") from None
    return Window(
        began=meta["began"], ended=meta["ended"], host=host, gpus=tuple(gpus), recorded_on=meta["recorded_on"]
    )


def to_csv(window: Window) -> str:
    """Return a line a source and time: Unix time, UTC, source, then the fields; empty where none."""
    fields = _fields(window)
    lines = [",".join(("unix_time_s", "utc", "source", *fields))]
    for source in (window.host, *window.gpus):
        columns = [source.series.values.get(field) for field in fields]
        for row, t in enumerate(source.series.t):
            cells = ("" if column is None else _cell(column[row]) for column in columns)
            lines.append(",".join((f"{t:.3f}", _utc(t), _quoted(source.label), *cells)))
    return "\n".join(lines) + "\n"


def for_display(window: Window, num_points: int = 1200) -> Window:
    """Return the window with at most about `num_points` a source: a browser shows no more."""

    def fewer(source: Source) -> Source:
        return replace(source, series=thinned(source.series, num_points, COUNTERS))

    return replace(window, host=fewer(window.host), gpus=tuple(map(fewer, window.gpus)))


def _fields(window: Window) -> list[str]:
    names = (field for source in (window.host, *window.gpus) for field in source.series.values)
    return [field for field in dict.fromkeys(names) if not field.startswith(CORE)]


def _table(source: Source) -> Any:
    series = source.series
    columns = {
        "source": pa.array([source.key] * len(series.t), pa.string()).dictionary_encode(),
        "unix_time_s": pa.array(series.t),
    }
    for field, values in series.values.items():
        if not field.startswith(CORE):
            columns[field] = pa.array(values, from_pandas=True)
    return pa.table(columns)


def _described(window: Window) -> dict[str, Any]:
    return {
        "version": VERSION,
        "began": window.began,
        "ended": window.ended,
        "recorded_on": window.recorded_on,
        "sources": [_without_series(source) for source in (window.host, *window.gpus)],
    }


def _without_series(source: Source) -> dict[str, Any]:
    described = asdict(replace(source, series=Series(np.empty(0), {})))
    described["fields"] = [field for field in source.series.values if not field.startswith(CORE)]
    del described["series"]
    return described


def _source(table: Any, described: dict[str, Any]) -> Source:
    rows = table.filter(pa.compute.equal(table["source"], described["key"]))
    values = {
        field: np.asarray(rows[field].to_numpy(zero_copy_only=False), np.float64)
        for field in described.pop("fields")
    }
    return Source(series=Series(np.asarray(rows["unix_time_s"].to_numpy(), np.float64), values), **described)


def _cell(value: float) -> str:
    return f"{value:.12g}" if np.isfinite(value) else ""


def _utc(t: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + f".{int(t % 1 * 1000):03d}Z"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
