import csv
import io
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.report.figure import WIDTH
from tests.e2e.conftest import Visitor, serve
from tests.nvml import fake

CHART = ".st-key-device-live .live-plot"
OF_HOST = -1
"""The curves of the host come last."""
HEALTHY = (fake.gpu(0, "a100", [4211]), fake.gpu(1, "rtx"))


class Server:
    """A dashboard on a machine with the fake driver."""

    def __init__(self, url: str, scenario: Path) -> None:
        self.url, self.scenario = url, scenario

    def play(self, *statements: str) -> None:
        fake.write(self.scenario, *statements)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gpu")
    library = fake.build(folder / "lib")
    scenario = fake.write(folder / "scenario", *HEALTHY)
    environment = {"FAKE_NVML": str(scenario), "LD_LIBRARY_PATH": str(library.parent)}
    with serve(folder / "home", **environment) as url:
        yield Server(url, scenario)


def chart(page: Page, expression: str) -> object:
    return page.evaluate(f"() => {{ const chart = document.querySelector('{CHART}'); return {expression} }}")


def last_time(page: Page, trace: int = 0) -> float:
    return float(str(chart(page, f"chart.calcdata.at({trace}).at(-1).x")))


def drawn(page: Page) -> None:
    page.wait_for_selector(f"{CHART} .nsewdrag")


def zoom(page: Page, wide: int) -> None:
    """Draw a box of so many pixels from the middle of the chart."""
    page.locator(CHART).scroll_into_view_if_needed()
    box = page.locator(CHART).bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 85)
    page.mouse.down()
    page.mouse.move(middle + wide, box["y"] + 85, steps=5)
    page.mouse.up()
    page.wait_for_function(f"!document.querySelector('{CHART}')._fullLayout.xaxis.autorange")


def wait_for_news(page: Page, trace: int = 0) -> None:
    before = last_time(page, trace)
    page.wait_for_function(f"document.querySelector('{CHART}').calcdata.at({trace}).at(-1).x > {before}")


def test_readings_of_two_gpus_move_in_place_and_zoom_and_hover_stay(
    server: Server, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server.url, height=1700)
    page = visitor.open("/device", "Device")
    expect(page.get_by_role("heading", name="GPU 0 · NVIDIA A100-SXM4-80GB")).to_be_visible()
    expect(page.get_by_role("heading", name="GPU 1 · NVIDIA GeForce RTX 4090")).to_be_visible()
    expect(page.get_by_role("group", name="Readings of GPU 0")).to_contain_text("of 80.0 GiB")
    expect(page.get_by_role("group", name="Load of this machine")).to_contain_text("GPU 1")
    drawn(page)
    assert visitor.grave() == []
    wait_for_news(page)
    page.evaluate(f"window.before = document.querySelector('{CHART}')")
    box = page.locator(CHART).bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 80)
    page.mouse.move(middle + 5, box["y"] + 85)
    hover = page.locator(f"{CHART} .hoverlayer .legend")
    expect(hover).to_contain_text("GPU busy · GPU 0")
    expect(hover).to_contain_text("Temperature · GPU 1")
    wait_for_news(page)
    expect(hover).to_contain_text("Temperature · GPU 1")
    zoom(page, 200)
    zoomed = chart(page, "chart._fullLayout.xaxis.range")
    wait_for_news(page)
    wait_for_news(page)
    assert chart(page, "chart._fullLayout.xaxis.range") == zoomed
    assert chart(page, "chart === window.before && document.contains(chart)")
    visitor.shot("device-two-gpus")


