import io
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor

TITLE = "mlp1000 · standard · structured 0.9"
A_RUN_MS = 420_000


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


def test_start_progress_finish_compare_and_a_digits_answer(visit: Callable[..., Visitor], few_digits) -> None:
    visitor = visit()
    page = ask_for_small_run(visitor)
    expect(page.locator(".st-key-preview")).to_contain_text("1000 → 100")
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
    expect(second.page.locator('[class*="st-key-live-"]')).to_contain_text("mlp1000")
    page.reload()
    expect(page.locator('[class*="st-key-live-"]')).to_contain_text("mlp1000", timeout=A_RUN_MS)

    ended = page.locator('[class*="st-key-ended-"]').filter(has_text=TITLE)
    expect(ended).to_contain_text("finished", timeout=A_RUN_MS)
    expect(ended).to_contain_text("parameters")
    visitor.shot("experiment-finished")

    visitor.go("Compare", "Compare")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text(TITLE).first).to_be_attached()
    visitor.shot("compare")

    visitor.go("Digit", "Digit")
    page.locator(".st-key-digit_source").get_by_text("Upload").click()
    upload = page.locator('input[type="file"]').first
    upload.set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": png_of(few_digits, 7)})
    visitor.idle()
    expect(page.get_by_text(TITLE).first).to_be_attached()
    visitor.shot("digit-answered")


def png_of(digits, label: int) -> bytes:
    """A test image of that label, enlarged, dark on white as people write."""
    index = int((digits.y_test == label).argmax())
    picture = Image.fromarray(255 - digits.x_test[index]).resize((280, 280), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_running_run_is_cancelled_from_its_card(visitor: Visitor) -> None:
    page = ask_for_small_run(visitor)
    fill(page, "Seed", "7")
    visitor.idle()
    page.locator(".st-key-start button").click()
    card = page.locator('[class*="st-key-live-"]')
    card.get_by_role("button", name="Cancel").click()
    expect(page.locator('[class*="st-key-ended-"]').first).to_contain_text("cancelled", timeout=10_000)
    expect(card).to_have_count(0, timeout=30_000)
