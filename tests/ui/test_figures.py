import plotly.graph_objects as go

from core.text import language, speak
from ui.figures import KEPT, kept


def test_a_kept_figure_is_drawn_once_for_its_arguments_in_each_language() -> None:
    drawn: list[tuple[int, int, str]] = []

    @kept
    def figure(number: int, *, height: int) -> go.Figure:
        drawn.append((number, height, language()))
        return go.Figure(layout={"title": {"text": f"{number}"}, "height": height})

    try:
        first = figure(1, height=90)
        assert figure(1, height=90) is first
        assert figure(1, height=80).layout.height == 80
        speak("zh")
        assert figure(1, height=90) is not first
    finally:
        speak("en")
    assert drawn == [(1, 90, "en"), (1, 80, "en"), (1, 90, "zh")]


def test_only_the_last_few_are_kept() -> None:
    figure = kept(lambda number: go.Figure(layout={"title": {"text": f"{number}"}}))
    first = figure(0)
    for number in range(1, KEPT + 1):
        figure(number)
    assert figure(0) is not first
