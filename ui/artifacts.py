"""What finished runs left behind, read once: epochs and answers on the test set; and the test images.

What a run left when it finished never changes, so a small cache by run id is safe. Missing ones are None.
"""

import io
import json
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analysis.mistakes import paired
from core.errors import LabError
from core.learning import data
from core.records import (
    LatencyStudy,
    RunRecord,
    SensitivityRecord,
    TrainingEpoch,
    from_dict,
    from_json,
)
from core.records.comparison import Paired
from ui import resources

KEPT = 64
SENSITIVITY, STUDY, ANSWERS = "sensitivity.json", "study.json", "predictions.npz"
_kept: OrderedDict[tuple[str, str], Any] = OrderedDict()
_held: dict[tuple[str, str], Paired] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """A network's answers on the 10,000 test images: labels (n,), probabilities (n, 10)."""

    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """The test images (n, 28, 28) and what they show (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def epochs(record: RunRecord) -> tuple[TrainingEpoch, ...]:
    """Return the epochs that this run trained itself; a pruned run's are those of its fine-tuning."""
    found = _read(record, "history.json", lambda content: json.loads(content).get("epochs", []))
    return from_dict(tuple[TrainingEpoch, ...], found) if found else ()


def predictions(record: RunRecord) -> Predictions | None:
    """Return the answers of a run on the test set, or None where it left none."""
    found: Predictions | None = _read(record, ANSWERS, _predictions)
    return found


def held_against(dense: RunRecord, record: RunRecord) -> Paired | None:
    """Return how the answers of two runs stand on the same test images; None where one of them kept none."""
    key = (dense.run_id, record.run_id)
    if key not in _held:
        if not all(ANSWERS in run.artifacts for run in (dense, record)):
            return None  # before asking the store for each of a thousand runs
        before, after = predictions(dense), predictions(record)
        if before is None or after is None:
            return None
        _held[key] = paired(test_set().labels, before.labels, after.labels)
    return _held[key]


def sensitivity(record: RunRecord) -> SensitivityRecord | None:
    """Return how each layer alone bears pruning, or None where that was not measured."""
    found: SensitivityRecord | None = _read(record, SENSITIVITY, partial(from_json, SensitivityRecord))
    return found


def study(record: RunRecord) -> LatencyStudy | None:
    """Return the closer look at a run's latency, or None where nobody took one.

    Read anew each time: it comes after the run has finished, and may be taken again.
    """
    try:
        return from_json(LatencyStudy, resources.artifact(record, STUDY))
    except (LabError, OSError, ValueError, KeyError):
        return None


def test_set() -> TestSet:
    """Return MNIST's test part, verified on first use."""
    key = ("", "test-set")
    if key not in _kept:
        everything = data.load()
        _kept[key] = TestSet(everything.x_test.copy(), everything.y_test.copy())
    found: TestSet = _kept[key]
    return found


def _read(record: RunRecord, name: str, parse: Any) -> Any:
    key = (record.run_id, name)
    if key not in _kept:
        if not record.status.is_finished:
            return None
        try:
            _kept[key] = parse(resources.artifact(record, name))
        except (LabError, OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
    _kept.move_to_end(key)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def _predictions(content: bytes) -> Predictions:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return Predictions(archive["predictions"], archive["probabilities"])
