import pytest

from core.errors import StoreError
from core.records import Caveat, Status, to_json
from tests.made_up import made_up_family, made_up_run, made_up_study
from tests.pages.looking import opened, said
from ui import resources
from ui.words import plain

FAMILY = made_up_family()
RUN = "standard-structured-0.9"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files: dict[str, bytes] = {}

    def artifact(record, name: str) -> bytes:
        if name not in files:
            raise StoreError(f"{record.run_id} has no {name}.")
        return files[name]

    monkeypatch.setattr(resources, "artifact", artifact)
    return files


def test_a_failed_run_has_a_page_that_says_why(runs):
    runs.append(
        made_up_run("failed", status=Status.FAILED, result=None, reason="Out of memory.", artifacts=())
    )
    at = opened("run", run="failed")
    assert at.error[0].value == plain("Out of memory.")


@pytest.mark.parametrize(
    ("run_id", "section"),
    [
        ("separable-structured-0.75", s)
        for s in ("overview", "layers", "latency", "mistakes", "machine", "files")
    ]
    + [("standard-dense", s) for s in ("overview", "mistakes", "files")]
    + [("standard-magnitude-0.5", "layers")],
)
def test_every_section_of_a_run_stands_without_its_files(runs, section, run_id):
    runs += FAMILY
    at = opened("run", run=run_id, section=section)
    assert not at.error


def test_a_run_that_is_gone_leads_back(runs):
    assert "There is no run nobody" in said(opened("run", run="nobody"))


def test_a_closer_look_is_drawn_with_its_tables_and_evidence(runs, kept):
    runs += FAMILY
    kept["study.json"] = to_json(made_up_study()).encode()
    at = opened("run", run=RUN, section="latency")
    text = said(at)
    assert "600× in all" in text
    assert "80% of it" in text
    assert "Weights are only zeroed" not in text
    assert "**The first layer dominates.** conv1 takes 60 %" in text
    assert "litert-int8 is checked by its accuracy, 98.7 % on 1,000 test images" in text
    assert "All together take 2 times the least" in text


def badges(at) -> list[str]:
    return [element.value for element in at.markdown if "-badge[" in str(element.value)]


def test_a_quick_look_is_called_quick_at_every_part_of_it(runs, kept):
    runs += FAMILY
    kept["study.json"] = to_json(made_up_study()).encode()
    full = badges(opened("run", run=RUN, section="latency"))
    kept["study.json"] = to_json(made_up_study(Caveat.QUICK)).encode()
    quick = badges(opened("run", run=RUN, section="latency"))
    assert not any("quick" in badge for badge in full)
    assert sum("quick" in badge for badge in quick) == 4


def test_twins_of_two_runs_are_drawn_without_a_closer_look(runs):
    runs += FAMILY
    at = opened("run", run=RUN, section="latency")
    assert "fewer multiplications became" in said(at)
    assert list(at.dataframe[-1].value.columns) == ["removed", "zeroed"]
