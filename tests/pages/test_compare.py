from types import SimpleNamespace

import numpy as np
import pytest

from core.records import Caveat
from tests.made_up import made_up_family, made_up_run, made_up_runs
from tests.pages.looking import open_filters, opened, said
from ui import artifacts, provenance, resources
from ui.compare.controls import FILTERS

FAMILY = made_up_family()


@pytest.mark.parametrize("number", [0, 1, 2, 40])
@pytest.mark.parametrize("view", ["tradeoff", "map", "side"])
def test_any_number_of_runs_of_any_fate_can_be_compared(runs, number, view):
    runs += made_up_runs(number)
    at = opened(view=view)
    assert not at.error


def test_an_empty_store_says_what_to_do(runs):
    assert "No run has finished yet" in said(opened())


def test_the_table_shows_every_run(runs):
    runs += FAMILY
    assert len(opened().dataframe[0].value) == len(FAMILY)


def test_selected_runs_in_the_address_filter_the_table(runs):
    runs += FAMILY
    ids = [run.run_id for run in FAMILY[:3]]
    at = opened(selected=",".join(ids))
    assert sorted(at.dataframe[0].value.index) == sorted(ids)
    assert "3 of 22 runs" in said(at)


def test_limits_in_the_address_name_the_best_and_the_runner_up(runs):
    runs += [
        made_up_run("good", name="good one", errors=60, p50_ms=0.03),
        made_up_run("slow", name="slow one", errors=60, p50_ms=0.09),
        made_up_run("poor", name="poor one", errors=400, p50_ms=0.01),
    ]
    at = opened(min_accuracy="99", max_latency="0.1")
    text = said(at)
    assert "Best within the limits" in text
    assert "Runner-up" in text
    assert "Hold the limits: 2; within the noise: 0; do not: 1; not measured: 0." in text
    standing = at.dataframe[0].value["standing"]
    assert standing["good"].startswith("best")
    assert standing["slow"].startswith("runner-up")
    assert standing["poor"] == "outside the limits"


def test_the_fastest_that_loses_nothing_is_named_even_where_its_dense_network_is_filtered_out(runs):
    runs += [
        made_up_run("dense", method="none", ratio=0.0, errors=72),
        made_up_run("half", name="half of it", ratio=0.5, errors=80, p50_ms=0.03, baseline_id="dense"),
        made_up_run("small", name="small one", ratio=0.9, errors=160, p50_ms=0.01, baseline_id="dense"),
    ]
    text = said(opened(goal="p50", method="structured"))
    assert "**Fastest that loses nothing measurable**" in text
    assert "answers image by image were not kept, so a loss below about 0.4 points may be there" in text
    assert "It is the fastest that loses nothing measurable" in said(opened())
    assert "In accuracy 1 other cannot be told from the top" in said(opened())


def test_where_both_kept_their_answers_the_paired_test_says_who_loses_nothing(runs, monkeypatch):
    truth = artifacts.test_set().labels
    wrong = {"dense": range(72), "half": range(5, 85), "small": range(110)}

    def answers(run):
        labels = truth.copy()
        labels[list(wrong[run.run_id])] = (labels[list(wrong[run.run_id])] + 1) % 10
        return artifacts.Predictions(labels, np.zeros((len(labels), 10), np.float16))

    monkeypatch.setattr(artifacts, "predictions", answers)
    kept = {"baseline_id": "dense", "artifacts": (artifacts.ANSWERS,)}
    runs += [
        made_up_run("dense", method="none", ratio=0.0, errors=72, **kept),
        made_up_run("half", name="half of it", ratio=0.5, errors=80, p50_ms=0.03, **kept),
        made_up_run("small", name="small one", ratio=0.9, errors=110, p50_ms=0.01, **kept),
    ]
    text = said(opened(goal="p50"))
    assert "is right on 13, it alone on 5: no significant loss (McNemar's test, 95 %, p = 0.096)" in text


def test_nobody_within_the_limits_is_said(runs):
    runs += FAMILY
    assert "No run holds all limits" in said(opened(min_accuracy="99.99"))


def test_what_a_visitor_sets_goes_into_the_address_in_plain_words(runs):
    runs += FAMILY
    at = opened()
    at.selectbox(key="x").select("parameters").run()
    at.toggle(key="hide").set_value(True).run()
    at.number_input(key="min-accuracy").set_value(99.0).run()
    assert at.query_params["x"] == "parameters"
    assert at.query_params["hide"] == "1"
    assert at.query_params["min-accuracy"] == "99"
    at.selectbox(key="x").select("p50").run()
    assert "x" not in at.query_params


