"""A real server and a real Chromium; what a page asked for and complained about is written down."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, Response, expect, sync_playwright

from core.engine.home import Preferences
from core.records import to_json
from core.report.figure import browser as found_browser
from core.settings import ROOT
from tests.made_up_home import fill, keep_network

SCREENSHOTS = ROOT / ".tests" / "screenshots"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAVE = ("serious", "critical")
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# On a deep link Streamlit first looks for its server below the page's own address; that is no error of ours.
PROBE = re.compile(r"/_stcore/(health|host-config)$")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def launch(playwright: Playwright) -> Browser:
    """Start $CHROMIUM, or the browser that also draws the app's figures."""
    path = os.environ.get("CHROMIUM") or found_browser()
    return playwright.chromium.launch(executable_path=path, args=ARGS)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serve(
    home: Path, *command: str, address: str = "", keeps_spare: bool = False, **environment: str
) -> Iterator[str]:
    """A server, `streamlit run` by default, at `address` or on a free port ("{port}" in `command`).

    Without `keeps_spare` no worker gets ready for a run that will not come.
    """
    address = address or f"http://127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    command = command or ("-m", "streamlit", "run", "app.py", "--server.port", "{port}")
    env = {**os.environ, "PRUNING_LAB_HOME": str(home), **environment}
    home.mkdir(parents=True, exist_ok=True)
    (home / "preferences.json").write_text(to_json(Preferences(spare=keeps_spare)))
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *(part.format(port=port) for part in command)],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(f"{address}/_stcore/health", process)
            yield address
        finally:
            process.terminate()
            code = process.wait(20)
    assert code in (0, -15), (home / "server.log").read_text()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(400):
        assert process.poll() is None, "the server ended at once"
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


class Visitor:
    """A browser tab with the words of our tests; `complaints` and `requests` are what it met and asked."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", self._heard)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._answered)
        page.set_default_timeout(PATIENCE_MS)

    def _heard(self, message: Any) -> None:
        address = message.location.get("url", "")
        if message.type == "error" and not PROBE.search(address):
            self.complaints.append(f"console: {message.text} {address}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not PROBE.search(response.url):
            self.complaints.append(f"{response.status} {response.url}")

    def open(self, path: str, heading: str) -> Page:
        """Visit a page and wait until it has been drawn."""
        self.page.goto(self.url + path)
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        self.idle()
        return self.page

    def go(self, link: str, heading: str) -> Page:
        """Follow a link of the menu."""
        menu = self.page.get_by_test_id("stSidebarNav")
        menu.get_by_role("link", name=link).click()
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        self.idle()
        return self.page

    def idle(self) -> None:
        """Wait until no script runs and nothing is shown half-drawn."""
        self.page.wait_for_selector(IDLE)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        main = self.page.locator('[data-testid="stMain"]')
        size, height = self.page.viewport_size, main.evaluate("element => element.scrollHeight")
        assert size is not None
        self.page.set_viewport_size(
            {"width": size["width"], "height": min(max(size["height"], height), 5000)}
        )
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size(size)

    def grave(self) -> list[str]:
        """Violations of axe's rules that keep somebody from using the page as it is now."""
        self.page.mouse.move(1, 1)
        self.page.wait_for_timeout(300)  # colours change slowly under the pointer
        return [
            f"{rule['id']}: {[(node['html'][:160], node['failureSummary']) for node in rule['nodes'][:3]]}"
            for rule in Axe().run(self.page).response["violations"]
            if rule["impact"] in GRAVE
        ]

    def foreign(self) -> list[str]:
        """Requests to any other host."""
        return [url for url in self.requests if not url.startswith((self.url, "data:", "blob:", "ws://127."))]


class Stock(NamedTuple):
    """A home folder to copy: made-up runs, and `run_id`, whose network and answers are real."""

    home: Path
    run_id: str


class Lab(NamedTuple):
    """A server with the runs of the stock."""

    url: str
    run_id: str


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory, tiny_keras: Path, tiny_tflite: Path) -> Stock:
    """What every server with runs begins with."""
    home = tmp_path_factory.mktemp("stock")
    fill(home, 4)
    return Stock(home, keep_network(home, tiny_keras, tiny_tflite))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, stock: Stock) -> Iterator[Lab]:
    """The server that browser tests share."""
    home = shutil.copytree(stock.home, tmp_path_factory.mktemp("lab"), dirs_exist_ok=True)
    with serve(home) as address:
        yield Lab(address, stock.run_id)


@pytest.fixture(scope="session")
def url(lab: Lab) -> str:
    """The address that `visit` opens where a test names none."""
    return lab.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Callable[..., Visitor]]:
    """Open a tab (`width`, `height`, `color_scheme`, `url`...); at the end none may have complained."""
    opened: list[Visitor] = []

    def new(
        address: str = url, width: int = 1440, height: int = 900, is_checked: bool = True, **context: Any
    ) -> Visitor:
        tab = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
        visitor = Visitor(tab, address)
        if is_checked:
            opened.append(visitor)
        return visitor

    yield new
    complaints = [text for visitor in opened for text in visitor.complaints]
    foreign = [text for visitor in opened for text in visitor.foreign()]
    for context in browser.contexts:
        context.close()
    assert not complaints, complaints
    assert not foreign, foreign


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """A tab of desktop size on the shared server."""
    return visit()
