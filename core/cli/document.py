"""Run records as flat JSON documents: the contract of `run --json`, `runs --json` and `show --json`."""

from dataclasses import fields
from typing import Any

from core.records import RunRecord, RunResult, to_dict

_RESULT = tuple(field.name for field in fields(RunResult) if field.name not in ("version", "channels"))


def document(record: RunRecord) -> dict[str, Any]:
    """Return a run as one flat dictionary; what a run without a result has not measured is null."""
    data = to_dict(record)
    spec, result = data.pop("spec"), data.pop("result") or {}
    flat = {**data, **spec, **{name: result.get(name) for name in _RESULT}}
    layers = result.get("channels") or []
    flat["channels"] = {row["layer"]: {"before": row["before"], "after": row["after"]} for row in layers}
    flat["layers"] = layers
    flat["latency"] = flat["latency"] or []
    flat["warnings"] = flat["warnings"] or []
    flat["title"] = record.title
    return flat


def table(records: tuple[RunRecord, ...]) -> str:
    """Return runs as lines of text, newest first."""
    rows = [("RUN", "STATUS", "WHAT", "ACCURACY", "PARAMETERS", "P50 MS", "SPEED-UP"), *map(_row, records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(record: RunRecord) -> tuple[str, ...]:
    start = (record.run_id[:12], record.status.value, record.title)
    result = record.result
    if result is None:
        return (*start, "", "", "", "")
    row = next((row for row in result.latency if row.p50_ms is not None), None)
    p50 = f"{row.p50_ms:.4f}" if row and row.p50_ms is not None else ""
    speedup = f"{row.speedup:.2f}x" if row and row.speedup is not None else ""
    return (*start, f"{100 * result.accuracy:.2f} %", f"{result.parameters:,}", p50, speedup)


def summary(record: RunRecord) -> str:
    """Return a run as a few lines of text."""
    lines = [f"{record.title}  ({record.run_id})", f"status: {record.status.value}"]
    lines += [f"reason: {record.reason}"] if record.reason else []
    if record.result is not None:
        lines += _figures(record.result)
    return "\n".join(lines)


def _figures(result: RunResult) -> list[str]:
    lines = [
        f"accuracy: {100 * result.accuracy:.2f} % ({result.errors} errors of {result.num_test_images}), "
        f"dense {100 * result.accuracy_baseline:.2f} %",
        f"parameters: {result.parameters:,} of {result.parameters_baseline:,}; "
        f"MACs: {result.macs:,} of {result.macs_baseline:,}",
        f"ratio achieved: {result.ratio_achieved:.4f}; weights removed: {100 * result.weights_removed:.1f} %",
        "channels: " + ", ".join(f"{c.layer} {c.before} -> {c.after}" for c in result.channels),
    ]
    for row in result.latency:
        if row.p50_ms is None:
            lines.append(f"{row.runtime}: {row.error}")
            continue
        gain = ""
        if row.speedup is not None and row.speedup_low is not None and row.speedup_high is not None:
            bounds = f"{row.speedup_low:.2f} to {row.speedup_high:.2f}"
            gain = f", {row.speedup:.2f}x ({bounds}) against dense standard"
        doubts = f" [{', '.join(row.warnings)}]" if row.warnings else ""
        lines.append(f"{row.runtime}: p50 {row.p50_ms:.4f} ms, p99 {row.p99_ms:.4f} ms{gain}{doubts}")
    return lines + [f"warning: {text}" for text in result.warnings]
