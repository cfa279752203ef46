from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from core.errors import EngineError, StoreError
from core.records import Caveat, Conditions, Origin, Runtime, Status, StudyProgress, to_json
from tests.made_up import made_up_family, made_up_row, made_up_run, made_up_study
from tests.pages.looking import opened, said
from ui import resources
from ui.words import moment, plain

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


class Looks:
    def __init__(self) -> None:
        self.known: tuple[StudyProgress, ...] = ()
        self.asked: list[tuple[str, bool, list[int]]] = []

    def study(self, run_id: str, *, quick: bool = False, batches: Sequence[int] = ()) -> None:
        if self.known:
            raise EngineError("one at a time.")
        self.asked.append((run_id, quick, list(batches)))
        self.known = (
            StudyProgress(
                run_id=run_id,
                state="running",
                lines=("I0000 00:00:1 port.cc:153] oneDNN", "measuring the layers"),
            ),
        )

    def cancel_study(self, run_id: str) -> None:
        self.known = (replace(self.known[0], state="failed", reason="cancelled"),)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    made, engine = Looks(), resources.engine()
    monkeypatch.setattr(engine, "studies", lambda: made.known)
    monkeypatch.setattr(engine, "study", made.study)
    monkeypatch.setattr(engine, "cancel_study", made.cancel_study)
    return made


def test_a_run_is_dated_by_its_start_and_not_by_its_wait(runs):
    began = 1_795_000_000.0
    runs.append(
        replace(made_up_run("waited"), created_at=began - 3600, started_at=began, ended_at=began + 60)
    )
    assert moment(began) in said(opened("run", run="waited"))


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


def test_a_closer_look_is_drawn_with_its_tables_and_evidence(runs, kept, looks):
    runs += FAMILY
    kept["study.json"] = to_json(made_up_study()).encode()
    at = opened("run", run=RUN, section="latency")
    text = said(at)
    assert "600× in all" in text
    assert "80 % of it" in text
    assert "Weights are only zeroed" not in text
    assert "**The first layer dominates.** conv1 takes 60 %" in text
    assert "litert-int8 is checked by its accuracy, 98.7 % on 1,000 test images" in text
    assert "All together take 2 times the least" in text
    assert "The dense standard network takes 2 times its own least" in text


def test_the_gap_to_the_roofline_is_of_this_run_alone_where_the_dense_network_has_none(runs, kept, looks):
    runs += FAMILY
    kept["study.json"] = to_json(replace(made_up_study(), baseline_layers=())).encode()
    text = said(opened("run", run=RUN, section="latency"))
    assert "All together take 2 times the least" in text
    assert "dense standard network takes" not in text


def test_the_latencies_stand_with_their_spread_file_sizes_and_conditions(runs):
    conditions = Conditions(
        cpu="Made-up CPU", core_shared=0.013, overhead_us=0.07, gpu="Made-up GPU", gpu_clock_mhz=1_410.0
    )
    row = replace(
        made_up_row(Runtime.LITERT_FP32, 0.1),
        mad_ms=0.0017,
        size_bytes=97_936,
        size_gzip_bytes=86_827,
        conditions=conditions,
    )
    noisier = replace(row, threads=2, conditions=replace(conditions, core_shared=0.2, gpu_processes=3))
    runs += [made_up_run("one", latency=(row, noisier)), made_up_run("bare")]
    at = opened("run", run="one", section="latency")
    (frame,) = (each.value for each in at.dataframe if "p50" in each.value)
    assert (frame["mad"][0], frame["size"][0], frame["size_gzip"][0]) == (0.0017, 97.936, 86.827)
    text = said(at)
    for line in (
        "Threads: 1, 2",
        "Share that others took of the measured core: 20.0 %",
        "Added to a query by the measuring loop (µs): 0.07",
        "Clock of the GPU (MHz): 1410",
        "Other processes on the GPU: 3",
    ):
        assert line in text
    bare = opened("run", run="bare", section="latency")
    assert not {"mad", "size", "size_gzip"} & set(bare.dataframe[0].value)
    assert "GPU" not in said(bare)


