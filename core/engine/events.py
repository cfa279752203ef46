"""The lines between worker and supervisor: one JSON object each, everything else is log text."""

import json
import time
from typing import Any

from core.records import Event, EventKind

LONGEST_LINE = 256 * 2**20
"""Bytes; a line that grows beyond it is given up as garbage (artifacts travel as base64 in one line)."""


def encode(kind: EventKind, data: dict[str, Any], t: float | None = None) -> bytes:
    """Return the line of an event; `t` is Unix seconds, now if left out."""
    line = {"kind": kind.value, "t": time.time() if t is None else t, **data}
    return json.dumps(line, separators=(",", ":"), default=str).encode() + b"\n"


def decode(line: bytes) -> Event | None:
    """Return the event in `line`, or None where it is none: half a line, log text, garbage."""
    if not line.startswith(b'{"kind"'):
        return None
    try:
        data = json.loads(line)
        kind, t = EventKind(data.pop("kind")), float(data.pop("t"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Event(kind, t, data)


class Lines:
    """Cuts a stream of bytes into lines; holds back half a line until its end comes."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their line ends."""
        *whole, rest = chunk.split(b"\n")
        lines = []
        for piece in whole:
            lines.append(b"".join((*self._parts, piece)))
            self._parts, self._held = [], 0
        if rest:
            self._hold(rest)
        return lines

    def _hold(self, piece: bytes) -> None:
        if self._held + len(piece) > self._longest:
            self._parts, self._held = [], 0
            return
        self._parts.append(piece)
        self._held += len(piece)

    def rest(self) -> bytes:
        """Return what is left when the stream has ended in the middle of a line."""
        return b"".join(self._parts)
