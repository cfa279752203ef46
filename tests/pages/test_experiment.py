from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.structures import structure_of
from core.records import (
    Architecture,
    Caveat,
    ChannelScores,
    Convolution,
    Criterion,
    Method,
    PrunableNetwork,
    RunSpec,
    Scope,
    SearchRecord,
    Status,
    StudyProgress,
)
from core.settings import ROOT
from tests.made_up import made_up_run
from ui import resources, state


class Clerk:
    """Stands in for the engine behind the page: writes down what it is told, refuses where it is told to."""

    read_only: str | None = None
    version = 0
    is_on_cluster = False
    spare_state = "ready"

    def __init__(self) -> None:
        self.told: list[tuple] = []
        self.concurrency = 1
        self.spare = True
        self.open: list[StudyProgress] = []

    def runs(self) -> tuple:
        return ()

    sweeps = searches = runs

    def studies(self) -> tuple[StudyProgress, ...]:
        return tuple(self.open)

    def cancel_study(self, run_id: str) -> None:
        self.told.append(("cancel_study", run_id))

    def run(self, run_id: str) -> None:
        return None

    def estimate(self, specs: list[RunSpec]) -> float:
        return 75.0 * len(specs)

    def submit(self, spec: RunSpec, *, name: str = "") -> str:
        self.told.append((spec, name))
        return "id"

    def submit_sweep(self, specs: tuple[RunSpec, ...], name: str = "") -> str:
        self.told.append((specs, name))
        return "id"

    def close(self) -> None:
        return None


@pytest.fixture
def clerk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Clerk]:
    monkeypatch.setenv("PRUNING_LAB_HOME", str(tmp_path))
    resources.close()
    made = Clerk()
    monkeypatch.setattr(resources, "engine", lambda: made)
    yield made
    resources.close()


@pytest.fixture
def at(clerk: Clerk) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90)
    at.query_params["lang"] = "en"
    at.run()
    at.switch_page(str(ROOT / "pages" / "experiment.py")).run()
    return at


def text_of(at: AppTest) -> str:
    parts = (*at.markdown, *at.caption, *at.info, *at.error, *at.warning)
    return "\n".join(str(part.value) for part in parts)


def test_the_form_asks_for_the_default_run_and_hands_it_over_once(at: AppTest, clerk: Clerk) -> None:
    at.text_input(key=state.Key.NAME).set_value("first").run()
    at.button(key="start").click().run()
    assert clerk.told == [(RunSpec(), "first")]
    assert at.text_input(key=state.Key.NAME).value == ""
    at.run()
    assert len(clerk.told) == 1


def test_the_preview_shows_what_a_ratio_really_removes(at: AppTest) -> None:
    at.slider(key=state.one("ratio")).set_value(0.75).run()
    assert "1 − (1 − 0.75)² = 94 %" in text_of(at)
    numbers = {metric.label: metric.value for metric in at.metric}
    assert numbers["Parameters"] == f"{5 * 26 + 12 * (5 * 25 + 1) + 125 * (12 * 16 + 1) + 10 * 126:,}"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("epochs", 0, "epochs is 0; allowed: a whole number from 1 to 1000."),
        ("batch_size", 60_001, "batch_size is 60001; allowed: a whole number from 1 to 60000."),
        ("seed", -1, "seed is -1; allowed: a whole number from 0"),
        ("round_to", 0, "round_to is 0; allowed: a whole number from 1 to 1024."),
    ],
)
def test_a_number_that_is_not_allowed_is_refused_in_the_form(
    at: AppTest, clerk: Clerk, field: str, value: int, said: str
) -> None:
    at.number_input(key=state.one(field)).set_value(value).run()
    assert said in text_of(at)
    assert at.button(key="start").disabled
    assert clerk.told == []


def test_separable_for_a_network_without_convolutions_is_refused_in_the_form(at: AppTest) -> None:
    choose(at, "architecture", "mlp1000")
    choose(at, "conv", "separable")
    assert "conv is 'separable' for mlp1000, which has no convolution; use conv standard" in text_of(at)
    assert at.button(key="start").disabled


def test_the_articles_preset_shows_its_claim_and_the_article_s_settings(at: AppTest, clerk: Clerk) -> None:
    at.menu_button(key=state.Key.PRESET).click("The article's example").run()
    assert "The article claims 92.1 % → 91.8 %" in text_of(at)
    at.button(key="start").click().run()
    spec = clerk.told[0][0]
    assert (spec.architecture, spec.ratio, spec.epochs, spec.batch_size) == (
        Architecture.MLP1000,
        0.5,
        10,
        128,
    )


def test_a_sweep_says_how_many_and_how_long_and_leaves_out_what_makes_no_sense(
    at: AppTest, clerk: Clerk
) -> None:
    choose(at, "", "sweep", key=state.Key.MODE)
    choose(at, "architecture", ["lenet5", "mlp1000"], key=state.many("architecture"))
    choose(at, "conv", ["standard", "separable"], key=state.many("conv"))
    at.multiselect(key=state.many("ratio")).set_value(["0.5", "0.9"]).run()
    assert at.button(key="start").label == "Start 6 runs"
    assert "Takes about 7 min 30 s." in text_of(at)
    assert "Left out: conv is 'separable' for mlp1000" in text_of(at)
    at.button(key="start").click().run()
    (specs, _), *more = clerk.told
    assert not more
    assert len(specs) == 6
    assert {spec.method for spec in specs} == {Method.STRUCTURED}


