"""Memory of the server with 1,000 runs: after a first paint, and after visitors who open every page.

    python -m benchmarks.memory [--runs 1000] [--visits 5] [--smoke]

The runs are made up and stored as real ones are (tests/made_up_home.py); server and Chromium are real. The
resident megabytes of the server itself are held against the bar, beside its share of pages that processes
have in common (PSS). A worker that waits for the next run is a process of its own and is not counted.
"""

import tempfile
from pathlib import Path
from typing import Any

import click
import psutil
from playwright.sync_api import Browser, sync_playwright

from benchmarks.results import conditions, store, table
from benchmarks.ui import address, visitor, wait_for
from tests.e2e.conftest import launch, serve
from tests.made_up import made_up_runs
from tests.made_up_home import fill
from ui.shell import SCREENS, Screen

BAR_MB = 450
SETTLE_MS = 1_500


def drawn(runs: int) -> int:
    """Return how many made-up runs it takes until `runs` of them have ended, for only those are stored."""
    ended = [number for number, run in enumerate(made_up_runs(2 * runs + 20), 1) if run.status.is_finished]
    return ended[runs - 1]


def megabytes(server: psutil.Process, when: str) -> dict[str, Any]:
    """Return resident and proportional megabytes of `server` now."""
    memory = server.memory_full_info()
    pss = getattr(memory, "pss", None)  # Linux only
    return {
        "when": when,
        "rss MB": round(memory.rss / 2**20),
        "pss MB": round(pss / 2**20) if pss else "",
        "bar MB": BAR_MB,
    }


def see(browser: Browser, url: str, screens: list[Screen]) -> None:
    """Open `screens` one after the other as one visitor, each until it stands still."""
    with visitor(browser) as page:
        for screen in screens:
            page.goto(address(url, screen))
            wait_for(page, screen)
            page.wait_for_timeout(SETTLE_MS)


def measure(browser: Browser, home: Path, screens: list[Screen], visits: int) -> list[dict[str, Any]]:
    """Return the memory of a fresh server on `home` at its first paint and after each visit to `screens`."""
    with serve(home) as url:
        server = next(c for c in psutil.Process().children() if "streamlit" in c.cmdline())
        see(browser, url, screens[:1])
        rows = [megabytes(server, "first paint")]
        for number in range(1, visits + 1):
            see(browser, url, screens)
            rows.append(megabytes(server, f"every page, visitor {number}"))
    return rows


@click.command()
@click.option("--runs", default=1_000, show_default=True)
@click.option(
    "--visits", default=5, show_default=True, help="Visitors who open every page, one after another."
)
@click.option("--smoke", is_flag=True, help="Three runs, two pages, nothing stored: does it run?")
def main(runs: int, visits: int, smoke: bool) -> None:
    """Fill a home, open every page, print the table and store it."""
    screens = [screen for screen in SCREENS if screen.in_menu]
    runs, visits, screens = (3, 1, screens[:2]) if smoke else (runs, visits, screens)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, sync_playwright() as playwright:
        home = Path(name) / "home"
        fill(home, drawn(runs))
        browser = launch(playwright)
        rows = measure(browser, home, screens, visits)
        browser.close()
    click.echo(table(rows))
    if not smoke:
        click.echo(store("memory", {"conditions": conditions(), "runs": runs, "rows": rows}))


if __name__ == "__main__":
    main()
