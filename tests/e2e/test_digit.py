import base64
import io
import re
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.core.digits.pictures import file_of, seven
from tests.e2e.conftest import Visitor

HEADING = "Digit"


@pytest.fixture
def tab(visitor: Visitor) -> Visitor:
    return visitor


def draw(page: Page, strokes: list[list[tuple[int, int]]]) -> None:
    box = page.locator("canvas#pad").bounding_box()
    assert box is not None
    scale = box["width"] / 280
    for stroke in strokes:
        places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator(".st-key-digit_source").get_by_text("Upload").click()
    page.set_input_files(
        "input[type=file]", [{"name": n, "mimeType": "image/png", "buffer": data} for n, data in files]
    )


def read_as(page: Page) -> str:
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_a_drawn_digit_is_read_undone_and_cleared(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    draw(page, [[(60, 60), (200, 60), (110, 230)]])
    expect(page.get_by_text("Read as")).to_be_visible()
    tab.idle()
    assert read_as(page) == "7"
    expect(page.get_by_text(re.compile("networks answer 7"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("No digit yet")).to_be_visible()
    draw(page, [[(140, 50), (140, 230)]])
    expect(page.get_by_text("Read as")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("No digit yet")).to_be_visible()


def test_files_are_read_and_a_bad_one_is_one_sentence(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    row = Image.new("L", (600, 280), 245)
    row.paste(seven(), (10, 0))
    row.paste(seven(), (300, 0))
    upload(page, ("pair.png", file_of(row)), ("bad.png", b"<svg/>"), ("empty.png", b""))
    expect(page.get_by_text("Read as")).to_be_visible()
    tab.idle()
    assert read_as(page) == "77"
    expect(page.get_by_text("bad.png: The file is a web page or an SVG drawing")).to_be_visible()
    expect(page.get_by_text("empty.png: The file is empty")).to_be_visible()
    assert page.get_by_text("Traceback").count() == 0
    tab.shot("digit-files")
    assert tab.grave() == []


def test_several_files_are_told_together_and_feedback_asks_for_the_one_that_is_shown(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    one = Image.new("L", (280, 280), 245)
    ImageDraw.Draw(one).line([(140, 50), (138, 230)], fill=20, width=18)
    upload(page, ("seven.png", file_of(seven())), ("one.png", file_of(one)))
    expect(page.get_by_text("Read as").first).to_be_visible()
    tab.idle()
    told = page.get_by_test_id("stDataFrame").first.locator("canvas td")
    expect(told.filter(has_text="one.png")).to_have_count(1)
    asked = page.get_by_test_id("stForm").get_by_role("radio")
    expect(asked.nth(7)).to_have_attribute("aria-checked", "true")
    page.get_by_role("combobox", name="File").press("ArrowDown")
    page.get_by_role("option", name="one.png").click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("1")
    expect(asked.nth(1)).to_have_attribute("aria-checked", "true")


def test_a_blank_page_gets_a_reason_and_no_answer(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    upload(page, ("blank.png", file_of(Image.new("L", (300, 300), 255))))
    expect(page.get_by_text("The picture is blank")).to_be_visible()
    tab.idle()
    assert page.get_by_text("Read as").count() == 0


def test_a_pasted_picture_is_read(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    page.locator("#pad[aria-label]").wait_for()  # its script has run, so it listens
    page.evaluate(
        """content => {
          const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0))
          const transfer = new DataTransfer()
          transfer.items.add(new File([bytes], "seven.png", { type: "image/png" }))
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }))
        }""",
        _base64(file_of(seven())),
    )
    expect(page.get_by_text("Read as")).to_be_visible()
    tab.idle()
    assert read_as(page) == "7"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_digit_is_kept_only_with_consent_and_can_be_deleted(tab: Visitor) -> None:
    page = tab.open("/digit", HEADING)
    upload(page, ("seven.png", file_of(seven())))
    expect(page.get_by_text("Read as")).to_be_visible()
    tab.idle()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Nothing was kept")).to_be_visible()
    page.get_by_text("Keep these 28x28 pixels").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Visitors' digits (1)")).to_be_visible()
    tab.idle()
    page.get_by_text("Visitors' digits (1)").click()
    tab.idle()
    # What is above still moves while its pictures arrive; a key needs no place.
    page.get_by_role("button", name="Delete all").press("Enter")
    page.get_by_role("button", name="Yes, delete all 1").press("Enter")
    expect(page.get_by_text("Visitors' digits (0)")).to_be_visible()


def test_a_photo_is_answered_in_both_orientations_of_a_phone(visit: Callable[..., Visitor]) -> None:
    tab = visit(width=390, height=844)
    page = tab.open("/digit", HEADING)
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = seven((1200, 1600)).convert("RGB").transpose(Image.Transpose.ROTATE_90)
    turned.save(content, "JPEG", exif=exif)
    upload(page, ("photo.jpg", content.getvalue()))
    expect(page.get_by_text("Read as")).to_be_visible()
    tab.idle()
    assert read_as(page) == "7"
    page.get_by_text("How it was read, step by step").click()
    steps = page.locator(".st-key-digit-steps img")
    expect(steps.first).to_be_visible()
    expect(steps.nth(4)).to_be_visible()  # they come row by row
    assert steps.count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
