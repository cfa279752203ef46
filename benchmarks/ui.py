"""How long a visitor waits: first paint, reruns and page switches, idle and while a run trains.

    python -m benchmarks.ui [--repeats 20] [--smoke]

A real server and a real Chromium on the same machine, so the work of the browser is in every figure. A rerun
lasts from the R key to the end of the script as the browser sees it, a page switch from the click on its link
to the heading of the next page, its script ended.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.results import conditions, store, table
from tests.e2e.conftest import IDLE, launch, serve
from ui.shell import SCREENS, Screen

WATCH = """([event, title]) => {
  const app = document.querySelector('[data-testid="stApp"]')
  window.rerun = new Promise((done, fail) => {
    let began, asked
    addEventListener(event, () => { began = performance.now() }, { once: true, capture: true })
    new MutationObserver((records, observer) => {
      // A short one may have come and gone before this is called: then only the record knows it.
      const states = [app.dataset.testScriptState, ...records.map(each => each.oldValue)]
      asked ||= began && states.some(state => state && state !== "notRunning")
      // A page of a few milliseconds is drawn at once, without a moment in which its script runs.
      const isThere = title ? document.querySelector("h1")?.textContent.trim() === title : asked
      if (!isThere || app.dataset.testScriptState !== "notRunning") return
      observer.disconnect()
      done(performance.now() - began)
    }).observe(app, { attributeFilter: ["data-test-script-state"], attributeOldValue: true,
      childList: !!title, characterData: !!title, subtree: !!title })
    setTimeout(() => fail("no rerun was seen"), 60_000)
  })
}"""
NOTE_FIRSTS = """
window.seen = {}
new MutationObserver(() => {
  const note = (name, selector) => { if (document.querySelector(selector)) seen[name] ??= performance.now() }
  note("paint", "h1")
  note("value", ".tiles strong")
}).observe(document, { childList: true, subtree: true })
"""
"""When the heading and the first reading of a Device page stood there, in milliseconds."""
PATIENCE_MS = 120_000
Figures = dict[str, Any]


LONG = 200
"""Epochs of the run that trains meanwhile; it ends with its server."""


def figures(what: str, times_ms: list[float], bar_ms: float) -> Figures:
    """Return median and 95th percentile of `times_ms`, beside what the issue asks for."""
    p95 = quantiles(times_ms, n=20)[-1] if len(times_ms) > 1 else times_ms[0]
    return {"what": what, "median_ms": round(median(times_ms)), "p95_ms": round(p95), "bar_ms": bar_ms}


def wait_for(page: Page, screen: Screen) -> None:
    """Wait until the page's heading stands there and its script has ended."""
    page.get_by_role("heading", name=screen.title, level=1).wait_for()
    page.wait_for_selector(IDLE)


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def address(url: str, screen: Screen) -> str:
    """Return where `screen` is on the server at `url`; the first one is its front page."""
    return f"{url}/{'' if screen is SCREENS[0] else screen.name}"


def cold(browser: Browser, folder: Path, repeats: int) -> list[float]:
    """Return the time from the server's start to the first heading, each with an empty home."""
    times = []
    for number in range(repeats):
        with visitor(browser) as page:
            page.add_init_script(NOTE_FIRSTS)
            began = time.time()
            with serve(folder / f"cold{number}") as url:
                page.goto(url)
                times.append(_painted(page) - began * 1000)
    return times


def warm(browser: Browser, url: str, repeats: int) -> list[float]:
    """Return the time from a visit without any cache to the first heading."""
    times = []
    for _ in range(repeats):
        with visitor(browser) as page:
            page.add_init_script(NOTE_FIRSTS)
            began = time.time()
            page.goto(url)
            times.append(_painted(page) - began * 1000)
    return times


def _painted(page: Page) -> float:
    """Return when the heading stood there by the page's own clock, in milliseconds since 1970."""
    page.get_by_role("heading", name=SCREENS[0].title, level=1).wait_for()
    return float(page.evaluate("performance.timeOrigin + seen.paint"))


