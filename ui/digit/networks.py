"""The networks that answer, the visitors' digits and how many of these each network reads."""

import io
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image

from core.digits import read
from core.digits.likeness import unseen_digits
from core.digits.variants import TFLITE, variants
from core.errors import StoreError
from core.feedback import Feedback, accuracy
from core.inference import answer
from core.reader import reader
from core.records import Answer, ModelFile, Origin, RunRecord
from core.settings import settings
from ui import resources

_remembered: dict[str, tuple[Any, Any]] = {}


def networks() -> tuple[ModelFile, ...]:
    """Return every finished run's and recorded run's exported network, smallest first."""
    records = resources.runs()
    key = tuple((record.run_id, record.status, record.name) for record in records)
    return _remember("networks", key, lambda: variants(records, _artifact))


def feedback() -> Feedback:
    """Return the store of the visitors' digits."""
    return Feedback(settings().home)


def visitors() -> dict[str, tuple[int, int]]:
    """Return run id -> (right, all) on the digits that visitors gave; empty while none can be read."""
    store = feedback()
    models = networks()
    key = (store.version, tuple(model.run_id for model in models))
    try:
        return _remember("visitors", key, lambda: accuracy(models, store.all()))
    except StoreError:  # the Digit page says why
        return {}


def speaker(rows: Sequence[Answer]) -> int:
    """Return the place in `rows` of the network whose answer stands first: the best on distorted digits."""
    models = networks()
    chosen = _remember("speaker", (feedback().version, models), lambda: reader(models, visitors()))
    return next((place for place, row in enumerate(rows) if chosen and row.model == chosen.run_id), -1)


def warm_up() -> None:
    """Read a digit once a process, so that the first of a visitor need not wait."""
    if "warm" in _remembered:
        return
    _remembered["warm"] = (None, None)
    models = networks()
    picture = io.BytesIO()
    Image.fromarray(unseen_digits()[0][0]).resize((280, 280)).save(picture, "PNG")
    answer(models, read(picture.getvalue()).images)
    reader(models)


def warm_up_aside() -> None:
    """Do so in the background, unless it was done or has begun."""
    if "warm" not in _remembered:
        Thread(target=warm_up, name="digit-warm-up", daemon=True).start()


def _artifact(record: RunRecord, name: str) -> Path | bytes:
    if record.origin is Origin.RECORDED:
        return resources.gallery().artifact(record.run_id, name)
    return resources.engine().artifact(record.run_id, name)


def _remember(name: str, key: Any, make: Any) -> Any:
    """Return what `make` gives, made again only when `key` changes; two visitors may make it twice."""
    known = _remembered.get(name)
    if known is not None and known[0] == key:
        return known[1]
    made = make()
    _remembered[name] = (key, made)
    return made


__all__ = ["TFLITE", "feedback", "networks", "speaker", "visitors", "warm_up", "warm_up_aside"]
