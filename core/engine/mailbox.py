"""Letters between a command and the server that owns the same home folder: small JSON files.

A folder rather than a socket: it needs no port, outlives neither side, and who may write there may use it.
The one who asks holds a lock on its letter, which ends with its process however that ends: so a letter counts
as long as somebody waits for the answer, also across the start of a server, and not a moment longer.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.engine.home import Home
from core.errors import EngineError, LabError

REPLY_LIMIT_S = 30.0
LOOK_S = 0.5
"""How often one who waits looks whether the owner is still there."""
_POLL_S = 0.05

Answer = Callable[[str, dict[str, Any]], object]


class OwnerGone(EngineError):
    """The owner of the home folder ended before it took the letter; nothing was done."""


class Mailbox:
    """The mailbox of a home folder; one process serves it, any number may ask."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "mailbox"
        self._home = Home(home)

    def ask(self, verb: str, limit_s: float = REPLY_LIMIT_S, **arguments: Any) -> Any:
        """Return the owner's answer; EngineError where it refuses or does not answer in time.

        OwnerGone where nobody owns the folder any more and the letter was taken back unread.
        """
        request = self._folder / f"{uuid.uuid4().hex}.request"
        with _held(request, {"verb": verb, "arguments": arguments}):
            answer = self._reply(request, limit_s)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer["value"]

    def _reply(self, request: Path, limit_s: float) -> Any:
        reply = request.with_suffix(".reply")
        began = looked = time.monotonic()
        while (now := time.monotonic()) - began < limit_s:
            if reply.is_file():
                answer = json.loads(reply.read_bytes())
                reply.unlink()
                return answer
            if now - looked >= LOOK_S:
                looked = now
                if not self._home.is_owned() and not reply.is_file():
                    raise self._gone(request)
            time.sleep(_POLL_S)
        raise EngineError(f"the owner of {self._home.path} did not answer within {limit_s:g} s.")

    def _gone(self, request: Path) -> EngineError:
        try:
            request.unlink()
        except FileNotFoundError:
            return EngineError(
                f"the owner of {self._home.path} ended while it did what was asked; "
                "`python -m core runs` shows what came of it."
            )
        return OwnerGone(f"the owner of {self._home.path} ended before it read the letter.")

    def serve(self, answer: Answer) -> None:
        """Answer every letter that somebody waits for, oldest first; throw the others away."""
        if not self._folder.is_dir():
            return
        letters = [Path(entry.path) for entry in os.scandir(self._folder) if entry.name.endswith(".request")]
        for path in sorted(letters, key=_age):
            try:
                letter = json.loads(path.read_bytes()) if _is_held(path) else None
                path.unlink()
            except FileNotFoundError:
                continue  # taken back just now
            except (OSError, ValueError):
                path.unlink(missing_ok=True)
                continue
            if letter is not None:
                _write(path.with_suffix(".reply"), _answered(answer, letter))

    def clear(self) -> None:
        """Throw away answers and drafts that nobody can be waiting for any more."""
        for path in (*self._folder.glob("*.reply"), *self._folder.glob("*.draft")):
            if abs(time.time() - _age(path)) > REPLY_LIMIT_S:
                path.unlink(missing_ok=True)


def _answered(answer: Answer, letter: Any) -> dict[str, Any]:
    try:
        return {"value": answer(letter["verb"], letter["arguments"])}
    except (LabError, KeyError, TypeError, ValueError) as error:
        return {"error": str(error)}


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@contextmanager
def _held(path: Path, data: dict[str, Any]) -> Iterator[None]:
    """Put a letter there, locked from before it can be seen; take it back in the end."""
    with _explained(path):
        file = _sent(path, data)
    with file:
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _sent(path: Path, data: dict[str, Any]) -> IO[str]:
    draft = path.with_suffix(".draft")
    file = draft.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(json.dumps(data))
    file.flush()
    draft.replace(path)
    return file


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _write(path: Path, data: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    with _explained(path):
        draft.write_text(json.dumps(data))
        draft.replace(path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror or error}.") from error
