"""What a worker is told: one line of JSON on its standard input."""

from dataclasses import dataclass

from core.records.run import RunResult
from core.records.spec import RunSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run to do. `baseline_model` is the trained dense network: a .keras file in base64, or empty.

    `baseline_tflite` is the same as it was exported; where it is missing, the run exports it again. With
    `is_rehearsal` the worker gets ready for runs like `spec`, says so and waits for its real job. With
    `holds` a dense run says what it has trained and waits for a word before it measures itself.
    """

    run_id: str
    spec: RunSpec
    baseline_model: str = ""
    baseline_tflite: str = ""
    baseline_result: RunResult | None = None
    is_rehearsal: bool = False
    holds: bool = False
