import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Lab, Stock, Visitor, serve
from ui.shell import SCREENS, Screen

PHONE = {"width": 390, "height": 844}


def address(screen: Screen) -> str:
    return "/" if screen is SCREENS[0] else f"/{screen.name}"


def name_of(path: str) -> str:
    return "a-run" if "{run}" in path else path.strip("/") or SCREENS[0].name


PATHS = [*((address(screen), screen.title) for screen in SCREENS), ("/run?run={run}", "tiny")]
FIRST_VISITS = ("/", "/compare", "/run?run={run}")
"""What CI asks a server of its own for before anything else; `make soak` asks for every page."""


@pytest.mark.parametrize(("path", "heading"), PATHS, ids=[name_of(path) for path, _ in PATHS])
def test_a_page_reads_in_the_dark_fits_a_phone_and_breaks_none_of_axes_grave_rules(
    visit: Callable[..., Visitor], lab: Lab, path: str, heading: str
) -> None:
    visitor = visit(color_scheme="dark", has_touch=True)
    page = visitor.open(path.format(run=lab.run_id), heading)
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert background == "rgb(14, 19, 27)"
    visitor.shot(f"{name_of(path)}-dark")
    assert visitor.grave() == []
    page.set_viewport_size(PHONE)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")
    visitor.idle()
    visitor.shot(f"{name_of(path)}-phone")
    assert visitor.grave() == []


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        pytest.param(*page, marks=() if page[0] in FIRST_VISITS else pytest.mark.soak, id=name_of(page[0]))
        for page in PATHS
    ],
)
def test_a_deep_link_is_the_first_thing_that_a_server_is_asked_for(
    visit: Callable[..., Visitor], stock: Stock, tmp_path: Path, path: str, heading: str
) -> None:
    with serve(shutil.copytree(stock.home, tmp_path / "home")) as url:
        visitor = visit(url, is_mobile=True, has_touch=True, **PHONE)
        page = visitor.open(path.format(run=stock.run_id), heading)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= PHONE["width"]
        page.get_by_test_id("stExpandSidebarButton").click()
        menu = page.get_by_test_id("stSidebarNav").get_by_role("link")
        expect(menu).to_have_count(sum(screen.in_menu for screen in SCREENS))


def test_the_language_is_the_browsers_and_can_be_switched(visit: Callable[..., Visitor]) -> None:
    visitor = visit(locale="zh-CN")
    page = visitor.page
    page.goto(visitor.url)
    visitor.idle()
    box = page.locator(".st-key-language_choice").get_by_role("combobox")
    expect(box).to_have_value("简体中文")
    box.click()
    page.get_by_role("option", name="English").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    visitor.go("Method", "Method")
    expect(box).to_have_value("English")


def test_a_preset_is_chosen_and_the_form_left_and_found_again_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.open("/experiment", "Experiment")
    page.get_by_role("button", name="Examples").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem").nth(1)).to_have_attribute("data-focused", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The article claims")).to_be_visible()
    visitor.go("Method", "Method")
    visitor.go("Experiment", "Experiment")
    expect(page.get_by_text("The article claims")).to_be_visible()


def test_a_bad_number_is_refused_in_the_form_and_nothing_can_start(visitor: Visitor) -> None:
    page = visitor.open("/experiment", "Experiment")
    page.get_by_text("Training", exact=True).click()
    box = page.get_by_role("spinbutton", name="Epochs", exact=True)
    box.fill("0")
    box.press("Tab")
    expect(page.get_by_text("epochs is 0; allowed: a whole number from 1 to 1000.")).to_be_visible()
    expect(page.locator(".st-key-start button")).to_be_disabled()
