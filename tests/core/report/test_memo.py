import re
from html import unescape
from xml.etree import ElementTree

from core.analysis.constraints import recommend
from core.records import Caveat, Origin
from core.records.comparison import Limit, Quantity, Setup
from core.report.memo import MemoFacts, memo_html, question_of
from core.text import speak
from tests.made_up import made_up_run

SETUP = Setup()
LIMITS = (Limit(quantity=Quantity.ACCURACY, bound=0.99), Limit(quantity=Quantity.P50, bound=0.1))
DENSE = made_up_run("dense-id", method="none", ratio=0, errors=72)
HALF = made_up_run("half-id", ratio=0.5, errors=74, p50_ms=0.04)
MOST = made_up_run("most-id", ratio=0.7, errors=80, p50_ms=0.06)


def facts(**changes) -> MemoFacts:
    known = {
        "question": "Which one?",
        "setup": SETUP,
        "chart": "<svg></svg>",
        "link": "http://localhost/compare?selected=a&x=p50",
        "data_hash": "06af5d",
        "made_at": "2026-11-24 14:00 UTC",
        "store": "sqlite:///mlflow.db",
        "caveats": {Caveat.NOISY: "The times scatter."},
    }
    return MemoFacts(**(known | changes))


def memo_of(*runs, dense=DENSE, limits=LIMITS, **changes) -> str:
    advice = recommend(runs, limits, SETUP)
    by_id = {run.run_id: run for run in runs}
    return memo_html(by_id[advice.best], by_id.get(advice.runner_up), dense, advice, facts(**changes))


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html)


def test_it_holds_what_a_decision_needs():
    text = plain(memo_of(DENSE, HALF, MOST))
    for part in (
        "Which one?",
        "lenet5 · standard · structured 0.5",
        "Runner-up",
        "Given up against the dense network",
        "99.26 %",
        "Made-up CPU",
        "3,072 in 3 processes",
        "half-id, most-id, dense-id",
        "06af5d",
        "Seed 0",
        "2 + 2 epochs",
        "http://localhost/compare?selected=a&amp;x=p50",
    ):
        assert part in re.sub(r"\s+", " ", text), part


def test_speed_ups_of_two_architectures_name_their_yardstick():
    other = made_up_run("other", architecture="convnet", ratio=0.5, errors=74, p50_ms=0.05)
    yardstick = "dense standard network of the run's own architecture"
    advice = recommend([HALF, other], LIMITS, SETUP)
    assert yardstick in unescape(memo_html(HALF, other, DENSE, advice, facts()))
    assert yardstick not in unescape(memo_of(DENSE, HALF, MOST))


def test_setup_and_time_are_given_in_full():
    text = re.sub(r"\s+", " ", plain(memo_of(DENSE, HALF)))
    assert "litert-fp32 · cpu · batch 1 · 1 thread" in text
    assert re.search(r"Measured at \d{4}-\d\d-\d\d \d\d:\d\d UTC", text)


def test_warnings_are_explained():
    doubtful = made_up_run(
        "x", errors=70, p50_ms=0.03, caveats=(Caveat.NOISY,), warnings=("conv1 kept whole",)
    )
    text = plain(memo_of(doubtful))
    assert "noisy: The times scatter." in text
    assert "conv1 kept whole" in text
    assert "in doubt" in text


def test_a_limit_inside_the_noise_is_said():
    assert "an interval crosses one of them" in plain(memo_of(made_up_run(errors=95, p50_ms=0.01)))
    assert "whole 95 % interval" in plain(memo_of(made_up_run(errors=50, p50_ms=0.01)))


def test_a_recorded_run_says_where():
    recorded = made_up_run(errors=50, p50_ms=0.01, origin=Origin.RECORDED, recorded_on="EPYC")
    assert "EPYC, 2026-09-21" in plain(memo_of(recorded))


def test_no_text_of_a_person_becomes_markup():
    html = memo_of(made_up_run(name="<script>alert(1)</script>", errors=50, p50_ms=0.01), question="<b>?</b>")
    assert "<script>" not in html
    assert "<b>?</b>" not in html


def test_it_asks_no_other_host():
    html = memo_of(DENSE, HALF, MOST)
    assert not re.search(r"(src|href)=['\"](?!http://localhost)", html)
    assert "@import" not in html


def test_the_only_network_is_compared_to_nobody():
    text = plain(memo_of(made_up_run("only", errors=50, p50_ms=0.01), dense=None))
    assert "Runner-up" not in text
    assert "Dense network" not in text


def test_it_is_well_formed():
    body = memo_of(DENSE, HALF, MOST)
    tree = ElementTree.fromstring(
        body.replace("<!doctype html>", "")
        .replace('<meta charset="utf-8">', "")
        .replace('<meta name="viewport" content="width=device-width">', "")
        .replace("<br>", "<br/>")
    )
    assert tree.tag == "html"


def test_it_names_the_language_it_is_written_in():
    try:
        speak("zh")
        assert '<html lang="zh">' in memo_of(DENSE, HALF)
    finally:
        speak("en")


def test_the_limits_make_a_question():
    asked = question_of(LIMITS, Quantity.P50, SETUP)
    assert asked.startswith("Which network is best in latency p50 on litert-fp32, given: ")
    assert asked.endswith("Accuracy ≥ 99.00 %; Latency p50 ≤ 100 µs?")
    assert "no limits" in question_of((), Quantity.ACCURACY, SETUP)


def test_the_fastest_that_loses_nothing_has_a_column_or_is_the_recommended_one():
    small = made_up_run("small-id", ratio=0.9, errors=160, p50_ms=0.01)
    advice = recommend((DENSE, HALF, small), (), SETUP, Quantity.P50)
    text = plain(memo_html(small, None, DENSE, advice, facts(), HALF))
    assert "Fastest that loses nothing measurable" in text
    assert "half-id" in text
    assert "a loss below about 0.4 points may be there" in text
    assert "It is the fastest that loses nothing measurable" in plain(memo_of(DENSE, HALF))


def test_one_tied_run_is_not_told_of_as_many():
    assert "In accuracy 1 other cannot be told from the top; latency p50 decides" in plain(
        memo_of(HALF, MOST)
    )
