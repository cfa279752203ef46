"""A network ready to be measured: one file per runtime, and the Keras network's answers to check them by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import runtimes
from core.errors import MeasurementError
from core.latency.form import form
from core.records import Runtime

CHECK_IMAGES = 1_000
"""Test images that every converted network answers before its time counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`files` by runtime; `reference` holds the Keras network's answers (n, 10) to the first test images.

    `form` names the runtime on the rows of a file from elsewhere, whatever it was measured beside.
    """

    name: str
    files: dict[Runtime, Path] = field(default_factory=dict)
    reference: Path | None = None
    failures: dict[Runtime, str] = field(default_factory=dict)
    form: Runtime | None = None

    def file(self, runtime: Runtime) -> Path:
        """Return the file for `runtime`; raises MeasurementError with the reason where there is none."""
        if runtime in self.files:
            return self.files[runtime]
        if runtime in self.failures:
            raise MeasurementError(self.failures[runtime])
        raise MeasurementError(
            f"{self.name} has no file for {runtime}; it can run on: {', '.join(sorted(self.files))}."
        )

    def told_as(self, runtime: Runtime) -> Runtime:
        """Return the runtime that a row names where this was measured in the process of `runtime`."""
        return self.form or runtime if runtime in self.files else runtime


def of_file(path: Path, wanted: Sequence[Runtime] | None, name: str = "") -> Subject:
    """Return a .tflite or .onnx file as it is; raises MeasurementError where it is missing or empty.

    Without `wanted`, LiteRT files of any form stand under litert-fp32, so that they can be compared with each
    other; with it, only under what they are.
    """
    if not path.is_file() or path.stat().st_size == 0:
        raise MeasurementError(f"{path} is missing or empty; give a .tflite, .onnx or .keras file.")
    possible = runtimes.for_file(path)
    if path.suffix == ".tflite" and possible:
        found = form(path)
        place = Runtime.LITERT_FP32 if wanted is None else found
        return Subject(name or path.name, {place: path}, form=found)
    chosen = [runtime for runtime in wanted or runtimes.DEFAULT if runtime in possible] or possible
    return Subject(name or path.name, dict.fromkeys(chosen, path))
