import shutil
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.engine import Engine
from core.records import Caveat, RunSpec, Status
from core.settings import ROOT
from core.tracking import Store
from tests.core.engine.conftest import SCRIPTED, at_work, ended, settings_in, wait_until
from tests.core.engine.scripted import SEEDS
from ui import resources, state
from ui.words import caveat_name, plain

FOREVER = RunSpec(seed=SEEDS["forever"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A real engine with scripted workers behind the pages."""
    home = tmp_path_factory.mktemp("queue") / "home"
    Store(settings_in(home))
    made = Engine(settings_in(home), worker_command=SCRIPTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNING_LAB_HOME", str(home))
        resources.close()
        patch.setattr(resources, "engine", lambda: made)
        ended(made, made.submit(FOREVER.baseline()))
        yield made
        resources.close()
    made.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def at(engine: Engine) -> Iterator[AppTest]:
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90)
    at.query_params["lang"] = "en"
    at.run()
    at.switch_page(str(ROOT / "pages" / "experiment.py")).run()
    yield at
    for record in engine.runs():
        engine.cancel(record.run_id)
    wait_until(lambda: all(record.status.is_finished for record in engine.runs()))


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def test_the_queue_is_reordered_and_cancelled_on_the_page(at: AppTest, engine: Engine) -> None:
    running = engine.submit(FOREVER)
    at_work(engine, running)
    first, second = (engine.submit(FOREVER.edited(ratio=ratio)) for ratio in (0.1, 0.2))
    at.run()
    assert at.button(key=f"move-False-{first}").disabled
    press(at, f"move-False-{second}")
    order = sorted((r for r in engine.runs() if r.status is Status.SCHEDULED), key=lambda r: r.position)
    assert [record.run_id for record in order] == [second, first]
    press(at, f"cancel-{second}")
    assert engine.run(second).status is Status.KILLED
    press(at, f"cancel-{running}")
    assert ended(engine, running).reason == "cancelled while fine-tuning"


def test_a_card_shows_each_latency_once_it_is_known_and_a_baseline_what_it_waits_for(
    at: AppTest, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.engine.placement.has_room", lambda: True)
    run_id = engine.submit(RunSpec(seed=SEEDS["holding"], ratio=0.7))
    at_work(engine, run_id)
    at.run()
    said = "\n".join(str(element.value) for element in (*at.markdown, *at.caption))
    assert "**14.3 µs** on litert-fp32" in said
    assert caveat_name(Caveat.LOADED) in said
    assert f"It is trained, and is measured after {plain(engine.run(run_id).title)}." in said


def test_a_sweep_shows_its_progress_and_is_cancelled_as_a_whole(at: AppTest, engine: Engine) -> None:
    sweep_id = engine.submit_sweep([FOREVER.edited(ratio=ratio) for ratio in (0.3, 0.4, 0.5)], "mine")
    runs = engine.sweep(sweep_id).run_ids
    wait_until(lambda: engine.sweep(sweep_id).counts.get(Status.RUNNING))
    at.run()
    press(at, f"cancel-sweep-{sweep_id}")
    assert [ended(engine, run_id).status for run_id in runs] == [Status.KILLED] * 3


def dialog(run_id: str) -> None:
    from ui.experiment.finished import manage

    manage(run_id)


def test_a_run_is_named_repeated_and_deleted_in_its_dialog(at: AppTest, engine: Engine) -> None:
    run_id = ended(engine, engine.submit(RunSpec(ratio=0.6))).run_id
    model = engine.artifact(run_id, "model.keras")
    at.run()
    assert at.button(key=f"manage-{run_id}")
    # A dialog is a fragment, which AppTest cannot run alone: its content is drawn as a page of its own.
    inside = AppTest.from_function(dialog, kwargs={"run_id": run_id}, default_timeout=90).run()
    inside.text_input[0].set_value("the small one")
    inside.text_area[0].set_value("for the talk")
    press(inside, "manage-save")
    assert (engine.run(run_id).name, engine.run(run_id).notes) == ("the small one", "for the talk")
    before = len(engine.runs())
    press(inside, "manage-retry")
    assert len(engine.runs()) == before + 1
    assert engine.runs()[0].spec == engine.run(run_id).spec
    ended(engine, engine.runs()[0].run_id)
    assert inside.button(key="manage-delete").disabled
    inside.checkbox(key="manage-sure").check().run()
    press(inside, "manage-delete")
    assert engine.run(run_id) is None
    wait_until(lambda: not model.exists())


def test_the_page_of_a_run_offers_to_name_repeat_and_delete_it(engine: Engine) -> None:
    run_id = ended(engine, engine.submit(RunSpec(ratio=0.61))).run_id
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90)
    at.query_params["lang"] = "en"
    at.run()
    at.query_params[str(state.Key.RUN)] = run_id
    at.switch_page(str(ROOT / "pages" / "run.py")).run()
    assert at.button(key="run-manage")
    press(at, "run-delete")
    assert engine.run(run_id) is None


def test_a_running_run_shows_the_end_of_its_log_and_offers_all_of_it(at: AppTest, engine: Engine) -> None:
    running = engine.submit(FOREVER.edited(ratio=0.8))
    at_work(engine, running)
    at.run()
    assert any("fine-tuning" in block.value for block in at.code)
    assert at.get("download_button")


def test_a_copy_fills_the_form(engine: Engine) -> None:
    run_id = ended(engine, engine.submit(RunSpec(ratio=0.66, round_to=4))).run_id
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=90)
    at.query_params["lang"] = "en"
    at.run()
    at.query_params[str(state.Key.FROM)] = run_id
    at.switch_page(str(ROOT / "pages" / "experiment.py")).run()
    assert at.slider(key=state.one("ratio")).value == 0.66


def test_a_search_is_started_followed_and_stopped_on_the_page(at: AppTest, engine: Engine) -> None:
    at.session_state[state.one("seed")] = SEEDS["boundary"]
    at.run()
    at.number_input(key="search-drop").set_value(0.4).run()
    at.number_input(key="search-trials").set_value(3).run()
    press(at, "search-start")
    (found,) = wait_until(lambda: [each for each in engine.searches() if each.state == "finished"])
    assert (found.max_drop, found.num_trials, found.num_done) == (0.004, 3, 3)
    at.run()
    assert "Best:" in "\n".join(each.value for each in at.caption)
    at.session_state[state.one("seed")] = SEEDS["forever"]
    at.run()
    press(at, "search-start")
    search_id = engine.searches()[0].search_id
    at.run()
    press(at, f"cancel-search-{search_id}")
    assert engine.searches()[0].state == "cancelled"
