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


class Feedback:
    """The store in one file of a home folder."""

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
            if len(self.all()) >= MOST:
                raise StoreError(f"There are {MOST} visitors' digits already; delete some to keep more.")
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as problem:
                raise StoreError(f"The digit cannot be kept in {self._path}: {problem.strerror}.") from None
        return visit_id

    def all(self) -> tuple[Visit, ...]:
        """Return every digit, oldest first; lines that were cut off are left out."""
        with _lock:
            try:
                lines = self._path.read_text(encoding="utf-8").splitlines()
            except FileNotFoundError:
                return ()
            except OSError as problem:
                raise StoreError(f"The digits in {self._path} cannot be read: {problem.strerror}.") from None
        return tuple(visit for visit in map(_visit, lines) if visit)

    def delete(self, visit_ids: Sequence[str]) -> int:
        """Forget these digits; return how many there were."""
        gone = set(visit_ids)
        with _lock:
            lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
            kept = [line for line in lines if (visit := _visit(line)) and visit.visit_id not in gone]
            if len(kept) == len(lines):
                return 0
            fresh = self._path.with_suffix(".new")
            fresh.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
            fresh.replace(self._path)
        return len(lines) - len(kept)

    def as_jsonl(self) -> bytes:
        """Return the whole store: a line a digit, with id, label, 784 bytes as base64 and time."""
        with _lock:
            return self._path.read_bytes() if self._path.exists() else b""

    @property
    def version(self) -> tuple[int, int]:
        """Return what changes whenever the store does."""
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)


def _visit(line: str) -> Visit | None:
    try:
        data = json.loads(line)
        pixels = np.frombuffer(base64.b64decode(data["image"]), np.uint8).reshape(28, 28)
        return Visit(str(data["id"]), int(data["label"]), pixels, float(data["t"]))
    except (ValueError, KeyError, TypeError):
        return None


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
