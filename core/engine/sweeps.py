"""Runs that are asked for together: every combination of values, and how far they have come. Pure."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import SpecError
from core.records import LiveRun, Method, RunRecord, RunSpec, Status, SweepRecord

Live = Callable[[str], LiveRun | None]


@dataclass(frozen=True, slots=True)
class Combinations:
    """The runs of a sweep, and in words the combinations that make no sense and are left out."""

    specs: tuple[RunSpec, ...]
    left_out: tuple[str, ...] = ()


def combinations(choices: Mapping[str, Sequence[Any]]) -> Combinations:
    """Return a run for every combination of the chosen values of a spec's fields, each once.

    A dense run takes ratio 0 whatever ratios are chosen. Combinations that a spec refuses are left out and
    named; a value that no combination accepts raises its SpecError, so that nothing is dropped unseen.
    """
    names = [name for name, values in choices.items() if values]
    found: dict[RunSpec, None] = {}
    refused: dict[str, None] = {}
    used: set[tuple[str, Any]] = set()
    for values in itertools.product(*(choices[name] for name in names)):
        given = dict(zip(names, values, strict=True))
        try:
            spec = _spec(given)
        except SpecError as error:
            refused[str(error)] = None
            continue
        found[spec] = None
        used |= set(given.items())
    unused = [(name, value) for name in names for value in choices[name] if (name, value) not in used]
    if unused:
        raise SpecError(_refusal(unused[0], tuple(refused)))
    return Combinations(tuple(found), tuple(refused))


def _spec(given: dict[str, Any]) -> RunSpec:
    if given.get("method") == Method.NONE:
        kept = {name: value for name, value in given.items() if name in _DENSE}
        return RunSpec(**kept, method=Method.NONE, ratio=0.0).baseline()
    return RunSpec(**given)


_DENSE = ("architecture", "conv", "augment", "epochs", "batch_size", "seed", "device")


def _refusal(choice: tuple[str, Any], refused: tuple[str, ...]) -> str:
    name, value = choice
    mine = [text for text in refused if name in text.split(" is ")[0] or repr(value) in text]
    return (mine or list(refused) or [f"{name} {value!r} fits no other value"])[0]


def sweeps_of(records: Sequence[RunRecord], live: Live) -> tuple[SweepRecord, ...]:
    """Return the sweeps among runs, newest first."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        if record.sweep_id:
            groups.setdefault(record.sweep_id, []).append(record)
    return tuple(_progress(sweep_id, rows, live) for sweep_id, rows in groups.items())


def sweep_of(sweep_id: str, records: Sequence[RunRecord], live: Live) -> SweepRecord | None:
    """Return one sweep, None where no run belongs to it."""
    rows = [record for record in records if record.sweep_id == sweep_id]
    return _progress(sweep_id, rows, live) if rows else None


def _progress(sweep_id: str, rows: list[RunRecord], live: Live) -> SweepRecord:
    ordered = sorted(rows, key=lambda r: (r.created_at, r.position))
    states = {r.run_id: live(r.run_id) for r in rows if r.status is Status.RUNNING}
    parts = sum(state.fraction for state in states.values() if state)
    done = sum(r.status.is_finished for r in rows)
    return SweepRecord(
        sweep_id=sweep_id,
        name=ordered[0].sweep_name,
        run_ids=tuple(r.run_id for r in ordered),
        counts=dict(Counter(r.status for r in rows)),
        fraction=(done + parts) / len(rows),
        eta_s=_eta(rows, parts),
        created_at=ordered[0].created_at,
    )


def _eta(rows: list[RunRecord], parts: float) -> float | None:
    """Return seconds left at the pace so far, None before the first run of the sweep has finished."""
    done = [r for r in rows if r.status is Status.FINISHED]
    spent = [r.ended_at - r.started_at for r in done if r.ended_at is not None and r.started_at is not None]
    left = sum(not r.status.is_finished for r in rows) - parts
    if not spent:
        return 0.0 if not left else None
    running = max(1, sum(r.status is Status.RUNNING for r in rows))
    return left * sum(spent) / len(spent) / running
