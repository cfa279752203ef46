"""Digits that visitors gave with their consent: the 28x28 image and what it is, on this server only.

No picture, no file name and nothing about the visitor is kept. Thread-safe within one process.
"""

import base64
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import numpy as np

from core.errors import InferenceError, StoreError
from core.inference import network
from core.records.digit import Bytes, ModelFile

FILE = "visitors.jsonl"
MOST = 10_000
_lock = RLock()


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One digit as a visitor wrote it and named it; given_at is Unix time in seconds."""

    visit_id: str
    label: int
    image: Bytes
    given_at: float


@dataclass(frozen=True, slots=True)
class Contents:
    """What the store's file holds: the digits, oldest first, and how many lines cannot be read as one."""

    visits: tuple[Visit, ...] = ()
    num_damaged: int = 0


class Feedback:
    """The store in one file of a home folder. A damaged line is left out and counted, never deleted."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def add(self, image: Bytes, label: int) -> str:
        """Keep a 28x28 uint8 image that shows `label`; return its id. Raises StoreError where it cannot."""
        if image.shape != (28, 28) or label not in range(10):
            raise StoreError(
                f"An image of shape {image.shape} with label {label} came; a 28x28 digit is kept."
            )
        visit_id = uuid.uuid4().hex
        content = base64.b64encode(image.astype(np.uint8).tobytes()).decode()
        line = json.dumps({"id": visit_id, "label": int(label), "image": content, "t": time.time()})
        with _lock:
            content_before = self.as_jsonl()
            if len(_parsed(content_before).visits) >= MOST:
                raise StoreError(f"There are {MOST} visitors' digits already; delete some to keep more.")
            is_cut_off = content_before and not content_before.endswith(b"\n")
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("\n" * bool(is_cut_off) + line + "\n")
            except OSError as problem:
                raise StoreError(f"The digit cannot be kept in {self._path}: {problem.strerror}.") from None
        return visit_id

    def contents(self) -> Contents:
        """Return what the file holds. Raises StoreError where it cannot be read."""
        return _parsed(self.as_jsonl())

    def all(self) -> tuple[Visit, ...]:
        """Return every digit, oldest first. Raises StoreError where the file cannot be read."""
        return self.contents().visits

    def delete(self, visit_ids: Sequence[str]) -> int:
        """Forget these digits; return how many there were. Where it raises StoreError, all are still kept."""
        gone = set(visit_ids)
        with _lock:
            lines = self.as_jsonl().splitlines()
            kept = [line for line in lines if not ((visit := _visit(line)) and visit.visit_id in gone)]
            if len(kept) < len(lines):
                self._replace(b"".join(line + b"\n" for line in kept))
        return len(lines) - len(kept)

    def as_jsonl(self) -> bytes:
        """Return the whole file: a line a digit, with id, label, 784 bytes as base64 and time.

        Raises StoreError where it cannot be read.
        """
        try:
            with _lock:
                return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as problem:
            raise StoreError(f"The digits in {self._path} cannot be read: {problem.strerror}.") from None

    def _replace(self, content: bytes) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_bytes(content)
            fresh.replace(self._path)
        except OSError as problem:
            raise StoreError(
                f"Nothing was deleted: {self._path} cannot be written: {problem.strerror}."
            ) from None

    @property
    def version(self) -> tuple[int, int]:
        """Return what changes whenever the store does."""
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)


def _parsed(content: bytes) -> Contents:
    lines = [line for line in content.splitlines() if line.strip()]
    visits = tuple(visit for visit in map(_visit, lines) if visit)
    return Contents(visits, len(lines) - len(visits))


def _visit(line: bytes) -> Visit | None:
    """Return the digit of a line, None where it is damaged; text that is not UTF-8 is a ValueError."""
    try:
        data = json.loads(line)
        pixels = np.frombuffer(base64.b64decode(data["image"]), np.uint8).reshape(28, 28)
        visit = Visit(str(data["id"]), int(data["label"]), pixels, float(data["t"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return visit if visit.label in range(10) else None


def accuracy(models: Sequence[ModelFile], visits: Sequence[Visit]) -> dict[str, tuple[int, int]]:
    """Return per run how many of the visitors' digits it reads as they named them, and of how many."""
    if not visits:
        return {}
    images = np.stack([visit.image for visit in visits])
    labels = np.array([visit.label for visit in visits])
    found = {}
    for model in models:
        try:
            probabilities, _ = network(model).probabilities(images)
        except InferenceError:
            continue
        found[model.run_id] = (int((probabilities.argmax(axis=1) == labels).sum()), len(labels))
    return found
