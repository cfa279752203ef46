import io
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest
from PIL import Image

from core.report import figure as drawing
from core.report.figure import FigureError, browser, picture

FIGURE = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))


@pytest.mark.slow
def test_a_figure_becomes_a_png_and_an_svg():
    with Image.open(io.BytesIO(picture(FIGURE, "png", width=400, height=300))) as image:
        assert image.format == "PNG"
        assert image.size == (800, 600)
        assert image.getpixel((0, 0))[:3] == (255, 255, 255)
    assert ElementTree.fromstring(picture(FIGURE, "svg")).tag.endswith("svg")


def test_without_a_browser_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr(drawing.shutil, "which", lambda name: None)
    assert browser() is None
    with pytest.raises(FigureError, match="BROWSER_PATH"):
        picture(FIGURE, "png")


def test_the_named_browser_comes_first(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/opt/mine")
    assert browser() == "/opt/mine"
