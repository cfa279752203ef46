"""How many digits are read right, kind by kind, from pictures made as people make them.

    python -m benchmarks.digits --model FILE.tflite [--per-kind 200] [--kinds ruled,boxed] [--smoke]

MNIST test digits, which the networks never saw, and in every fourth scene a digit from a pen's path.
Recipes: benchmarks/pictures.py, scenes.py, writers.py; which seeds have been looked at: docs/digits.md.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.pictures import KINDS, Made, number
from benchmarks.results import conditions, store, table
from benchmarks.scenes import SCENES
from benchmarks.writers import skeleton
from core.analysis.statistics import wilson
from core.digits import read
from core.errors import ImageError
from core.inference import network
from core.learning.data import loaded
from core.records import ModelFile, Reading


def made(kind: str, count: int, seed: int = 0) -> Iterator[Made]:
    """Return `count` pictures of a kind, each from its own seed."""
    arrays = loaded()
    for index in range(count):
        rng = np.random.default_rng([seed, index, *kind.encode()])
        if kind == "number":
            chosen = rng.integers(len(arrays.y_test), size=rng.integers(2, 6))
            label = "".join(str(arrays.y_test[i]) for i in chosen)
            yield Made(number(rng, arrays.x_test[chosen]), label)
        elif kind in SCENES and index % 4 == 3:
            digit = int(rng.integers(10))
            yield Made(SCENES[kind](rng, skeleton(rng, digit)), str(digit))
        else:
            chosen = int(rng.integers(len(arrays.y_test)))
            yield Made({**KINDS, **SCENES}[kind](rng, arrays.x_test[chosen]), str(arrays.y_test[chosen]))


def reading_of(data: bytes) -> Reading | None:
    """Return what the whole way reads from a file; None where it is refused."""
    try:
        return read(data)
    except ImageError:
        return None


def answer_of(reading: Reading | None, model: ModelFile) -> str:
    """Return the digits that a network reads; empty where none was found."""
    if reading is None:
        return ""
    probabilities, _ = network(model).probabilities(reading.images)
    return "".join(str(label) for label in probabilities.argmax(axis=1))


def is_doubted(reading: Reading | None) -> bool:
    """Whether the page would say that this does not look like a digit."""
    return reading is None or bool(reading.doubts or any(digit.doubts for digit in reading.digits))


def judged(kind: str, per_kind: int, seed: int, model: ModelFile, wrong: Path | None) -> dict[str, Any]:
    """Return one kind's line: how many were read right, of them doubted, how many not found, the time of one.

    Pictures that are read wrongly are kept in the folder `wrong`, named by what they show and what was read.
    """
    right = none = doubted = 0
    spent = 0.0
    for index, picture in enumerate(made(kind, per_kind, seed)):
        began = time.perf_counter()
        reading = reading_of(picture.data)
        answer = answer_of(reading, model)
        spent += time.perf_counter() - began
        right += answer == picture.label
        doubted += answer == picture.label and is_doubted(reading)
        none += not answer
        if answer != picture.label and wrong:
            wrong.mkdir(parents=True, exist_ok=True)
            (wrong / f"{kind}-{index}-is{picture.label}-read{answer[:8]}.img").write_bytes(picture.data)
    return line(kind, right, per_kind) | {
        "none": none,
        "right but doubted": doubted,
        "ms": f"{spent / per_kind * 1000:.0f}",
    }


def line(what: str, right: int, of: int) -> dict[str, Any]:
    """Return a share with Wilson's 95 % interval."""
    bounds = wilson(right, of)
    share = {"share": f"{right / of:.1%}", "95 %": f"{bounds.low:.1%} to {bounds.high:.1%}"}
    return {"kind": what, "right": right, "of": of} | share


def total(what: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line of all pictures in `rows`, without the columns that are no sums."""
    summed = line(what, sum(row["right"] for row in rows), sum(row["of"] for row in rows))
    doubted = sum(row["right but doubted"] for row in rows)
    return summed | {"none": sum(row["none"] for row in rows), "right but doubted": doubted, "ms": ""}


@click.command()
@click.option("--model", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--per-kind", default=200, type=click.IntRange(1))
@click.option("--kinds", default=",".join((*KINDS, "number", *SCENES)))
@click.option("--seed", default=0)
@click.option("--wrong", type=click.Path(path_type=Path), help="Keep wrongly read pictures in this folder.")
@click.option("--smoke", is_flag=True, help="One picture a kind, nothing stored: does it run?")
def main(model: Path, per_kind: int, kinds: str, seed: int, wrong: Path | None, smoke: bool) -> None:
    """Print the share read right per kind, with its 95 % Wilson interval and the time of a picture."""
    file = ModelFile(run_id="benchmark", title=model.name, source=model)
    rows = []
    for kind in kinds.split(","):
        rows.append(judged(kind, 1 if smoke else per_kind, seed, file, wrong))
        click.echo(f"{rows[-1]}", err=True)
    singles = [row for row in rows if row["kind"] != "number"]
    sums = [total("all", rows)] + ([total("single digits", singles)] if singles else [])
    click.echo(table(rows + sums))
    if not smoke:
        found = {"seed": seed, "model": model.name, "rows": rows + sums, "conditions": conditions()}
        click.echo(store("digits", found), err=True)


if __name__ == "__main__":
    main()
