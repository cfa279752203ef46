"""What `make bench` measures of pages and of the memory of the server, at its smallest size."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import memory, ui, upload
from tests.core.digits.pictures import file_of, seven
from tests.e2e.conftest import Lab, Stock
from ui.shell import SCREENS

TWO = list(SCREENS[:2])


def test_reruns_and_page_switches_are_measured(browser: Browser, lab: Lab) -> None:
    rows = ui.measure(browser, lab.url, TWO, 2, 2, "idle", 180)
    assert [row["what"] for row in rows][-2:] == ["rerun of any page, idle", "page switch, idle"]
    assert len(rows) == len(TWO) + 2


def test_the_memory_of_a_server_is_measured_at_its_first_paint_and_after_each_visitor(
    browser: Browser, stock: Stock, tmp_path: Path
) -> None:
    home = shutil.copytree(stock.home, tmp_path / "home")
    rows = memory.measure(browser, home, TWO, 1)
    assert [row["when"] for row in rows] == ["first paint", "every page, visitor 1"]
    assert all(50 < row["rss MB"] < 2000 for row in rows)


def test_the_wait_for_a_photo_s_answer_is_measured(browser: Browser, lab: Lab) -> None:
    (waited,) = upload.waits(browser, lab.url, [file_of(seven()), file_of(seven((300, 300)))])
    assert 0 < waited < 30_000