def test_what_the_paused_chart_shows_is_saved_as_png_svg_and_csv_and_it_goes_on(
    server: Server, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server.url, color_scheme="dark")
    page = visitor.open("/device", "Device")
    drawn(page)
    wait_for_news(page)
    page.get_by_text("Pause", exact=True).click()
    visitor.idle()
    page.wait_for_timeout(500)
    paused = last_time(page)
    page.evaluate(f"window.before = document.querySelector('{CHART}')")
    zoom(page, 200)
    saving = page.locator(".st-key-device-live").get_by_role("group", name="Save figure")
    saving.get_by_role("button", name="PNG").focus()
    with page.expect_download() as png:
        page.keyboard.press("Enter")
    assert png.value.suggested_filename == "device-chart.png"
    picture = Image.open(png.value.path())
    assert picture.width == 2 * WIDTH
    assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    page.keyboard.press("Tab")
    with page.expect_download() as svg:
        page.keyboard.press("Enter")
    text = Path(svg.value.path()).read_text()
    titles = "".join(ElementTree.fromstring(text).itertext())
    for words in ("GPU busy", "NVIDIA A100-SXM4-80GB", "at its limit"):
        assert words in titles
    lines = [one for one in ElementTree.fromstring(text).iter() if one.get("class") == "js-line"]
    assert len(lines) == chart(page, "chart.querySelectorAll('.js-line').length")
    began, ended = (str(end)[11:19] for end in chart(page, "chart._fullLayout.xaxis.range"))
    times = re.findall(r"\d\d:\d\d:\d\d", titles)
    assert times
    assert all(began <= time <= ended for time in times)
    with page.expect_download() as table:
        page.get_by_role("button", name="Download as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(table.value.path()).read_text())))
    assert {row["source"] for row in rows} == {
        "Host",
        "GPU 0 · NVIDIA A100-SXM4-80GB",
        "GPU 1 · NVIDIA GeForce RTX 4090",
    }
    assert max(float(row["unix_time_s"]) for row in rows) <= paused / 1000 + 2
    page.wait_for_timeout(1500)
    assert last_time(page) == paused
    page.get_by_text("Pause", exact=True).click()
    wait_for_news(page)
    assert chart(page, "chart === window.before && document.contains(chart)")


@pytest.mark.soak  # without a browser: tests/nvml/test_sampler.py
def test_a_driver_that_goes_is_told_within_15_seconds_and_one_that_comes_as_well(
    server: Server, visit: Callable[..., Visitor]
) -> None:
    page = visit(server.url).open("/device", "Device")
    expect(page.get_by_role("heading", name="GPU 0 · NVIDIA A100-SXM4-80GB")).to_be_visible()
    server.play("init 18")
    alert = page.get_by_text("The GPU driver was updated but the old one still runs.")
    expect(alert).to_be_visible(timeout=15_000)
    expect(
        page.get_by_text("Restart the machine").or_(page.get_by_text("Start the container anew"))
    ).to_be_visible()
    server.play(*HEALTHY)
    expect(page.get_by_role("heading", name="GPU 1 · NVIDIA GeForce RTX 4090")).to_be_visible(timeout=15_000)


@pytest.mark.soak  # without a browser: tests/nvml/test_sampler.py
def test_a_lost_gpu_is_told_and_the_other_goes_on(server: Server, visit: Callable[..., Visitor]) -> None:
    page = visit(server.url).open("/device", "Device")
    expect(page.get_by_role("group", name="Readings of GPU 0")).to_be_visible()
    server.play(*HEALTHY, "lost 0 0")
    expect(page.get_by_text("This GPU is lost")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("group", name="Readings of GPU 1")).to_contain_text("of 24.0 GiB")
    server.play(*HEALTHY)
    expect(page.get_by_role("group", name="Readings of GPU 0")).to_be_visible(timeout=15_000)


@pytest.mark.soak  # without a browser: tests/nvml/test_sampler.py
def test_a_driver_that_hangs_freezes_neither_the_page_nor_the_readings_of_the_machine(
    server: Server, visit: Callable[..., Visitor]
) -> None:
    page = visit(server.url).open("/device", "Device")
    drawn(page)
    server.play("slow 120000", *HEALTHY)
    expect(page.get_by_text("The GPU driver has not answered for")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("group", name="Load of this machine")).to_contain_text("no answer")
    wait_for_news(page, OF_HOST)
    server.play(*HEALTHY)
    expect(page.get_by_text("The GPU driver has not answered for")).to_have_count(0, timeout=15_000)


def test_metrics_are_served_for_prometheus(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'lab_gpu_power_watts{gpu="0"' in text


def test_without_a_gpu_the_page_is_alive_and_says_why_and_what_was_not_recorded(visitor: Visitor) -> None:
    page = visitor.open("/device", "Device")
    expect(page.get_by_role("group", name="Readings of the machine")).to_contain_text("Processor busy")
    expect(page.get_by_text("no NVIDIA GPU").first).to_be_visible()
    expect(page.get_by_role("heading", name="Recorded GPU trace")).to_be_visible()
    drawn(page)
    wait_for_news(page)
    visitor.shot("device-no-gpu")
