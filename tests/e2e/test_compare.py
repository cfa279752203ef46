import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.gallery import Gallery
from core.learning.data import load, scaled
from core.records import RunRecord, from_dict
from tests.e2e.conftest import Visitor, serve

HEADING = "Compare"
CHART = ".st-key-tradeoff"
COUNT = re.compile(r"^\d+ of \d+ runs$")
ONLY_RECORDED = re.compile(rf"of (0|{len(Gallery().runs())}) runs$")
MIDDLE = """(element, around) => {
  const [inner, outer] = [element, around].map(one => one.getBoundingClientRect())
  return [inner.x + inner.width / 2 - outer.x, inner.y + inner.height / 2 - outer.y]
}"""


@pytest.fixture
def tab(visitor: Visitor) -> Visitor:
    return visitor


def compared(tab: Visitor, parameters: str = "") -> Page:
    page = tab.open(f"/compare{parameters}", HEADING)
    # A server that has just started shows the recorded runs first, and all is drawn again with its own.
    expect(page.get_by_text(COUNT)).not_to_have_text(ONLY_RECORDED)
    tab.idle()
    expect(page.locator(f"{CHART} .nsewdrag").first).to_be_visible()
    return page


def box(page: Page) -> dict[str, float]:
    area = page.locator(f"{CHART} .nsewdrag").first
    area.scroll_into_view_if_needed()
    found = area.bounding_box()
    assert found
    return dict(found)


def selected_in(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("selected", [""])[0].split(",")


def saved(page: Page, press: Callable[[], None]) -> bytes:
    with page.expect_download() as waiting:
        press()
    return Path(waiting.value.path()).read_bytes()


def button(page: Page, label: str) -> Callable[[], None]:
    return page.get_by_role("button", name=label, exact=True).click


def test_a_box_on_the_chart_filters_the_table_and_another_browser_shows_the_same(tab, visit, lab):
    page = compared(tab)
    expect(page.get_by_text(COUNT)).to_be_visible()
    area = box(page)
    page.mouse.move(area["x"] + 5, area["y"] + 5)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] - 5, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("selected="))
    tab.idle()
    chosen = selected_in(page)
    counted = f"{len(chosen)} of"
    expect(page.get_by_text(re.compile(f"^{counted} "))).to_be_visible()
    other = visit(locale="zh-CN")
    other.page.goto(page.url)
    expect(other.page.locator(f"{CHART} .nsewdrag").first).to_be_visible()
    other.idle()
    assert sorted(selected_in(other.page)) == sorted(chosen)
    assert other.page.url == page.url
    expect(page.locator(".st-key-selected").get_by_role("button", name=re.compile("^lenet5"))).to_have_count(
        0
    )


def test_a_click_on_a_point_opens_its_slice_and_leads_to_its_page(tab):
    page = compared(tab, "?origin=own")
    area = page.locator(f"{CHART} .nsewdrag").first
    point = page.locator(f"{CHART} .scatterlayer .points path.point").nth(3)
    x, y = point.evaluate(MIDDLE, area.element_handle())
    area.hover(position={"x": x - 20, "y": y})  # both wait until the page has stopped moving
    area.hover(position={"x": x, "y": y})
    expect(page.locator(f"{CHART} .hoverlayer text").first).to_be_visible()
    area.click(position={"x": x, "y": y})
    page.wait_for_url(re.compile("selected="))
    tab.idle()
    expect(page.get_by_text(re.compile("^1 of "))).to_be_visible()
    (chosen,) = selected_in(page)
    opened = page.locator(".st-key-picked")
    expect(opened.get_by_role("heading", name=re.compile("^Readings during "))).to_be_visible()
    expect(opened.get_by_role("img", name="Readings during the run, by its stages")).to_be_visible()
    expect(opened.locator(".live-plot .nsewdrag").first).to_be_visible()
    expect(opened.locator(".live-plot").get_by_text("training", exact=True)).to_be_visible()
    tab.shot("compare-slice")
    assert tab.grave() == []
    opened.get_by_role("link", name=re.compile("Its page")).click()
    page.wait_for_url(re.compile(f"/run\\?run={chosen}"))
    expect(page.get_by_role("radiogroup", name="Section")).to_be_visible()


def test_runs_can_be_chosen_by_keyboard_alone(tab):
    page = compared(tab)
    field = page.get_by_role("combobox", name="Selected runs")
    field.focus()
    field.press_sequentially("tiny")
    expect(page.get_by_role("option", name=re.compile("^tiny"))).to_be_visible()
    field.press("Enter")
    page.wait_for_url(re.compile("selected="))
    tab.idle()
    expect(page.get_by_text(re.compile("^1 of "))).to_be_visible()


@pytest.mark.soak  # without a browser: tests/pages/test_compare_links.py
def test_every_choice_is_in_the_address_and_opens_elsewhere(tab, visit, lab):
    page = compared(tab)
    page.get_by_label("Lowest accuracy (%)").fill("99")
    page.get_by_label("Lowest accuracy (%)").press("Enter")
    page.wait_for_url(re.compile("min-accuracy=99"))
    page.get_by_text("Hide dominated").click()
    page.wait_for_url(re.compile("hide=1"))
    tab.idle()
    best = page.get_by_text("Best within the limits").locator("xpath=following::a[1]").inner_text()
    other = visit()
    other.page.goto(page.url)
    expect(other.page.get_by_text("Best within the limits")).to_be_visible()
    other.idle()
    assert other.page.get_by_label("Lowest accuracy (%)").input_value() == "99.00"
    link = other.page.get_by_text("Best within the limits").locator("xpath=following::a[1]")
    assert link.inner_text() == best


