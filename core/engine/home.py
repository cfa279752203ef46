"""The home folder: one supervisor owns it, and what it prefers is kept there."""

import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import EngineError
from core.records import from_json, to_json

CLAIM_S = 0.2
"""Longer than others hold the lock when they only look whether the folder is owned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that supervises a home folder; `since` is Unix seconds."""

    pid: int
    host: str
    since: float

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"process {self.pid} on {self.host}, since {when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a user set for this home folder."""

    concurrency: int = 1
    spare: bool = True


class Home:
    """A folder that one process at a time may own; the lock ends with the process, however it ends.

    `is_elsewhere` says whether another process owned it at the last claim.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_elsewhere = False
        self._lock = FileLock(
            path / "engine.lock", timeout=CLAIM_S, poll_interval=CLAIM_S / 10, thread_local=False
        )

    def claim(self) -> str | None:
        """Become the owner and return None, or return why that is not possible."""
        self.is_elsewhere = False
        try:
            for folder in ("logs", "artifacts", "mailbox"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            owner = Owner(pid=os.getpid(), host=socket.gethostname(), since=time.time())
            (self.path / "owner.json").write_text(to_json(owner))
        except Timeout:
            self.is_elsewhere = True
            who = self.owner()
            return (
                f"another process supervises {self.path} ({who or 'unknown'}); this one only shows its runs"
            )
        except OSError as error:
            self.release()
            return (
                f"the home folder {self.path} cannot be written ({error.strerror or error}); "
                "set PRUNING_LAB_HOME to one that can"
            )
        return None

    def owner(self) -> Owner | None:
        """Return who wrote its name last; it lives only while the lock is held."""
        try:
            return from_json(Owner, (self.path / "owner.json").read_bytes())
        except (OSError, ValueError):
            return None

    def is_owned(self) -> bool:
        """Whether some process owns the folder now."""
        if self._lock.is_locked:
            return True
        try:
            with FileLock(self.path / "engine.lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def release(self) -> None:
        """Let others own the folder."""
        self._lock.release()

    def log_file(self, run_id: str) -> Path:
        return self.path / "logs" / f"{run_id}.log"

    def preferences(self) -> Preferences:
        """Return what was set; a file that cannot be read counts as none."""
        try:
            return from_json(Preferences, (self.path / "preferences.json").read_bytes())
        except (OSError, ValueError):
            return Preferences()

    def prefer(self, preferences: Preferences) -> None:
        """Keep `preferences` for the next start."""
        self.write("preferences.json", json.loads(to_json(preferences)))

    def write(self, name: str, data: object) -> None:
        """Replace a small JSON file of this folder in one step."""
        path = self.path / name
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            draft.write_text(json.dumps(data))
            draft.replace(path)
        except OSError as error:
            raise EngineError(f"cannot write {path}: {error.strerror or error}.") from error
