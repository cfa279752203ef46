"""How long the Compare page takes with 1,000 runs: the front, each part, and a whole rerun of the page.

    python -m benchmarks.compare [--runs 1000] [--repeats 10] [--smoke]

The runs are made up (tests/made_up.py); only the time that they take is real. Wall-clock and CPU time of this
thread are both given: on a busy machine the first holds the waiting of others, the second does not.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import click

from benchmarks.results import conditions, store
from core.analysis.constraints import recommend
from core.analysis.pareto import front
from core.analysis.quantities import points
from core.charts.tradeoff import tradeoff_figure, tradeoff_info
from core.records import RunRecord
from core.records.comparison import Limit, Quantity, Setup
from core.report.table import runs_csv
from core.settings import ROOT
from tests.made_up import made_up_runs

X, Y = Quantity.P50, Quantity.ACCURACY


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds: medians over the repeats, and the slowest wall-clock one."""

    what: str
    wall_ms: float
    cpu_ms: float
    slowest_ms: float


def timed(what: str, act: Callable[[], Any], repeats: int) -> Timing:
    """Return how long `act` takes, a first call left out."""
    act()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return Timing(what, median(walls), median(cpus), max(walls))


def parts(runs: tuple[RunRecord, ...], repeats: int) -> list[Timing]:
    """Time what the page asks of the analysis and of the charts."""
    setup, limits = Setup(), [Limit(quantity=Y, bound=0.99)]
    cloud = points(runs, X, Y, setup)
    found = front(cloud, X, Y)
    info = tradeoff_info(cloud, X, Y, found)
    return [
        timed("points on the axes", lambda: points(runs, X, Y, setup), repeats),
        timed("front", lambda: front(cloud, X, Y), repeats),
        timed("recommendation", lambda: recommend(runs, limits, setup), repeats),
        timed("figure", lambda: tradeoff_figure(tradeoff_info(cloud, X, Y, found)), repeats),
        timed("figure as JSON", lambda: tradeoff_figure(info).to_json(), repeats),
        timed("CSV of all runs", lambda: runs_csv(runs, setup), repeats),
    ]


def reruns(runs: tuple[RunRecord, ...], repeats: int) -> list[Timing]:
    """Time whole reruns of the page's script, without the browser."""
    from streamlit.testing.v1 import AppTest

    from ui import resources

    resources.runs = lambda: runs  # type: ignore[assignment]
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=120)
    at.switch_page(str(ROOT / "pages" / "compare.py"))
    at.run()
    if at.exception:
        raise SystemExit(f"the page failed: {at.exception[0].message}")
    return [timed("rerun of the page", at.run, repeats)]


@click.command()
@click.option("--runs", "number", default=1000, show_default=True)
@click.option("--repeats", default=10, show_default=True)
@click.option("--smoke", is_flag=True, help="Thirty runs, one repeat, nothing stored: does it run?")
def main(number: int, repeats: int, smoke: bool) -> None:
    """Print medians for that many made-up runs and store them with their conditions."""
    number, repeats = (30, 1) if smoke else (number, repeats)
    runs = made_up_runs(number)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        os.environ["PRUNING_LAB_HOME"] = home
        timings = parts(runs, repeats) + reruns(runs, repeats)
        from ui import resources

        resources.close()
    load = os.getloadavg()[0]
    figures = {"runs": number, "load": load, "timings": [asdict(timing) for timing in timings]}
    if not smoke:
        store("compare", figures | {"conditions": conditions()})
    click.echo(f"{number} made-up runs, load {load:.1f}, {os.cpu_count()} cores; medians of {repeats}, in ms")
    click.echo(f"{'':24}{'wall':>9}{'CPU':>9}{'slowest':>9}")
    for t in timings:
        click.echo(f"{t.what:24}{t.wall_ms:9.1f}{t.cpu_ms:9.1f}{t.slowest_ms:9.1f}")


if __name__ == "__main__":
    main()