@pytest.mark.parametrize(
    "parameters",
    [
        {"x": "nonsense", "runtime": "abacus", "batch": "many", "view": "4d"},
        {"selected": "gone,also-gone", "min_accuracy": "high", "max_size": "-5", "max_latency": "nan"},
        {"architecture": "resnet", "hide": "perhaps", "goal": "fame"},
    ],
)
def test_an_address_with_nonsense_shows_the_default(runs, parameters):
    runs += FAMILY
    at = opened(**parameters)
    assert not at.error
    assert len(at.dataframe[0].value) == len(FAMILY)


def test_filters_narrow_the_runs(runs):
    runs += FAMILY
    at = opened(conv="separable", method="structured,none")
    assert len(at.dataframe[0].value) == 6
    assert "6 of 22 runs pass the filter." in said(at)


def test_doubtful_latencies_carry_a_badge_and_can_be_left_out(runs):
    runs += FAMILY
    everything = opened().dataframe[0].value
    assert sum(bool(badges) for badges in everything["badges"]) == 4
    assert "badges" not in opened(sure="1").dataframe[0].value


def test_boxes_of_filters_are_drawn_once_they_are_opened_or_one_is_in_use(runs):
    runs += FAMILY

    def boxes(at):
        return {box.key for box in at.multiselect}

    assert boxes(opened()) == {"selected"}
    assert boxes(open_filters(opened())) == {"selected", *FILTERS}
    linked = opened(conv="separable")
    assert boxes(linked) == {"selected", *FILTERS}
    linked.multiselect(key="conv").set_value([]).run()
    assert len(linked.dataframe[0].value) == len(FAMILY)
    assert boxes(linked.run()) == {"selected"}


def test_a_visitor_chooses_which_doubts_leave_a_run_out_and_the_address_keeps_it(runs):
    runs += FAMILY
    runs.append(made_up_run("loaded", ratio=0.6, caveats=(Caveat.LOADED,)))
    at = open_filters(opened())
    at.multiselect(key="sure").set_value(["noisy"]).run()
    assert at.query_params["sure"] in ("noisy", ["noisy"])
    shown = at.dataframe[0].value
    assert list(shown[shown["badges"].notna()].index) == ["loaded"]
    assert opened(sure="noisy").dataframe[0].value.equals(shown)
    assert "badges" not in opened(sure="noisy,loaded").dataframe[0].value


def test_a_link_that_asked_for_undoubted_latencies_only_leaves_out_every_doubt(runs):
    runs += [made_up_run(caveat, ratio=0.5, caveats=(caveat,)) for caveat in Caveat]
    runs.append(FAMILY[0])
    assert list(opened(sure="1").dataframe[0].value.index) == [FAMILY[0].run_id]
    assert len(opened(sure="0").dataframe[0].value) == len(runs)


def test_dominated_runs_are_named_in_the_table(runs):
    runs += FAMILY
    standing = opened().dataframe[0].value["standing"]
    assert any("front" in text for text in standing)
    assert any(text == "dominated" for text in standing)


def test_runs_side_by_side_begin_with_what_differs(runs):
    runs += FAMILY
    at = opened(view="side", selected="standard-dense,standard-structured-0.9")
    asked, measured = (frame.value for frame in at.dataframe[:2])
    assert list(asked.index) == ["method", "ratio"]
    assert "Accuracy" in measured.index
    assert measured.loc["Parameters"].iloc[1].endswith("better")


def test_fewer_than_two_runs_offer_a_choice(runs):
    runs += FAMILY
    at = opened(view="side")
    assert "Choose at least two runs" in said(at)
    (offer,) = [button for button in at.button if "best" in button.label]
    offer.click().run()
    assert len(at.query_params["selected"].split(",")) >= 2


def test_the_map_pairs_standard_with_separable(runs):
    runs += FAMILY
    at = opened(view="map")
    assert len(at.dataframe[0].value) == 6
    at.segmented_control(key="map-match").set_value("parameters").run()
    assert at.query_params["map-match"] == "parameters"


def test_runs_may_come_and_go_while_the_page_is_open(runs):
    runs += FAMILY
    at = opened(selected="standard-dense,standard-structured-0.5")
    runs.insert(0, made_up_run("new", ratio=0.6))
    runs.remove(next(run for run in runs if run.run_id == "standard-dense"))
    at.run()
    assert not at.exception
    assert list(at.dataframe[0].value.index) == ["standard-structured-0.5"]
    assert at.query_params["selected"] == "standard-structured-0.5"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:////home/me/mlflow.db", "sqlite:////home/me/mlflow.db"),
        ("https://me:secret@runs.example/api", "https://runs.example/api"),
    ],
)
def test_where_runs_are_kept_is_shown_without_a_password(monkeypatch, address, shown):
    known = SimpleNamespace(settings=SimpleNamespace(tracking_uri=address))
    monkeypatch.setattr(resources, "engine", lambda: known)
    assert provenance.store() == shown


def test_a_thousand_runs_are_one_table(runs):
    runs += made_up_runs(1000)
    assert len(opened().dataframe[0].value) == 1000
