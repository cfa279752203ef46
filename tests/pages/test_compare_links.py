from dataclasses import replace
from pathlib import Path

import pytest

from core.records import RunRecord, from_json
from core.telemetry.trace import TRACE
from tests.made_up import made_up_family, made_up_run
from tests.made_up_home import trace_of
from tests.pages.looking import open_filters, opened, said
from ui import resources

FAMILY = made_up_family()
OLD = Path(__file__).parents[1] / "data" / "run-record-1.json"
WITH_TRACE = replace(FAMILY[4], artifacts=(*FAMILY[4].artifacts, TRACE))
SHOWN = ("x", "y", "runtime", "goal", "min-accuracy", "hide", "conv", "method", "selected")


@pytest.fixture
def traces(monkeypatch):
    monkeypatch.setattr(resources, "artifact", lambda record, name: trace_of(record))


def address(at):
    values = {name: at.query_params[name] for name in at.query_params if name != "lang"}
    return {name: value if isinstance(value, str) else value[0] for name, value in values.items()}


def headings(at):
    return [heading.value for heading in at.subheader]


def test_the_address_alone_brings_back_axes_filters_limits_and_selection(runs):
    runs += FAMILY
    at = opened()
    at.selectbox(key="x").select("parameters").run()
    at.selectbox(key="y").select("errors").run()
    at.selectbox(key="runtime").select("onnxruntime").run()
    at.selectbox(key="goal").select("size").run()
    at.number_input(key="min-accuracy").set_value(98.5).run()
    at.toggle(key="hide").set_value(True).run()
    open_filters(at)
    at.multiselect(key="conv").set_value(["separable"]).run()
    at.multiselect(key="method").set_value(["structured", "none"]).run()
    ids = ["separable-dense", "separable-structured-0.5"]
    at.multiselect(key="selected").set_value(ids).run()
    link = address(at)
    assert set(SHOWN) <= set(link)
    elsewhere = opened(**{name.replace("-", "_"): value for name, value in link.items()})
    assert address(elsewhere) == link
    assert elsewhere.dataframe[0].value.equals(at.dataframe[0].value)
    assert sorted(elsewhere.dataframe[0].value.index) == sorted(ids)
    assert said(elsewhere) == said(at)


def test_a_run_of_an_older_record_is_a_row_and_can_be_picked(runs):
    old = from_json(RunRecord, OLD.read_bytes())
    runs += [old, *FAMILY]
    assert old.run_id in opened().dataframe[0].value.index
    at = opened(selected=old.run_id)
    assert list(at.dataframe[0].value.index) == [old.run_id]
    assert "No readings were kept" in said(at)
    assert not opened(view="side", selected=f"{old.run_id},{FAMILY[0].run_id}").error


def test_the_one_run_that_is_picked_opens_its_slice(runs, traces):
    runs += [*(run for run in FAMILY if run.run_id != WITH_TRACE.run_id), WITH_TRACE]
    at = opened(selected=WITH_TRACE.run_id)
    assert any(heading.startswith("Readings during") for heading in headings(at))
    assert "No readings were kept" not in said(at)
    for selected in ("", ",".join(run.run_id for run in FAMILY[:2])):
        assert not any(
            heading.startswith("Readings during") for heading in headings(opened(selected=selected))
        )


def test_a_run_that_left_nothing_says_so_where_it_is_picked(runs):
    runs += [*FAMILY, made_up_run("bare", artifacts=())]
    text = said(opened(selected="bare"))
    assert "This run left no network" in text
    assert "No readings were kept" in text


def test_a_quantity_is_never_drawn_against_itself(runs):
    runs += FAMILY
    at = opened(x="accuracy")
    assert (at.selectbox(key="x").value, at.selectbox(key="y").value) == ("p50", "accuracy")
    at.selectbox(key="y").select("p50").run()
    assert not at.exception
    assert (at.selectbox(key="x").value, at.selectbox(key="y").value) == ("accuracy", "p50")
    at.selectbox(key="y").select("errors").run()
    assert at.selectbox(key="x").value == "accuracy"
