import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.settings import ROOT
from tests.e2e.conftest import Visitor, serve

TITLE = "a tenth of the neurons"
A_RUN_MS = 420_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server as a visitor finds it: nothing has run, and a worker gets ready."""
    with serve(tmp_path_factory.mktemp("home"), keeps_spare=True) as address:
        yield address


def choose(page: Page, field: str, option: str) -> None:
    """Click one of the pills of a field of the form."""
    page.locator(f".st-key-form-{field}").get_by_role("radio", name=option).click()
    page.wait_for_timeout(200)


def fill(page: Page, field: str, value: str) -> None:
    box = page.get_by_role("spinbutton", name=field, exact=True)
    box.fill(value)
    box.press("Tab")


def ask_for_small_run(visitor: Visitor) -> Page:
    """Fill the form with the smallest real run: mlp1000, one epoch, a tenth of its neurons."""
    page = visitor.open("/experiment", "Experiment")
    choose(page, "architecture", "MLP-1000")
    expect(page.get_by_text("The article's network")).to_be_visible()
    visitor.idle()
    page.get_by_text("Training", exact=True).click()
    fill(page, "Epochs", "1")
    visitor.idle()
    fill(page, "Fine-tuning epochs", "1")
    visitor.idle()
    page.get_by_role("slider", name="Pruning ratio").focus()
    for _ in range(4):
        page.keyboard.press("PageUp")
    visitor.idle()
    return page


def test_a_running_run_is_cancelled_from_its_card(visitor: Visitor) -> None:
    page = ask_for_small_run(visitor)
    fill(page, "Seed", "7")
    visitor.idle()
    card = page.locator('[class*="st-key-live-"]')
    page.locator(".st-key-start button").click()
    card.get_by_role("button", name="Cancel").click()
    expect(page.locator('[class*="st-key-ended-"]').first).to_contain_text("cancelled", timeout=10_000)
    expect(card).to_have_count(0, timeout=30_000)


def test_start_progress_finish_compare_and_a_digits_answer(visit: Callable[..., Visitor], few_digits) -> None:
    visitor = visit()
    page = ask_for_small_run(visitor)
    expect(page.locator(".st-key-preview")).to_contain_text("1000 → 100")
    page.get_by_label("Name (optional)").fill(TITLE)
    page.get_by_label("Name (optional)").press("Tab")
    visitor.idle()
    page.locator(".st-key-start button").click()

    card = page.locator('[class*="st-key-live-"]')
    expect(card).to_contain_text("mlp1000 · standard · dense")
    expect(card.locator(".stages")).to_contain_text("training")
    expect(page.locator('[class*="st-key-queued-"]')).to_contain_text(TITLE)

    curves = card.locator(".live-plot .main-svg").first
    expect(curves).to_be_visible(timeout=A_RUN_MS)
    visitor.shot("experiment-running")
    second = visit()
    second.open("/experiment", "Experiment")
    expect(second.page.locator('[class*="st-key-live-"]').first).to_contain_text("mlp1000")
    second.go("Device", "Device")
    readings = second.page.locator(".st-key-device-live .live-plot")
    expect(readings.get_by_text("mlp1000 · standard · dense").last).to_be_visible()
    assert readings.locator(".shapelayer path").count() >= 2
    second.shot("device-stages")
    second.page.close()  # two live charts are a load of their own
    page.reload()
    expect(page.locator('[class*="st-key-live-"]').first).to_contain_text("mlp1000", timeout=A_RUN_MS)

    ended = page.locator('[class*="st-key-ended-"]').filter(has_text=TITLE)
    expect(ended).to_contain_text("finished", timeout=A_RUN_MS)
    expect(ended).to_contain_text("parameters")
    toast = page.get_by_role("alertdialog", name=f"{TITLE} finished")
    expect(toast).to_be_visible()
    visitor.shot("experiment-finished")
    assert visitor.grave() == []

    visitor.go("Compare", "Compare")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("combobox", name="Selected runs").press_sequentially(TITLE)
    page.get_by_role("option", name=TITLE).click()
    page.keyboard.press("Escape")  # while the list is open, what lies below is hidden from roles
    picked = page.locator(".st-key-picked")
    expect(picked.get_by_role("heading", name=f"Readings during {TITLE}")).to_be_visible()
    expect(picked.locator(".live-plot").get_by_text("measuring", exact=True)).to_be_visible()
    visitor.shot("compare")

    visitor.go("Digit", "Digit")
    page.locator(".st-key-digit_source").get_by_text("Upload").click()
    upload = page.locator('input[type="file"]').first
    upload.set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": png_of(few_digits, 7)})
    visitor.idle()
    told = page.get_by_text(re.compile(r"networks answer \d")).inner_text()
    numbers = [int(number) for number in re.findall(r"(\d+) networks answer", told)]
    assert numbers[0] >= len(list(ROOT.glob("gallery/*/model.tflite*"))) + 1
    visitor.shot("digit-answered")


def png_of(digits, label: int) -> bytes:
    """A test image of that label, enlarged, dark on white as people write."""
    index = int((digits.y_test == label).argmax())
    picture = Image.fromarray(255 - digits.x_test[index]).resize((280, 280), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