def first_values(browser: Browser, url: str, repeats: int) -> list[float]:
    """Return the time from the first paint of Device to its first reading."""
    times = []
    for _ in range(repeats):
        with visitor(browser) as page:
            page.add_init_script(NOTE_FIRSTS)
            page.goto(f"{url}/device")
            page.locator(".tiles strong").first.wait_for()
            times.append(float(page.evaluate("seen.value - seen.paint")))
    return times


def reruns(page: Page, url: str, screen: Screen, repeats: int) -> list[float]:
    """Return how long reruns of a page take; the first two are left out."""
    page.goto(address(url, screen))
    wait_for(page, screen)
    page.wait_for_timeout(2_000)
    page.locator("h1").click()
    return [_rerun(page) for _ in range(repeats + 2)][2:]


def _rerun(page: Page) -> float:
    page.wait_for_selector(IDLE)
    page.evaluate(WATCH, ["keydown", ""])
    page.keyboard.press("r")
    return float(page.evaluate("window.rerun"))


def switches(page: Page, url: str, repeats: int, screens: Sequence[Screen]) -> list[float]:
    """Return how long the menu takes from page to page, once every page has been seen."""
    page.goto(url)
    wait_for(page, SCREENS[0])
    times = []
    for number in range(repeats * len(screens)):
        screen = screens[(number + 1) % len(screens)]
        link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=screen.title)
        page.evaluate(WATCH, ["click", screen.title])
        link.click()
        if number >= len(screens):
            times.append(float(page.evaluate("window.rerun")))
        wait_for(page, screen)
        page.wait_for_timeout(150)
    return times


def start_run(page: Page, url: str) -> None:
    """Start LeNet-5 from the form, for longer than all that follows takes, and wait until it trains."""
    page.goto(f"{url}/experiment")
    wait_for(page, SCREENS[1])
    page.get_by_text("Training", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill(str(LONG))
    epochs.press("Tab")
    wait_for(page, SCREENS[1])
    page.locator(".st-key-start button").click()
    page.locator(".stages .now", has_text="training").wait_for()


def measure(
    browser: Browser,
    url: str,
    screens: Sequence[Screen],
    repeats: int,
    rounds: int,
    when: str,
    rerun_bar: float,
) -> list[Figures]:
    """Return reruns of each of `screens`, all together, and switches between them."""
    found: list[Figures] = []
    everything: list[float] = []
    with visitor(browser) as page:
        for screen in screens:
            times = reruns(page, url, screen, repeats)
            everything += times
            found.append(figures(f"rerun of {screen.title}, {when}", times, rerun_bar))
        found.append(figures(f"rerun of any page, {when}", everything, rerun_bar))
        found.append(figures(f"page switch, {when}", switches(page, url, rounds, screens), 300))
    return found


@click.command()
@click.option("--repeats", default=20, help="Reruns of each page.")
@click.option("--rounds", default=8, help="Page switches: through the whole menu how often.")
@click.option("--smoke", is_flag=True, help="Two pages once, no run, nothing stored: does it run?")
def main(repeats: int, rounds: int, smoke: bool) -> None:
    """Measure, print a table and store it."""
    screens = [screen for screen in SCREENS if screen.in_menu]
    colds, warms = (1, 1) if smoke else (3, 5)
    repeats, rounds, screens = (2, 2, screens[:2]) if smoke else (repeats, rounds, screens)
    before = conditions()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launch(playwright)
        rows = [figures("cold start to first paint", cold(browser, folder, colds), 3_000)]
        with serve(folder / "home") as url:
            with visitor(browser) as page:
                page.goto(url)
                wait_for(page, SCREENS[0])
            rows.append(figures("first paint of a warm server", warm(browser, url, warms), 4_000))
            rows.append(figures("first reading on Device", first_values(browser, url, warms), 1_000))
            rows += measure(browser, url, screens, repeats, rounds, "idle", 180)
            if not smoke:
                with visitor(browser) as page:
                    start_run(page, url)
                    busy = "while a run trains"
                    rows += measure(browser, url, screens, max(4, repeats // 3), rounds, busy, 300)
        browser.close()
    click.echo(table(rows))
    if not smoke:
        click.echo(store("ui", {"conditions": before, "rows": rows}))


if __name__ == "__main__":
    main()
