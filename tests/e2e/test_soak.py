import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

import psutil
import pytest
from playwright.sync_api import Page

from benchmarks.ui import reruns
from core.engine.home import Home
from core.engine.mailbox import Mailbox
from core.records import RunSpec, Status, to_dict
from core.settings import Settings
from core.tracking import Store
from tests.core.engine.conftest import is_alive, wait_until
from tests.e2e.conftest import IDLE, Visitor, serve
from tests.made_up_home import fill
from ui.shell import SCREENS

pytestmark = pytest.mark.soak
MINUTES = 5
NUM_LIVE = NUM_IDLE = 10
LONG_RUN = RunSpec(epochs=60, seed=77)

WATCH = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  window.reruns = []
  let began = null
  new MutationObserver(() => {
    const rests = app.dataset.testScriptState === "notRunning"
    if (!rests && began === null) began = performance.now()
    if (rests && began !== null) { window.reruns.push(performance.now() - began); began = null }
  }).observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] })
}"""


def server_of(home: Path) -> psutil.Process:
    return psutil.Process(wait_until(lambda: Home(home).owner()).pid)


def train(home: Path) -> str:
    """Have the server train for longer than a test lasts; return the run."""
    wait_until(lambda: Home(home).is_owned())
    return str(Mailbox(home).ask("submit", spec=to_dict(LONG_RUN.baseline())))


@pytest.fixture
def opened(visit: Callable[..., Visitor]) -> Callable[[str, str, str], Page]:
    def make(address: str, path: str, heading: str) -> Page:
        return visit(address).open(path, heading)

    return make


def test_ten_live_and_ten_idle_sessions_for_five_minutes_while_a_run_trains(
    opened: Callable[[str, str, str], Page], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with serve(home) as address:
        run_id = train(home)
        server = server_of(home)
        live = [opened(address, "/experiment", "Experiment") for _ in range(NUM_LIVE)]
        idle = [opened(address, "/", SCREENS[0].title) for _ in range(NUM_IDLE)]
        for page in live:
            page.locator('[class*="st-key-live-"]').wait_for()
            page.evaluate(WATCH)
        began, memory = time.monotonic(), []
        while (spent := time.monotonic() - began) < MINUTES * 60:
            live[0].wait_for_timeout(1000)
            memory.append((spent, server.memory_info().rss))
        times = [time for page in live for time in page.evaluate("window.reruns")]
        texts = [page.locator("body").inner_text() for page in (*live, *idle)]
        Mailbox(home).ask("cancel", run_id=run_id)
    after_a_minute = next(rss for spent, rss in memory if spent >= 60)
    growth = max(rss for spent, rss in memory if spent >= 60) / after_a_minute - 1
    p95 = quantiles(times, n=20)[-1]
    print(f"{len(times)} reruns, p95 {p95:.0f} ms; memory {after_a_minute / 2**20:.0f} MB, {growth:+.1%}")
    assert len(times) > NUM_LIVE * MINUTES * 30
    assert p95 < 1000
    assert growth <= 0.2
    log = (home / "server.log").read_text()
    assert "Traceback" not in log
    assert not [text for text in texts if "Traceback" in text or "Connection error" in text]


def test_sigterm_with_browsers_connected_ends_the_worker_and_queues_its_run_again(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with serve(home) as address:
        run_id = train(home)
        for _ in range(3):
            page = visit(address, is_checked=False).open("/experiment", "Experiment")
            page.locator('[class*="st-key-live-"]').wait_for()
        children = [child.pid for child in server_of(home).children(recursive=True)]
        assert children
        began = time.monotonic()
    # `serve` has sent SIGTERM and found a clean exit.
    print(f"ended after {time.monotonic() - began:.1f} s")
    wait_until(lambda: not any(map(is_alive, children)), 2)
    store = Store(Settings(home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}"))
    assert store.get(run_id).status is Status.SCHEDULED
    assert "Traceback" not in (home / "server.log").read_text()


def test_compare_with_a_thousand_runs_reruns_in_half_a_second(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    fill(home, 1000)
    (screen,) = [each for each in SCREENS if each.name == "compare"]
    with serve(home) as address:
        page = visit(address).page
        page.goto(f"{address}/compare")
        page.wait_for_selector(IDLE)
        times = reruns(page, address, screen, 20)
    p95 = quantiles(times, n=20)[-1]
    print(f"Compare with 1,000 runs: p95 {p95:.0f} ms of 20 reruns")
    assert p95 < 500
