import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.latency import group, memory
from core.latency.memory import Inherited, peak_bytes
from core.latency.subject import Subject
from core.records import Runtime
from core.settings import ROOT

FROM_FORK = """
import json, os, sys
from core.latency.memory import Inherited, peak_bytes
import ai_edge_litert.interpreter, pandas
before = Inherited.now()
if not os.fork():
    print(json.dumps([before.peak_bytes, peak_bytes(before), peak_bytes(Inherited())]), flush=True)
    os._exit(0)
os.wait()
"""


def peak_of(job: dict[str, Any], forks: bool) -> float:
    code = f"from core.latency import forkserver as it; it.FORKS = {forks}; it.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{json.dumps(job)}\n")
        server.stdin.flush()
        peak: float = json.loads(server.stdout.readline())["peak_memory_bytes"]
        server.stdin.close()
    return peak


def test_a_forked_process_has_the_peak_of_one_that_loaded_everything_itself(prepared: Subject) -> None:
    path = str(prepared.files[Runtime.LITERT_FP32])
    job = group.job("litert-fp32", "cpu", 1, [{"name": "a", "path": path, "reference": None}], None, None)
    assert peak_of(job, forks=True) == pytest.approx(peak_of(job, forks=False), rel=0.05)


def test_what_was_loaded_before_the_fork_counts_though_nobody_touches_it_again() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FROM_FORK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    parent, told, own = json.loads(ran.stdout)
    assert told >= parent
    assert told < 1.1 * parent
    assert own < 0.95 * told  # what Linux says of the forked process alone


def test_without_an_inheritance_it_is_what_linux_says() -> None:
    own = peak_bytes(Inherited())
    assert own is not None
    assert own >= Inherited.now().peak_bytes


def test_where_proc_is_silent_there_is_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Path) -> str:
        raise FileNotFoundError(os.fspath(self))

    monkeypatch.setattr(memory.Path, "read_text", gone)
    assert Inherited.now() == Inherited()
    assert peak_bytes(Inherited()) is None
