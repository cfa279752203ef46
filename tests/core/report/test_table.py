import csv
import io
import json

import pytest

from core.records import RunRecord, Status, from_dict
from core.records.comparison import Setup
from core.report.table import latency_csv, runs_csv, runs_json
from tests.made_up import made_up_run, made_up_runs


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_run_is_a_line_whatever_became_of_it():
    runs = made_up_runs(200)
    assert {run.status for run in runs} == set(Status)
    assert [line["run_id"] for line in lines(runs_csv(runs, Setup()))] == [run.run_id for run in runs]


def test_numbers_are_written_in_full():
    (line,) = lines(runs_csv([made_up_run(errors=123, p50_ms=0.0123456789)], Setup()))
    assert float(line["latency_p50_ms"]) == 0.0123456789
    assert int(line["errors"]) == 123
    assert float(line["accuracy_low"]) < float(line["accuracy"]) < float(line["accuracy_high"])


def test_every_latency_row_is_a_line_and_a_run_without_one_too():
    runs = [made_up_run("a"), made_up_run("b", result=None)]
    found = lines(latency_csv(runs))
    assert [line["latency_runtime"] for line in found if line["run_id"] == "a"] == [
        str(row.runtime) for row in runs[0].result.latency
    ]
    assert [line["latency_runtime"] for line in found if line["run_id"] == "b"] == [""]


def test_no_runs_still_name_the_columns():
    assert runs_csv([], Setup()) == runs_csv([made_up_run()], Setup()).splitlines()[0] + "\n"
    assert lines(latency_csv([])) == []


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"])
def test_a_name_is_no_formula(name):
    (line,) = lines(runs_csv([made_up_run(name=name)], Setup()))
    assert line["name"] == f"'{name}"


def test_visitors_digits_have_columns_of_their_own():
    (line,) = lines(runs_csv([made_up_run("a")], Setup(), {"a": (9, 10)}))
    assert float(line["visitors_accuracy"]) == 0.9
    assert float(line["visitors_accuracy_low"]) < 0.9 < float(line["visitors_accuracy_high"])


def test_json_holds_the_complete_records():
    runs = made_up_runs(30)
    found = tuple(from_dict(RunRecord, data) for data in json.loads(runs_json(runs)))
    assert found == runs


def test_no_runs_are_an_empty_list():
    assert json.loads(runs_json([])) == []
