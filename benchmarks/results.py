"""Where every benchmark leaves its figures: one JSON file a day, a section for each benchmark."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.latency.conditions import at_start

FOLDER = Path(__file__).with_name("results")


def conditions() -> dict[str, Any]:
    """Return the machine, its load and the versions as they are now."""
    return asdict(replace(at_start([0]), pinned_core=None))


def store(section: str, figures: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write `figures` into today's file under `section`, keeping the other sections; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y-%m-%d}.json"
    stored = json.loads(path.read_text()) if path.is_file() else {}
    stored[section] = figures
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    return path


def stored(section: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Return what today's file holds under `section`; empty where there is nothing yet."""
    path = folder / f"{datetime.now(UTC):%Y-%m-%d}.json"
    found: dict[str, Any] = json.loads(path.read_text()).get(section, {}) if path.is_file() else {}
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return `rows` (equal keys) as a Markdown table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
