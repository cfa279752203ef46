"""`run`, `sweep`, `cancel`: work for the engine, here or in the server that owns the home folder."""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import click

from core.cli.document import document, summary, table
from core.cli.options import json_option, print_json, say, spec_choices, spec_of, spec_options
from core.errors import EngineError
from core.records import RunRecord, RunSpec, SearchRecord, Status, to_dict

if TYPE_CHECKING:
    from core.engine import Engine

POLL_S = 0.2
TAKEOVER_S = 10.0
"""How long to wait for the home folder once its owner has gone; this process takes it every 2 s."""


@click.command()
@spec_options
@click.option("--name", default="", help="a name of your own for the run")
@json_option
def run(as_json: bool, name: str, **given: Any) -> int:
    """Train (once), prune, fine-tune, export and measure one network."""
    spec = spec_of(given)
    with closing(_engine()) as engine:
        run_id = _submit(engine, spec, name)
        record = _await(engine, [run_id])[0]
    if as_json:
        print_json(document(record))
    else:
        click.echo(summary(record))
    return 0 if record.status is Status.FINISHED else 1


@click.command()
@spec_choices
@click.option("--name", default="", help="a name of your own for the sweep")
@json_option
def sweep(as_json: bool, name: str, **given: Any) -> int:
    """Make a run of every combination of the given values."""
    from core.engine.sweeps import combinations

    found = combinations(_choices(given))
    for text in found.left_out:
        say(f"left out: {text}")
    with closing(_engine()) as engine:
        say(f"{len(found.specs)} runs{_about(engine, found.specs)}")
        sweep_id = _submit_sweep(engine, found.specs, name)
        _await_sweep(engine, sweep_id)
        records = tuple(r for r in engine.runs() if r.sweep_id == sweep_id)
    if as_json:
        print_json([document(record) for record in records])
    else:
        click.echo(table(records))
    return 0 if all(r.status is Status.FINISHED for r in records) else 1


@click.command()
@spec_options
@click.option("--max-drop", type=float, default=0.3, show_default=True, help="accuracy to lose, in points")
@click.option("--trials", type=int, default=11, show_default=True, help="networks to try at most")
@click.option("--name", default="", help="a name of your own for the search")
@json_option
def search(as_json: bool, max_drop: float, trials: int, name: str, **given: Any) -> int:
    """Search the ratio of the fastest network within --max-drop points of the dense one."""
    facts: dict[str, Any] = {"max_drop": max_drop / 100, "num_trials": trials, "name": name}
    spec = spec_of(given)
    with closing(_engine()) as engine:
        search_id = _order(
            engine, "submit_search", lambda: engine.submit_search(spec, **facts), spec=to_dict(spec), **facts
        )
        found = _await_search(engine, search_id)
        best = engine.run(found.best_id)
    if as_json:
        print_json({**to_dict(found), "best": document(best) if best else None})
    else:
        click.echo(summary(best) if best else f"no network within {max_drop:g} points was found")
    return 0 if best else 1


@click.command()
@click.argument("run")
def cancel(run: str) -> int:
    """Cancel a queued or running run; RUN is its id or the beginning of it."""
    from core.cli.store import find

    record = find(run)
    if record.status.is_finished:
        raise EngineError(f"run {record.run_id} has ended already ({record.status.lower()}).")
    with closing(_engine()) as engine:
        _cancel(engine, record.run_id)
    click.echo(f"cancelling {record.run_id}", err=True)
    return 0


def _choices(given: dict[str, Any]) -> dict[str, list[Any]]:
    flags = {name: [given[name]] for name in ("distill", "augment") if given[name] is not None}
    ignore = {"ignore": [given["ignore"]]} if given["ignore"] else {}
    lists = {
        name: list(value) for name, value in given.items() if name not in ("distill", "augment", "ignore")
    }
    return {**{name: value for name, value in lists.items() if value}, **flags, **ignore}


def _about(engine: "Engine", specs: tuple[RunSpec, ...]) -> str:
    seconds = engine.estimate(specs)
    return f", about {seconds / 60:.0f} minutes" if seconds is not None else ""


def _engine() -> "Engine":
    from core.engine import Engine

    engine = Engine(resume=False)
    if engine.read_only and not engine.is_following:
        raise EngineError(engine.read_only)
    return engine


def _is_elsewhere(engine: "Engine") -> bool:
    return engine.owner_elsewhere is not None


