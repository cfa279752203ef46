import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.digits import read
from core.digits.paper import sheet_of
from tests.core.digits.pictures import file_of, seven
from tests.core.digits.test_reading import labels_of


def on_a_table(table, *, paper=235, lean=0.0, size=(360, 300), place=(140, 120)):
    """Return a sheet with a seven on it, turned by `lean` degrees, on a table of one colour; with grain."""
    sheet = seven(size, 40, paper).convert("RGB")
    turned = sheet.rotate(lean, Image.Resampling.BICUBIC, expand=True)
    where = Image.new("L", size, 255).rotate(lean, expand=True)
    picture = Image.new("RGB", (700, 560), table)
    picture.paste(turned, place, where)
    grain = np.random.default_rng(0).normal(0, 2, (560, 700, 3))
    return np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("lean", [0, 8, -17])
@pytest.mark.parametrize("table", [(22, 22, 26), (110, 70, 40), (40, 60, 120)])
def test_a_digit_on_a_sheet_on_a_plain_table_is_read(table, lean):
    reading = read(file_of(Image.fromarray(on_a_table(table, lean=lean))))
    assert labels_of(reading) == "7"
    assert not reading.light_ink


def test_boxes_are_places_in_the_whole_picture_not_on_the_sheet():
    left, top, width, height = read(file_of(Image.fromarray(on_a_table((22, 22, 26))))).digits[0].box
    assert abs(left - (140 + 0.25 * 360)) < 15
    assert abs(top - (120 + 0.2 * 300)) < 15
    assert abs(width - 0.47 * 360) < 20
    assert abs(height - 0.62 * 300) < 20


def test_what_lies_around_the_sheet_takes_its_colour():
    sheet = sheet_of(on_a_table((22, 22, 26), lean=8))
    corners = sheet.pixels[[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)
    assert np.abs(corners - 235).max() < 12


def test_a_sheet_half_in_shadow_stays_whole():
    pixels = on_a_table((22, 22, 26)).astype(float)
    pixels[:, 320:] *= 0.6
    assert labels_of(read(file_of(Image.fromarray(pixels.astype(np.uint8))))) == "7"


@pytest.mark.parametrize("softness", [5, 14])
def test_the_edge_of_a_shadow_is_no_sheet_s_edge(softness):
    page = np.asarray(seven((700, 560), 40, 235).convert("RGB")).astype(float)
    y, x = np.mgrid[:560, :700]
    edge = 1 / (1 + np.exp(-(x - 350 - 0.5 * (y - 280)) / softness))
    dark = page * (1 - 0.5 * edge)[..., None] + np.random.default_rng(0).normal(0, 2, page.shape)
    assert sheet_of(np.clip(dark, 0, 255).astype(np.uint8)) is None


def test_an_empty_sheet_a_thick_nought_and_a_drawing_are_no_sheets():
    empty = on_a_table((22, 22, 26))
    empty[150:400, 170:480] = 235
    nought = Image.new("RGB", (500, 500), (240, 240, 240))
    ImageDraw.Draw(nought).ellipse((100, 60, 400, 440), outline=(30, 30, 30), width=60)
    for pixels in (empty, np.asarray(nought), np.asarray(seven().convert("RGB"))):
        assert sheet_of(pixels) is None