def test_charts_say_what_they_show(tab):
    page = compared(tab)
    assert "against" in (page.locator(f"{CHART} [aria-label]").first.get_attribute("aria-label") or "")


def test_tables_hold_every_run_and_parse(tab):
    page = compared(tab)
    text = page.get_by_text(COUNT).inner_text()
    number = int(text.split()[2])
    table = pd.read_csv(io.BytesIO(saved(page, button(page, "CSV, a line a run"))))
    assert len(table) == number
    assert table["latency_p50_ms"].notna().sum() > 10
    rows = pd.read_csv(io.BytesIO(saved(page, button(page, "CSV, every latency"))))
    assert len(rows) > number
    records = json.loads(saved(page, button(page, "JSON, complete")))
    assert {from_dict(RunRecord, record).run_id for record in records} == set(table["run_id"])


def test_a_figure_is_saved_as_png_and_svg(tab):
    page = compared(tab)
    page.get_by_role("button", name="Save figure").first.click()
    with Image.open(io.BytesIO(saved(page, button(page, "PNG")))) as image:
        assert image.format == "PNG"
        assert image.width == 1920
    assert ElementTree.fromstring(saved(page, button(page, "SVG"))).tag.endswith("svg")


def test_the_memo_opens_without_a_server_and_prints_on_one_page(tab, browser, tmp_path):
    page = compared(tab, "?min-accuracy=98.5")
    memo = tmp_path / "memo.html"
    memo.write_bytes(saved(page, button(page, "Download the memo")))
    context = browser.new_context(offline=True)
    reader = context.new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(memo.as_uri())
    expect(reader.get_by_role("heading", name="Decision memo")).to_be_visible()
    expect(reader.get_by_text("Recommended")).to_be_visible()
    expect(reader.locator("figure svg").first).to_be_visible()
    assert asked == [memo.as_uri()]
    printed = reader.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    context.close()


def labels_of_tflite(content: bytes, images: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_content=content)
    place = runner.get_input_details()[0]["index"]
    runner.resize_tensor_input(place, (len(images), 28, 28, 1))
    runner.allocate_tensors()
    runner.set_tensor(place, images)
    runner.invoke()
    return runner.get_tensor(runner.get_output_details()[0]["index"]).argmax(axis=1)


def labels_of_onnx(content: bytes, images: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    if isinstance(entry.shape[0], int):
        parts = [session.run(None, {entry.name: image[None]})[0] for image in images]
        return np.concatenate(parts).argmax(axis=1)
    return session.run(None, {entry.name: images})[0].argmax(axis=1)


@pytest.mark.slow
@pytest.mark.soak
def test_exported_networks_give_the_answers_of_the_run_on_the_test_set(tab, lab, tmp_path):
    import keras

    page = compared(tab, f"?selected={lab.run_id}")
    tflite = saved(page, button(page, "model.tflite"))
    onnx = saved(page, button(page, "model.onnx (made now, about 10 s)"))
    (tmp_path / "model.keras").write_bytes(saved(page, button(page, "model.keras")))
    page.get_by_role("link", name="Its page").click()
    page.get_by_text("Take away", exact=True).click()
    kept = np.load(io.BytesIO(saved(page, button(page, "predictions.npz"))))["predictions"]
    compile(saved(page, button(page, "Download rebuild.py")), "rebuild.py", "exec")
    assert from_dict(RunRecord, json.loads(saved(page, button(page, "run.json")))).run_id == lab.run_id
    images = scaled(load().x_test)
    of_keras = keras.saving.load_model(tmp_path / "model.keras").predict(images, verbose=0).argmax(axis=1)
    for labels in (labels_of_tflite(tflite, images), labels_of_onnx(onnx, images), of_keras):
        assert np.mean(labels == kept) > 0.9995


def test_every_section_of_a_run_opens(tab, lab):
    page = tab.open(f"/run?run={lab.run_id}", "tiny")
    for name in ("Layers", "Latency", "Mistakes", "Machine and log", "Take away"):
        page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name, exact=True)).click()
        tab.idle()
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every(image => image.complete)")
        assert page.get_by_test_id("stException").count() == 0
        assert tab.grave() == []


@pytest.mark.soak
def test_runs_that_are_ticked_stand_side_by_side(tab):
    page = compared(tab)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    for row in (1, 2):
        place = table.bounding_box()
        assert place
        page.mouse.click(place["x"] + 18, place["y"] + 18 + 35 * row)
        tab.idle()
    button(page, "Side by side")()
    expect(page.get_by_role("heading", name="What was asked")).to_be_visible()
    tab.idle()
    assert len(selected_in(page)) == 2
    assert tab.grave() == []


def test_a_run_that_ends_meanwhile_appears_by_itself_and_the_selection_stays(visit, tmp_path):
    command = ("-m", "uvicorn", "tests.e2e.made_up_app:app", "--port", "{port}", "--log-level", "warning")
    ended = tmp_path / "ended"
    with serve(
        tmp_path / "home", *command, PRUNING_LAB_MADE_UP="6", PRUNING_LAB_ENDS_WITH=str(ended)
    ) as address:
        tab = visit(address)
        page = compared(tab)
        chart = page.locator(f"{CHART} [role=figure]")
        assert "the late one" not in (chart.get_attribute("aria-label") or "")
        field = page.get_by_role("combobox", name="Selected runs")
        field.press_sequentially("the late")
        field.press("Enter")
        page.wait_for_url(re.compile("selected=late"))
        page.keyboard.press("Escape")
        ended.touch()
        expect(chart).to_have_attribute("aria-label", re.compile("the late one"))
        assert selected_in(page) == ["late"]
        tab.page.close()
