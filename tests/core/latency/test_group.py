import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.errors import MeasurementError
from core.latency import group
from core.latency.group import Server, Servers
from core.latency.subject import Subject
from core.records import Runtime
from core.settings import ROOT

ROUND = {
    "batch": 1,
    "blocks": 2,
    "min_queries": 4,
    "min_s": 0.0,
    "slow_ns": 1e9,
    "slow_queries": 4,
    "slow_s": 0.0,
    "warmup_s": 0.05,
}


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers() as found:
        yield found


def job(path: Path) -> dict[str, Any]:
    return group.job(
        "litert-fp32", "cpu", 1, [{"name": "a", "path": str(path), "reference": None}], None, None
    )


@pytest.fixture
def work(prepared: Subject) -> dict[str, Any]:
    return job(prepared.files[Runtime.LITERT_FP32])


def ready(server: Server, work: dict[str, Any]) -> int:
    """Return the pid of the process that has loaded `work`."""
    server.begin(work)
    pid: int = server.hear(30)["pid"]
    return pid


def round_on(server: Server) -> dict[str, Any]:
    server.tell({"do": "measure", "cores": sorted(os.sched_getaffinity(0))[:1], **ROUND})
    return server.hear(30)


def stack_of(pid: int) -> str:
    """Return where the stack of a process lies."""
    maps = psutil.Process(pid).memory_maps(grouped=False)
    return str(next(each.addr for each in maps if each.path == "[stack]"))


def test_each_process_is_a_fresh_one_with_a_memory_layout_of_its_own(
    servers: Servers, work: dict[str, Any]
) -> None:
    with group.Group(work, servers.take("litert-fp32", "cpu", 3)) as processes:
        processes.wait_ready()
        pids = {server.pid for server in processes.servers}
        assert len(pids) == 3
        assert os.getpid() not in pids
        assert {os.getpgid(pid) for pid in pids if pid} == {os.getpgrp()}
        assert len({stack_of(pid) for pid in pids if pid}) == 3


def test_a_server_takes_job_after_job_each_in_a_process_that_is_gone_afterwards(
    servers: Servers, work: dict[str, Any]
) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    pids = []
    for _ in range(2):
        pids.append(ready(server, work))
        assert len(round_on(server)["models"][0]["blocks"]) == 2
        server.end()
        assert not psutil.pid_exists(pids[-1])
        assert servers.take("litert-fp32", "cpu", 1) == [server]
    assert len(set(pids)) == 2


def test_what_one_job_did_to_its_process_is_not_there_in_the_next(
    servers: Servers, work: dict[str, Any]
) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    pid = ready(server, work)
    round_on(server)
    assert len(psutil.Process(pid).cpu_affinity() or ()) == 1  # pinned
    server.end()
    assert psutil.Process(ready(server, work)).cpu_affinity() == sorted(os.sched_getaffinity(0))


def test_a_family_or_device_of_another_kind_ends_the_servers_before_it(servers: Servers) -> None:
    (plain,) = servers.take("litert-fp32", "cpu", 1)
    (other,) = servers.take("litert-fp32", "gpu:0", 1)
    assert other is not plain
    assert not plain.is_free
    assert servers.take("onnxruntime", "gpu:0", 1) == [other]


def test_a_server_survives_a_process_that_is_killed_between_two_rounds(
    servers: Servers, work: dict[str, Any]
) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    pid = ready(server, work)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    with pytest.raises(MeasurementError, match="the measuring process was ended by signal 9"):
        round_on(server)  # a task for nobody: it must not be taken for a job
    assert servers.take("litert-fp32", "cpu", 1) == [server]
    ready(server, work)


def test_a_network_that_cannot_be_loaded_leaves_the_server_free(
    servers: Servers, work: dict[str, Any], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no flatbuffer" * 100)
    (server,) = servers.take("litert-fp32", "cpu", 1)
    server.begin(job(broken))
    with pytest.raises(MeasurementError, match=r"broken.tflite cannot be loaded"):
        server.hear(30)
    server.end()
    assert server.is_free
    ready(server, work)


def test_a_job_outlives_its_server_and_another_server_takes_the_next(
    servers: Servers, work: dict[str, Any]
) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    process = psutil.Process(ready(server, work))
    server._server.kill()
    assert round_on(server)["models"]
    server.end()
    process.wait(5)
    (second,) = servers.take("litert-fp32", "cpu", 1)
    assert second is not server
    ready(second, work)


def test_processes_leave_when_their_parent_does(servers: Servers, work: dict[str, Any]) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    process = psutil.Process(ready(server, work))
    assert server._server.stdin is not None
    server._server.stdin.close()
    process.wait(5)
    assert server._server.wait(5) == 70


def test_a_server_leaves_with_its_parent_while_it_imports(servers: Servers) -> None:
    (server,) = servers.take("tf-function", "cpu", 1)
    assert server._server.stdin is not None
    server._server.stdin.close()
    assert server._server.wait(2) == 70


def test_a_process_that_stands_still_is_killed_with_its_server(work: dict[str, Any]) -> None:
    server = Server("", "cpu")
    process = psutil.Process(ready(server, work))
    process.suspend()
    server.end()
    assert not server.is_free
    server.close()
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_silent_process_is_given_up(servers: Servers, work: dict[str, Any]) -> None:
    (server,) = servers.take("litert-fp32", "cpu", 1)
    ready(server, work)
    with pytest.raises(MeasurementError, match=r"no answer for 0.05 s"):
        server.hear(0.05)


def test_where_forking_is_not_safe_the_process_serves_one_job_itself(work: dict[str, Any]) -> None:
    code = "from core.latency import forkserver as it; it.FORKS = False; it.main()"
    alone = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert alone.stdin is not None
    assert alone.stdout is not None
    alone.stdin.write(f"{json.dumps(work)}\n")
    alone.stdin.flush()
    assert json.loads(alone.stdout.readline())["pid"] == alone.pid
    alone.stdin.write(f"{json.dumps({'do': 'end'})}\n")
    alone.stdin.flush()
    assert alone.wait(10) == 0
    alone.stdin.close()
    alone.stdout.close()


def test_a_litert_process_never_imports_tensorflow() -> None:
    modules = "core.latency.forkserver, ai_edge_litert.interpreter"
    code = f"import sys, {modules}; print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