def test_a_sweep_with_an_empty_choice_or_no_number_says_so(at: AppTest) -> None:
    choose(at, "", "sweep", key=state.Key.MODE)
    choose(at, "conv", [], key=state.many("conv"))
    assert "Choose at least one value of conv" in text_of(at)
    choose(at, "conv", ["standard"], key=state.many("conv"))
    at.multiselect(key=state.many("ratio")).set_value(["half"]).run()
    assert "ratio is 'half'; allowed: 0 <= ratio < 1" in text_of(at)
    assert at.button(key="start").disabled


def test_lagrangian_is_known_after_training_until_a_baseline_left_its_scores(
    at: AppTest, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "network", lambda spec: None)
    choose(at, "scope", "lagrangian")
    choose(at, "criterion", "taylor")
    assert "known after training" in text_of(at)
    at.button(key="start").click().run()
    assert clerk.told[0][0].scope is Scope.LAGRANGIAN


def test_what_saves_measured_time_is_never_called_known_after_training(
    at: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    structure = structure_of(Architecture.LENET5, Convolution.STANDARD)
    groups = {group.name: tuple(1.0 + n for n in range(group.size)) for group in structure.groups}
    trained = PrunableNetwork(structure, (ChannelScores(criterion=Criterion.TAYLOR, groups=groups),))
    monkeypatch.setattr(resources, "network", lambda spec: trained)
    choose(at, "scope", "lagrangian")
    choose(at, "criterion", "taylor")
    assert "Saves " in text_of(at)
    choose(at, "cost", "latency")
    text = text_of(at)
    assert "known when the run prunes" in text
    assert "known after training" not in text


def test_the_best_of_a_search_carries_the_doubts_about_its_latency(
    at: AppTest, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = made_up_run("best", caveats=(Caveat.NOISY,))
    monkeypatch.setattr(resources, "run", lambda run_id: best)
    clerk.searches = lambda: (
        SearchRecord(search_id="s", spec=RunSpec(), max_drop=0.003, num_trials=3, best_id="best"),
    )
    at.run()
    assert not at.exception
    assert "Best so far:" in text_of(at)
    assert "orange-badge[noisy]" in text_of(at)


def test_the_form_keeps_its_values_over_another_page(at: AppTest) -> None:
    at.slider(key=state.one("ratio")).set_value(0.9).run()
    choose(at, "architecture", "convnet")
    at.switch_page(str(ROOT / "pages" / "method.py")).run()
    at.switch_page(str(ROOT / "pages" / "experiment.py")).run()
    assert at.slider(key=state.one("ratio")).value == 0.9
    assert at.session_state[state.one("architecture")] == "convnet"


def test_an_engine_that_only_reads_says_why_and_starts_nothing(at: AppTest, clerk: Clerk) -> None:
    clerk.read_only = "process 7 works on this folder"
    at.run()
    assert at.button(key="start").disabled
    assert "Only looking is possible here: process 7 works on this folder" in text_of(at)


def choose(at: AppTest, field: str, value: object, key: str = "") -> None:
    at.session_state[key or state.one(field)] = value
    if field == "architecture" and not key:
        at.session_state[state.one("epochs")] = 2
    at.run()
    assert not at.exception


def test_runs_at_a_time_and_the_waiting_worker_are_set_at_once(at: AppTest, clerk: Clerk) -> None:
    assert "A worker is ready." in text_of(at)
    at.number_input(key="concurrency").set_value(3).run()
    at.toggle(key="spare").set_value(False).run()
    assert (clerk.concurrency, clerk.spare) == (3, False)
    assert (at.number_input(key="concurrency").value, at.toggle(key="spare").value) == (3, False)
    clerk.is_on_cluster = True
    at.run()
    assert "Runs go to a cluster" in text_of(at)


def test_who_only_looks_sees_no_switches(at: AppTest, clerk: Clerk) -> None:
    clerk.read_only = "process 7 works on this folder"
    at.run()
    assert not [each for each in at.number_input if each.key == "concurrency"]
    assert not [each for each in at.toggle if each.key == "spare"]


def test_a_closer_look_that_holds_the_queue_is_shown_and_can_be_cancelled(at: AppTest, clerk: Clerk) -> None:
    clerk.open = [
        StudyProgress(run_id="a", state="running"),
        StudyProgress(run_id="b", state="queued"),
        StudyProgress(run_id="c", state="finished"),
        StudyProgress(crossing=Architecture.LENET5, state="queued"),
    ]
    at.run()
    assert "**Closer look** at a: being measured" in text_of(at)
    assert "**Closer look** at b: waits" in text_of(at)
    assert "at c" not in text_of(at)
    assert "**Cross-over** of lenet5: waits" in text_of(at)
    at.button(key="cancel-study-b").click().run()
    assert clerk.told == [("cancel_study", "b")]


def test_statuses_have_words() -> None:
    from ui import words

    assert len({words.status_name(status) for status in Status}) == len(Status)
