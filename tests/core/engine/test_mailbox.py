import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.cli import order
from core.engine import Engine
from core.engine.home import Home
from core.engine.mailbox import Mailbox, OwnerGone
from core.errors import EngineError
from core.records import RunSpec, Status, to_dict
from core.settings import ROOT
from core.tracking import Store
from tests.core.engine.conftest import at_work, ended, wait_until
from tests.core.engine.scripted import SEEDS

ASKER = """
import sys
from pathlib import Path
from core.engine.mailbox import Mailbox
print("asking", flush=True)
Mailbox(Path(sys.argv[1])).ask("submit", spec={"ratio": 0.9})
"""
OWNER = """
import sys, time
from pathlib import Path
from core.engine.home import Home
home = Home(Path(sys.argv[1]))
print(home.claim(), flush=True)
time.sleep(60)
"""


def letters(home: Path) -> list[str]:
    return [each.name for each in (home / "mailbox").iterdir() if each.suffix == ".request"]


def process(code: str, home: Path) -> subprocess.Popen:
    """Start a process and return once it has said its first line."""
    made = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    made.stdout.readline()
    return made


def end(made: subprocess.Popen) -> None:
    made.kill()
    made.wait()
    made.stdout.close()


def ask(home: Path, verb: str = "submit", **arguments: Any) -> "Future[Any]":
    """Write a letter in a thread and return once it can be seen."""
    pool = ThreadPoolExecutor(1)
    found = pool.submit(Mailbox(home).ask, verb, **arguments)
    pool.shutdown(wait=False)
    wait_until(lambda: letters(home) or found.done())
    return found


def test_a_command_beside_a_server_leaves_a_letter_and_gets_an_answer(engine: Engine) -> None:
    mailbox = Mailbox(engine.settings.home)
    run_id = mailbox.ask("submit", spec=to_dict(RunSpec(seed=SEEDS["forever"])), name="by letter")
    at_work(engine, run_id)
    assert engine.run(run_id).name == "by letter"
    mailbox.ask("cancel", run_id=run_id)
    assert ended(engine, run_id).status is Status.KILLED
    for verb, arguments in (
        ("cancel", {"run_id": "nobody"}),
        ("dance", {}),
        ("submit", {"spec": {"ratio": 7}}),
    ):
        with pytest.raises(EngineError):
            mailbox.ask(verb, **arguments)
    (engine.settings.home / "mailbox" / "x.request").write_text("{half a let")
    assert isinstance(mailbox.ask("submit", spec=to_dict(RunSpec())), str)


def test_a_letter_written_while_a_server_starts_is_answered(
    start: Callable[..., Engine], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, go_on = threading.Event(), threading.Event()
    load = Store.load

    def slow_load(store: Store) -> Any:
        claimed.set()
        assert go_on.wait(30)
        return load(store)

    monkeypatch.setattr(Store, "load", slow_load)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(start)
        assert claimed.wait(30)
        answer = ask(home, spec=to_dict(RunSpec()))
        go_on.set()
        engine = starting.result()
    run_id = answer.result(timeout=10)
    assert ended(engine, run_id).status is Status.FINISHED


def test_a_letter_whose_asker_is_gone_is_thrown_away(start: Callable[..., Engine], home: Path) -> None:
    owner = process(OWNER, home)
    asker = process(ASKER, home)
    wait_until(lambda: letters(home))
    end(asker)
    end(owner)
    engine = start()
    wait_until(lambda: not letters(home))
    assert Mailbox(home).ask("submit", spec=to_dict(RunSpec()))
    assert [run.spec.ratio for run in engine.runs() if not run.spec.is_baseline] == [RunSpec().ratio]


def test_an_answer_that_nobody_fetched_is_thrown_away_once_it_is_old(home: Path) -> None:
    (home / "mailbox").mkdir()
    old, new = home / "mailbox" / "old.reply", home / "mailbox" / "new.reply"
    for path in (old, new):
        path.write_text("{}")
    os.utime(old, (time.time() - 3600,) * 2)
    Mailbox(home).clear()
    assert [path.name for path in (home / "mailbox").iterdir()] == ["new.reply"]


def test_who_asks_nobody_is_told_at_once_and_takes_the_letter_back(home: Path) -> None:
    (home / "mailbox").mkdir()
    began = time.monotonic()
    with pytest.raises(OwnerGone):
        Mailbox(home).ask("cancel", run_id="x")
    assert time.monotonic() - began < 5
    assert letters(home) == []


def test_who_waits_for_a_server_that_is_killed_is_told_soon(home: Path) -> None:
    (home / "mailbox").mkdir()
    owner = process(OWNER, home)
    answer = ask(home, "cancel", run_id="x")
    end(owner)
    with pytest.raises(OwnerGone):
        answer.result(timeout=5)
    assert letters(home) == []


def test_a_server_that_dies_over_a_letter_leaves_its_asker_in_no_doubt_about_the_doubt(home: Path) -> None:
    (home / "mailbox").mkdir()
    owner = process(OWNER, home)
    answer = ask(home, "cancel", run_id="x")
    for name in letters(home):
        (home / "mailbox" / name).unlink()
    end(owner)
    with pytest.raises(EngineError, match="ended while it did what was asked"):
        answer.result(timeout=5)


def test_an_owner_that_does_not_answer_is_not_waited_for_for_ever(home: Path) -> None:
    (home / "mailbox").mkdir()
    mine = Home(home)
    assert mine.claim() is None
    with pytest.raises(EngineError, match="did not answer within"):
        Mailbox(home).ask("cancel", limit_s=0.2, run_id="x")
    mine.release()
    assert letters(home) == []


def test_a_command_whose_server_ends_does_its_work_itself(start: Callable[..., Engine], home: Path) -> None:
    server = process(OWNER, home)
    command = start(resume=False)
    assert command.is_following
    with ThreadPoolExecutor(1) as pool:
        ordered = pool.submit(order._submit, command, RunSpec(), "mine")
        wait_until(lambda: letters(home))
        end(server)
        run_id = ordered.result(timeout=15)
    assert ended(command, run_id).status is Status.FINISHED


def test_a_server_that_is_asked_who_owns_it_all_the_time_can_still_be_started(home: Path) -> None:
    asking = threading.Event()

    def look() -> None:
        while not asking.is_set():
            Home(home).is_owned()

    thread = threading.Thread(target=look)
    thread.start()
    mine = Home(home)
    try:
        for _ in range(20):
            assert mine.claim() is None
            mine.release()
    finally:
        asking.set()
        thread.join()
