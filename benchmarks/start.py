"""From Start to a result: the first training step with and without the spare worker, and the first latency.

    python -m benchmarks.start [--smoke]

Cold: an empty home folder, so the baseline is trained first. A second variant is another ratio after it. The
spare worker, which a server keeps ready and a command does not, has TensorFlow, the data and a traced step. A
run's first latency is that of the asked network on LiteRT.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.results import conditions, store, table
from core.engine import Engine
from core.records import RunSpec
from core.settings import Settings

STEPS = (0.31, 0.41, 0.51, 0.61, 0.71)
LATENCIES = (0.6, 0.7, 0.8)
COLD = 3
"""How many fresh homes a first latency is timed in."""
LOOK_S = 0.005
PATIENCE_S = 600.0
Spend = Callable[[Engine, RunSpec], float]


def wait_for(condition: Callable[[], Any]) -> None:
    """Look two hundred times a second until `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise click.ClickException(f"nothing came of a run in {PATIENCE_S:g} s")
        time.sleep(LOOK_S)


def at_work(engine: Engine) -> list[Any]:
    """Return the progress of every run that has a worker."""
    found = [engine.live(run.run_id) for run in engine.runs() if not run.status.is_finished]
    return [live for live in found if live is not None]


def to_first_step(engine: Engine, spec: RunSpec) -> float:
    """Return the seconds from Start to the first training step told; the run is cancelled then."""
    began = time.monotonic()
    run_id = engine.submit(spec)
    wait_for(lambda: any(live.steps for live in at_work(engine)))
    spent = time.monotonic() - began
    engine.cancel(run_id)
    wait_for(lambda: all(run.status.is_finished for run in engine.runs()))
    return spent


def first_latency(engine: Engine, spec: RunSpec) -> float:
    """Return the seconds from Start to the first latency of the asked network, whose run goes on."""
    began = time.monotonic()
    run_id = engine.submit(spec)
    wait_for(lambda: (live := engine.live(run_id)) and any(row.p50_ms for row in live.latency))
    return time.monotonic() - began


def to_first_latency(engine: Engine, spec: RunSpec) -> float:
    """Return the seconds from Start to the first latency of the asked network; the run is finished then."""
    spent = first_latency(engine, spec)
    wait_for(lambda: all(run.status.is_finished for run in engine.runs()))
    return spent


def row(what: str, seconds: list[float], bar_s: float | None) -> dict[str, str]:
    """Return one line of the table."""
    bar = f"{bar_s:g}" if bar_s is not None else "none"
    return {
        "from Start to": what,
        "times": str(len(seconds)),
        "median s": f"{median(seconds):.2f}",
        "longest s": f"{max(seconds):.2f}",
        "bar s": bar,
    }


def ready(engine: Engine, *, spare: bool) -> None:
    """Wait until there is a spare worker that has done all it can, or none."""
    engine.spare = spare
    wait_for(lambda: engine.spare_state == ("ready" if spare else "none"))


def again(engine: Engine, spend: Spend, ratios: Sequence[float], *, spare: bool) -> list[float]:
    """Return what each of `ratios` takes, its baseline cached, with a spare that is ready or with none."""
    found = []
    for ratio in ratios:
        ready(engine, spare=spare)
        found.append(spend(engine, RunSpec(ratio=ratio)))
    return found


@contextmanager
def fresh() -> Iterator[Engine]:
    """An engine without a spare worker in an empty home folder."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        engine = Engine(Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}"), spare=False)
        try:
            yield engine
        finally:
            engine.close()


@click.command()
@click.option("--smoke", is_flag=True, help="One start, nothing stored: does it run?")
def main(smoke: bool) -> None:
    """Start runs in home folders of their own; print a table and store it."""
    before = conditions()
    if smoke:
        with fresh() as engine:
            rows = [row("the first step, cold", [to_first_step(engine, RunSpec())], None)]
    else:
        rows = measured()
    click.echo(table(rows))
    if not smoke:
        click.echo(store("start", {"rows": rows, "conditions": before}), err=True)


def cold(*, spare: bool) -> list[float]:
    """Return the seconds to the first latency in fresh homes, with a spare that is ready or with none."""
    found = []
    for _ in range(COLD):
        with fresh() as engine:
            ready(engine, spare=spare)
            found.append(first_latency(engine, RunSpec()))
    return found


def measured() -> list[dict[str, str]]:
    """Return the rows of the table: what fresh homes take, and one that has the baseline."""
    ways = ((False, "no spare", None), (True, "with the spare", 1.5))
    rows = [row(f"the first latency, cold, {how}", cold(spare=spare), 45) for spare, how, _ in ways]
    with fresh() as engine:
        to_first_latency(engine, RunSpec())
        for spare, how, step_bar in ways:
            steps = again(engine, to_first_step, STEPS, spare=spare)
            latencies = again(engine, to_first_latency, LATENCIES, spare=spare)
            rows.append(row(f"the first step, {how}", steps, step_bar))
            rows.append(row(f"the first latency of a second variant, {how}", latencies, 20))
    return rows


if __name__ == "__main__":
    main()
