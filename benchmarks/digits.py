"""How many digits are read right, kind by kind, from pictures made as people make them.

    python -m benchmarks.digits --model FILE.tflite [--per-kind 200] [--kinds ruled,boxed]

MNIST test digits, which the networks never saw, and in every fourth scene a digit from a pen's path.
Recipes: benchmarks/pictures.py, scenes.py, writers.py; which seeds have been looked at: docs/digits.md.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.pictures import KINDS, Made, number
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


@click.command()
@click.option("--model", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--per-kind", default=200)
@click.option("--kinds", default=",".join((*KINDS, "number", *SCENES)))
@click.option("--seed", default=0)
@click.option("--wrong", type=click.Path(path_type=Path), help="Keep wrongly read pictures in this folder.")
def main(model: Path, per_kind: int, kinds: str, seed: int, wrong: Path | None) -> None:
    """Print the share read right per kind, with its 95 % Wilson interval and the time of a picture."""
    file = ModelFile(run_id="benchmark", title=model.name, source=model)
    total_right = total = 0
    print("| kind | right | of | share | 95 % | none | right but doubted | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in kinds.split(","):
        right = none = doubted = 0
        spent = 0.0
        for index, picture in enumerate(made(kind, per_kind, seed)):
            began = time.perf_counter()
            reading = reading_of(picture.data)
            answer = answer_of(reading, file)
            spent += time.perf_counter() - began
            right += answer == picture.label
            doubted += answer == picture.label and is_doubted(reading)
            none += not answer
            if answer != picture.label and wrong:
                wrong.mkdir(parents=True, exist_ok=True)
                (wrong / f"{kind}-{index}-is{picture.label}-read{answer[:8]}.img").write_bytes(picture.data)
        interval = wilson(right, per_kind)
        bounds = f"{interval.low:.1%} to {interval.high:.1%}"
        took_ms = spent / per_kind * 1000
        cells = (kind, right, per_kind, f"{right / per_kind:.1%}", bounds, none, doubted, f"{took_ms:.0f}")
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        total_right, total = total_right + right, total + per_kind
    print(f"| all | {total_right} | {total} | {total_right / total:.1%} | | | | |")


if __name__ == "__main__":
    main()