def _order(engine: "Engine", verb: str, here: Callable[[], Any], **arguments: Any) -> Any:
    """Have the owner of the home folder do something; do it `here` once that is this process."""
    from core.engine.mailbox import Mailbox, OwnerGone

    mailbox = Mailbox(engine.settings.home)
    deadline = time.monotonic() + TAKEOVER_S
    while engine.read_only is not None:
        if _is_elsewhere(engine):
            with suppress(OwnerGone):
                say(f"asking {engine.owner_elsewhere}")
                return mailbox.ask(verb, **arguments)
        elif time.monotonic() > deadline:
            raise EngineError(engine.read_only)
        time.sleep(POLL_S)
    return here()


def _submit(engine: "Engine", spec: RunSpec, name: str) -> str:
    return str(
        _order(engine, "submit", lambda: engine.submit(spec, name=name), spec=to_dict(spec), name=name)
    )


def _submit_sweep(engine: "Engine", specs: tuple[RunSpec, ...], name: str) -> str:
    lines = [to_dict(spec) for spec in specs]
    return str(
        _order(engine, "submit_sweep", lambda: engine.submit_sweep(specs, name), specs=lines, name=name)
    )


def _cancel(engine: "Engine", run_id: str) -> None:
    _order(engine, "cancel", lambda: engine.cancel(run_id), run_id=run_id)


def _await_sweep(engine: "Engine", sweep_id: str) -> None:
    found: list[str] = []
    while not found:
        found = [r.run_id for r in reversed(engine.runs()) if r.sweep_id == sweep_id]
        time.sleep(POLL_S)
    _await(engine, found)


def _await_search(engine: "Engine", search_id: str) -> SearchRecord:
    told: dict[str, int] = {}
    leads = engine.read_only is None
    try:
        while True:
            found = next(record for record in engine.searches() if record.search_id == search_id)
            run_ids = list(found.run_ids)
            if not leads and engine.read_only is None:
                engine.take_up(_with_baselines(engine, run_ids), search_id)
                leads = True
            _pass_on(engine, run_ids, told)
            if found.state != "running" and not (leads and _baseline_works(engine, run_ids)):
                return found
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        _order(engine, "cancel_search", lambda: engine.cancel_search(search_id), search_id=search_id)
        raise click.exceptions.Abort from None


def _await(engine: "Engine", run_ids: list[str]) -> list[RunRecord]:
    """Wait until runs have ended, passing their logs on to stderr; Ctrl-C cancels them."""
    told: dict[str, int] = {}
    leads = engine.read_only is None
    try:
        while True:
            if not leads and engine.read_only is None:
                engine.take_up(_with_baselines(engine, run_ids))
                leads = True
            _pass_on(engine, run_ids, told)
            records = [record for record in map(engine.run, run_ids) if record is not None]
            is_over = len(records) == len(run_ids) and all(record.status.is_finished for record in records)
            if is_over and not (leads and _baseline_works(engine, run_ids)):
                _pass_on(engine, run_ids, told)
                return records
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        _cancel_all(engine, run_ids)
        raise click.exceptions.Abort from None


def _cancel_all(engine: "Engine", run_ids: list[str]) -> None:
    say("cancelling")
    for run_id in run_ids:
        record = engine.run(run_id)
        if record is not None and record.status.is_finished:
            continue
        _cancel(engine, run_id)


def _with_baselines(engine: "Engine", run_ids: list[str]) -> list[str]:
    records = [record for record in map(engine.run, run_ids) if record is not None]
    return run_ids + [record.baseline_id for record in records if record.baseline_id]


def _baseline_works(engine: "Engine", run_ids: list[str]) -> bool:
    """Whether a baseline of these runs is still at work: it may be measured after the first of them."""
    known = (engine.run(run_id) for run_id in _with_baselines(engine, run_ids))
    return any(record is not None and record.status is Status.RUNNING for record in known)


def _pass_on(engine: "Engine", run_ids: list[str], told: dict[str, int]) -> None:
    for run_id in _with_baselines(engine, run_ids):
        path = engine.log_file(run_id)
        if path is None:
            continue
        text = path.read_bytes()[told.get(run_id, 0) :]
        whole = text[: text.rfind(b"\n") + 1]
        told[run_id] = told.get(run_id, 0) + len(whole)
        for line in whole.decode(errors="replace").splitlines():
            say(f"{run_id[:8]}  {line}")
