"""Letters between a command and the server that owns the same home folder: small JSON files.

A folder rather than a socket: it needs no port, outlives neither side, and who may write there may use it.
"""

import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import EngineError, LabError

REPLY_LIMIT_S = 30.0
_POLL_S = 0.05

Answer = Callable[[str, dict[str, Any]], object]


class Mailbox:
    """The mailbox of a home folder; one process serves it, any number may ask."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "mailbox"

    def ask(self, verb: str, limit_s: float = REPLY_LIMIT_S, **arguments: Any) -> Any:
        """Return the owner's answer; EngineError where it refuses or does not answer in time."""
        name = uuid.uuid4().hex
        request, reply = self._folder / f"{name}.request", self._folder / f"{name}.reply"
        _write(request, {"verb": verb, "arguments": arguments})
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if reply.is_file():
                answer = json.loads(reply.read_bytes())
                reply.unlink()
                if "error" in answer:
                    raise EngineError(answer["error"])
                return answer["value"]
            time.sleep(_POLL_S)
        request.unlink(missing_ok=True)
        raise EngineError(f"the owner of {self._folder.parent} did not answer within {limit_s:g} s.")

    def serve(self, answer: Answer) -> None:
        """Answer every letter that has come, oldest first."""
        if not self._folder.is_dir():
            return
        letters = [Path(entry.path) for entry in os.scandir(self._folder) if entry.name.endswith(".request")]
        for path in sorted(letters, key=_age):
            try:
                letter = json.loads(path.read_bytes())
                path.unlink()
            except (OSError, ValueError):
                path.unlink(missing_ok=True)
                continue
            _write(path.with_suffix(".reply"), _answered(answer, letter))

    def clear(self) -> None:
        """Throw away what an earlier owner left unanswered."""
        for path in self._folder.glob("*.re*"):
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


def _write(path: Path, data: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    try:
        draft.write_text(json.dumps(data))
        draft.replace(path)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror or error}.") from error
