import ast
import base64
import runpy
import shlex

import pytest

from core import pipeline
from core.cli import order
from core.cli.options import spec_of
from core.records import EventKind, RunSpec, to_dict
from core.report.snippet import command, snippet
from tests.made_up import made_up_run

SPECS = [
    {"ratio": 0.5},
    {"ratio": 0.5, "augment": False, "distill": False},
    {"method": "none", "ratio": 0},
    {"ratio": 0.3, "ignore": ("conv1", "dense1"), "distill": True, "augment": True, "schedule": "iterative"},
    {"ratio": 0.7, "scope": "lagrangian", "cost": "latency", "seed": 3, "epochs": 1},
    {"architecture": "convnet", "conv": "separable", "method": "magnitude", "ratio": 0.9, "round_to": 8},
]


def spec_in(program: str) -> RunSpec:
    call = next(
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RunSpec"
    )
    return RunSpec(**{word.arg: ast.literal_eval(word.value) for word in call.keywords})


@pytest.mark.parametrize("fields", SPECS)
def test_the_program_asks_for_the_same_run(fields):
    run = made_up_run(**fields)
    assert spec_in(snippet(run)) == run.spec


@pytest.mark.parametrize("fields", SPECS)
def test_the_command_line_asks_for_the_same_run(fields):
    run = made_up_run(**fields)
    words = shlex.split(command(run))
    assert words[:4] == ["python", "-m", "core", "run"]
    given = order.run.make_context("run", words[4:]).params
    assert (
        spec_of({name: value for name, value in given.items() if name not in ("as_json", "name")}) == run.spec
    )


def test_a_name_does_not_get_into_the_program():
    program = snippet(made_up_run(name='"""\nimport os; os.system("x")'))
    assert "os.system" not in program


@pytest.mark.parametrize("fields", [SPECS[0], SPECS[1]])
def test_the_program_runs_and_leaves_the_networks(fields, tmp_path, monkeypatch, capsys):
    run, jobs = made_up_run(**fields), []

    def made_up_pipeline(job, emit):
        jobs.append(job)
        for name in ("model.keras", "model.tflite"):
            content = f"{name} of {job.run_id}".encode()
            emit(EventKind.ARTIFACT, {"name": name, "base64": base64.b64encode(content).decode()})
        emit(EventKind.RESULT, {"result": to_dict(run.result)})

    monkeypatch.setattr(pipeline, "run", made_up_pipeline)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rebuild.py").write_text(snippet(run))
    runpy.run_path("rebuild.py")
    assert (tmp_path / "model.tflite").read_bytes() == b"model.tflite of again"
    assert jobs[-1].spec == run.spec
    if not run.spec.is_baseline:
        assert jobs[0].spec == run.spec.baseline()
        assert base64.b64decode(jobs[1].baseline_model) == b"model.keras of dense"
        assert jobs[1].baseline_result == run.result
    assert f"{run.result.errors} errors" in capsys.readouterr().out
