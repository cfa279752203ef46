from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.records import Origin, RunSpec
from tests.made_up import made_up_run
from ui import resources
from ui.experiment.time_needed import time_needed

RECORDED = replace(made_up_run("recorded"), origin=Origin.RECORDED, recorded_on="A CPU, 2 cores")


@pytest.fixture
def known(monkeypatch):
    """What the engine and the gallery know; tests fill it."""
    told = SimpleNamespace(own=None, recorded=60.0, runs=(), gallery=(RECORDED,))

    def estimate(specs, learn_from=()):
        return told.recorded if learn_from else told.own

    engine = SimpleNamespace(estimate=estimate, runs=lambda: told.runs)
    monkeypatch.setattr(resources, "engine", lambda: engine)
    monkeypatch.setattr(resources, "gallery", lambda: SimpleNamespace(runs=lambda: told.gallery))
    return told


def test_own_runs_say_how_long_it_takes(known):
    known.own = 75.0
    assert time_needed([RunSpec()]) == "Takes about 1 min 15 s."


def test_without_own_runs_the_recorded_ones_say_it_and_are_named_with_their_date(known):
    assert "Takes about 1 min 0 s, if this machine is as fast as" in time_needed([RunSpec()])
    assert r"A CPU, 2 cores, 2026\-09\-21" in time_needed([RunSpec()])


def test_own_runs_of_another_kind_scale_the_recorded_times(known):
    stages = tuple(replace(stage, elapsed_s=3 * stage.elapsed_s) for stage in RECORDED.stages)
    known.runs = (replace(RECORDED, origin=Origin.OWN, stages=stages),)
    said = time_needed([RunSpec()])
    assert "as recorded on A CPU" in said
    assert float(said.split("times ")[1].split(" ")[0]) > 2


def test_with_nothing_to_go_by_no_time_is_promised(known):
    known.gallery = ()
    assert "is known once" in time_needed([RunSpec()])
