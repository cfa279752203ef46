"""`predict`: read digits from pictures and let networks answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core.cli.options import json_option, print_json
from core.cli.store import content, find
from core.digits.variants import TFLITE, variants
from core.errors import EngineError, ImageError
from core.gallery import Gallery
from core.records.digit import Answers, ModelFile, Reading


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--run", "run_ids", multiple=True, metavar="RUN", help="whose network answers; repeatable")
@json_option
def predict(images: tuple[str, ...], run_ids: tuple[str, ...], as_json: bool) -> int:
    """Say which digits are in pictures; without --run the recorded network that reads best answers."""
    models = _models(run_ids)
    rows = [_predicted(Path(image), models) for image in images]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(_line(row))
    return 1 if all(row["status"] == "error" for row in rows) else 0


def _models(run_ids: Sequence[str]) -> Sequence[ModelFile]:
    if run_ids:
        records = [find(run_id) for run_id in run_ids]
        return [
            ModelFile(run_id=record.run_id, title=record.title, source=content(record, TFLITE))
            for record in records
        ]
    from core.reader import reader

    recommended = reader(variants(Gallery().runs(), content))
    if recommended is None:
        raise EngineError("there is no recorded network to answer; name one of your own runs with --run.")
    return [recommended]


def _predicted(path: Path, models: Sequence[ModelFile]) -> dict[str, Any]:
    from core.digits import read
    from core.digits.decode import MAX_BYTES
    from core.inference import answer

    try:
        with path.open("rb") as file:
            reading = read(file.read(MAX_BYTES + 1), path.name)  # one byte more tells that it is too large
    except OSError as error:
        return _row(path, "error", f"cannot be read: {error.strerror}", [])
    except ImageError as error:
        return _row(path, "error", str(error), [])
    answers = answer(models, reading.images)
    if not answers.rows:
        raise EngineError(f"no network answered: {'; '.join(why for _, why in answers.failed)}")
    digits = [_digit(reading, answers, place) for place in range(len(reading.digits))]
    return _row(path, *_verdict(reading), digits)


def _verdict(reading: Reading) -> tuple[str, str]:
    doubts = {*reading.doubts, *(doubt for digit in reading.digits for doubt in digit.doubts)}
    if not reading.digits:
        return "error", f"no digit was found ({', '.join(sorted(doubts)) or 'no ink'})"
    return ("warning", f"doubtful: {', '.join(sorted(doubts))}") if doubts else ("ok", "")


def _digit(reading: Reading, answers: Answers, place: int) -> dict[str, Any]:
    by_run = [_answer(row, place) for row in answers.rows]
    digit = reading.digits[place]
    return {"box": list(digit.box), "doubts": list(digit.doubts), **by_run[0], "answers": by_run}


def _answer(row: Any, place: int) -> dict[str, Any]:
    values = [float(value) for value in row.probabilities[place]]
    label = row.labels[place]
    return {
        "run": row.model,
        "title": row.title,
        "label": label,
        "probability": values[label],
        "probabilities": values,
        "latency_ms": row.latency_ms,
    }


def _row(path: Path, status: str, message: str, digits: list[dict[str, Any]]) -> dict[str, Any]:
    return {"path": str(path), "status": status, "message": message, "digits": digits}


def _line(row: dict[str, Any]) -> str:
    said = " ".join(f"{digit['label']} ({100 * digit['probability']:.1f} %)" for digit in row["digits"])
    return f"{row['path']}: {said or row['status']}{' - ' + row['message'] if row['message'] else ''}"