def headings(at) -> list[str]:
    return [each.value for each in at.subheader]


def badges(at) -> list[str]:
    return [element.value for element in at.markdown if "-badge[" in str(element.value)]


def test_a_quick_look_is_called_quick_at_every_part_of_it(runs, kept, looks):
    runs += FAMILY
    kept["study.json"] = to_json(made_up_study()).encode()
    full = badges(opened("run", run=RUN, section="latency"))
    kept["study.json"] = to_json(made_up_study(Caveat.QUICK)).encode()
    quick = badges(opened("run", run=RUN, section="latency"))
    assert not any("quick" in badge for badge in full)
    assert sum("quick" in badge for badge in quick) == 5


def test_a_look_is_asked_for_followed_and_then_shown(runs, kept, looks):
    runs += FAMILY
    at = opened("run", run=RUN, section="latency")
    at.button(key="study-quick").click().run()
    assert looks.asked == [(RUN, True, [8, 32, 128, 512])]
    assert at.status[0].label == "Measuring; leave the machine alone."
    assert at.code[0].value == "measuring the layers"
    assert [button.key for button in at.button if str(button.key).startswith("study")] == ["study-stop"]
    looks.known = (replace(looks.known[0], state="finished"),)
    kept["study.json"] = to_json(made_up_study(Caveat.QUICK)).encode()
    at.run()
    assert not at.status
    assert "600× in all" in said(at)


def test_the_batches_of_a_look_are_chosen_and_what_was_swept_is_drawn(runs, kept, looks):
    runs += FAMILY
    study = made_up_study()
    assert "Batches" not in headings(opened("run", run=RUN, section="latency"))
    at = opened("run", run=RUN, section="latency")
    at.button_group(key="study-batches").set_value([8, 512]).run()
    at.button(key="study-full").click().run()
    assert looks.asked == [(RUN, False, [8, 512])]
    looks.known = (replace(looks.known[0], state="finished"),)
    swept = [
        tuple(replace(rows[0], batch=batch, images_per_s=rate * batch) for batch in (1, 8, 512))
        for rows, rate in ((study.rows, 60_000.0), (study.baseline_rows, 8_000.0))
    ]
    kept["study.json"] = to_json(replace(study, rows=swept[0], baseline_rows=swept[1])).encode()
    at.run()
    assert "Batches" in headings(at)


def test_a_look_that_failed_says_why_and_can_be_asked_for_again(runs, looks):
    runs += FAMILY
    looks.known = (StudyProgress(run_id=RUN, state="failed", reason="It *died*."),)
    at = opened("run", run=RUN, section="latency")
    assert at.error[0].value == plain("It *died*.")
    assert not at.button(key="study-full").disabled


def test_a_look_can_be_stopped_and_that_is_no_error(runs, looks):
    runs += FAMILY
    looks.study(RUN)
    at = opened("run", run=RUN, section="latency")
    at.button(key="study-stop").click().run()
    assert not at.error
    assert "It was cancelled." in said(at)


def test_who_may_not_change_runs_may_not_ask_for_a_look(runs, looks, monkeypatch):
    runs += FAMILY
    at = opened("run", run=RUN, section="latency")
    monkeypatch.setattr(resources.engine(), "read_only", "another server owns the runs.")
    at.button(key="study-full").click().run()
    assert looks.asked == []
    assert at.button(key="study-full").disabled


def test_a_recorded_run_offers_no_look(runs, looks):
    runs.append(made_up_run("recorded", ratio=0.5, origin=Origin.RECORDED, recorded_on="made up"))
    at = opened("run", run="recorded", section="latency")
    assert "Clone it and look at the copy" in said(at)
    assert not [button for button in at.button if str(button.key).startswith("study")]


def test_twins_of_two_runs_are_drawn_without_a_closer_look(runs, looks):
    runs += FAMILY
    at = opened("run", run=RUN, section="latency")
    assert "fewer multiplications became" in said(at)
    assert list(at.dataframe[-1].value.columns) == ["removed", "zeroed"]
