"""How long a visitor waits for a photo's answer, and how long fifty networks take for one digit.

    python -m benchmarks.upload [--repeats 5]

A 12-megapixel photo goes through a real server and a real Chromium on the same machine, from the choice of
the file to the number on the page. The networks are those of the gallery, or `--model FILE.tflite`.
"""

import io
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from benchmarks.pictures import encoded, photo
from benchmarks.results import conditions, store, table
from benchmarks.ui import figures
from core.digits.variants import variants
from core.gallery import Gallery
from core.inference import answer
from core.learning.data import load
from core.records import ModelFile
from tests.e2e.conftest import IDLE, launch, serve

ANSWERED = """() => {
  window.answered = new Promise(done => {
    let began
    addEventListener("change", () => { began = performance.now() }, { once: true, capture: true })
    new MutationObserver((_, observer) => {
      if (!began || !document.querySelector('[data-testid="stMetricValue"]')) return
      observer.disconnect()
      done(performance.now() - began)
    }).observe(document.body, { childList: true, subtree: true })
  })
}"""
"""How long from the choice of a file to the number, as the page sees it: Playwright looks twice a second."""
SIZE = (4000, 3000)
NUM_VARIANTS = 50


def photos(number: int) -> list[bytes]:
    """Return photos of 12 megapixels, each of another digit."""
    found = []
    for index in range(number):
        rng = np.random.default_rng([12, index])
        small = Image.open(io.BytesIO(photo(rng, load().x_test[index])))
        large = np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC)).astype(np.int16)
        noise = rng.integers(-6, 7, large.shape, dtype=np.int16)
        grainy = Image.fromarray(np.clip(large + noise, 0, 255).astype(np.uint8))
        found.append(encoded(rng, grainy))
    return found


def waits(browser: Browser, url: str, files: list[bytes]) -> list[float]:
    """Return milliseconds from the choice of each file to the number on the page; the first is left out."""
    times = []
    for data in files:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        page = context.new_page()
        page.goto(f"{url}/digit")
        page.get_by_role("heading", name="Digit", level=1).wait_for()
        page.locator(".st-key-digit_source").get_by_text("Upload").click()
        page.wait_for_selector("input[type=file]", state="attached")
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(2_000)
        page.evaluate(ANSWERED)
        file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}
        page.set_input_files("input[type=file]", [file])
        times.append(float(page.evaluate("window.answered")))
        context.close()
    return times[1:]


def fifty_ms(models: list[ModelFile]) -> list[float]:
    """Return milliseconds that NUM_VARIANTS networks take for one image, one after the other."""
    many = [
        ModelFile(run_id=f"v{i}", title="v", source=models[i % len(models)].source, size_bytes=i + 1)
        for i in range(NUM_VARIANTS)
    ]
    answer(many, load().x_test[:1])
    times = []
    for image in load().x_test[:20]:
        began = time.perf_counter()
        answer(many, image[None])
        times.append((time.perf_counter() - began) * 1000)
    return times


@click.command()
@click.option("--repeats", default=5, help="Photos that are sent.")
@click.option("--model", type=click.Path(exists=True, path_type=Path), help="Answers instead of the gallery.")
def main(repeats: int, model: Path | None) -> None:
    """Measure, print a table and store it."""
    gallery = Gallery()
    models = list(variants(gallery.runs(), lambda record, name: gallery.artifact(record.run_id, name)))
    if model is not None:
        models = [ModelFile(run_id="model", title=model.name, source=model)]
    if not models:
        raise click.UsageError("the gallery has no network; name one with --model.")
    before = conditions()
    rows = [figures("50 networks, one digit", fifty_ms(models), 50)]
    if gallery.runs():  # the page's answer needs a network that the server itself has
        with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
            browser = launch(playwright)
            with serve(Path(home)) as url:
                times = waits(browser, url, photos(repeats + 1))
            browser.close()
        rows.append(figures("12-megapixel photo, from file to number", times, 1_500))
    click.echo(table(rows))
    click.echo(store("upload", {"conditions": before, "rows": rows}))


if __name__ == "__main__":
    main()
