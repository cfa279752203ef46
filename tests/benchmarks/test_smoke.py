"""Every part of `make bench` runs at its smoke size; what it measures there means nothing and is not kept.

time_to_99 and latency have tests of their own, in this process and faster.
"""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from benchmarks import digits, letters
from benchmarks.memory import drawn
from benchmarks.results import FOLDER
from core.settings import ROOT
from tests.made_up import made_up_runs

PARTS = [
    line.split("-m benchmarks.")[1].split()
    for line in (ROOT / "Makefile").read_text().partition("\nbench:")[2].partition("\n\n")[0].splitlines()
    if "-m benchmarks." in line
]
TESTED_ELSEWHERE = {"time_to_99", "latency"}
LONG = {"ui", "memory"}
"""Programs that start servers; CI tries their parts in tests/e2e/test_benchmarks.py."""


def test_make_bench_measures_training_starting_pages_telemetry_and_memory():
    names = {name for name, *_ in PARTS}
    assert names == {"time_to_99", "start", "compare", "telemetry", "ui", "memory", "latency"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part, marks=pytest.mark.soak if part[0] in LONG else (), id=part[0])
        for part in PARTS
        if part[0] not in TESTED_ELSEWHERE
    ],
)
def test_a_part_of_make_bench_runs_and_leaves_no_figures(part):
    before = {path: path.read_bytes() for path in FOLDER.glob("*.json")}
    name = part[0]  # without options: the live page of `telemetry` is looked at in tests/e2e/test_device.py
    command = [sys.executable, "-m", f"benchmarks.{name}", "--smoke"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert len(ran.stdout.splitlines()) > 2
    assert {path: path.read_bytes() for path in FOLDER.glob("*.json")} == before


def test_digits_and_letters_are_read_kind_by_kind(tiny_tflite):
    asked = ["--model", str(tiny_tflite), "--kinds", "raw,drawing,number", "--smoke"]
    said = CliRunner().invoke(digits.main, asked, catch_exceptions=False).stdout.splitlines()
    assert [line.split(" | ")[0] for line in said[2:]] == [
        "| raw",
        "| drawing",
        "| number",
        "| all",
        "| single digits",
    ]
    assert [line.split(" | ")[2] for line in said[2:]] == ["1", "1", "1", "3", "2"]
    said = CliRunner().invoke(letters.main, ["--per-kind", "1"], catch_exceptions=False).stdout
    assert all(f"| {kind} | " in said for kind in letters.PICTURES)


def test_as_many_runs_are_drawn_as_give_the_asked_number_of_ended_ones():
    ended = [run for run in made_up_runs(drawn(50)) if run.status.is_finished]
    assert len(ended) == 50
    assert len([run for run in made_up_runs(drawn(50) - 1) if run.status.is_finished]) == 49
