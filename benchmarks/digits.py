"""How many digits are read right, kind by kind, from pictures made as people make them.

    python -m benchmarks.digits --model FILE.tflite [--per-kind 200] [--kinds ruled,boxed]

MNIST test digits only; the networks never saw them. Recipe: benchmarks/pictures.py and docs/digits.md.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.pictures import KINDS, Made, number
from core.analysis.statistics import wilson
from core.digits import read
from core.errors import ImageError
from core.inference import network
from core.learning.data import load
from core.records import ModelFile


def made(kind: str, count: int, seed: int = 0) -> Iterator[Made]:
    """Return `count` pictures of a kind, each from its own seed."""
    arrays = load()
    for index in range(count):
        rng = np.random.default_rng([seed, index, *kind.encode()])
        if kind == "number":
            chosen = rng.integers(len(arrays.y_test), size=rng.integers(2, 6))
            label = "".join(str(arrays.y_test[i]) for i in chosen)
            yield Made(number(rng, arrays.x_test[chosen]), label)
        else:
            chosen = int(rng.integers(len(arrays.y_test)))
            yield Made(KINDS[kind](rng, arrays.x_test[chosen]), str(arrays.y_test[chosen]))


def answer_of(data: bytes, model: ModelFile) -> str:
    """Return the digits that the whole way reads from a file; empty where it finds none."""
    try:
        reading = read(data)
    except ImageError:
        return ""
    probabilities, _ = network(model).probabilities(reading.images)
    return "".join(str(label) for label in probabilities.argmax(axis=1))


@click.command()
@click.option("--model", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--per-kind", default=200)
@click.option("--kinds", default=",".join((*KINDS, "number")))
@click.option("--seed", default=0)
@click.option("--wrong", type=click.Path(path_type=Path), help="Keep wrongly read pictures in this folder.")
def main(model: Path, per_kind: int, kinds: str, seed: int, wrong: Path | None) -> None:
    """Print the share read right per kind, with its 95 % Wilson interval and the time of a picture."""
    file = ModelFile(run_id="benchmark", title=model.name, source=model)
    total_right = total = 0
    print("| kind | right | of | share | 95 % | none | ms |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds.split(","):
        right = none = 0
        spent = 0.0
        for index, picture in enumerate(made(kind, per_kind, seed)):
            began = time.perf_counter()
            answer = answer_of(picture.data, file)
            spent += time.perf_counter() - began
            right += answer == picture.label
            none += not answer
            if answer != picture.label and wrong:
                wrong.mkdir(parents=True, exist_ok=True)
                (wrong / f"{kind}-{index}-is{picture.label}-read{answer[:8]}.img").write_bytes(picture.data)
        interval = wilson(right, per_kind)
        bounds = f"{interval.low:.1%} to {interval.high:.1%}"
        took_ms = spent / per_kind * 1000
        print(
            f"| {kind} | {right} | {per_kind} | {right / per_kind:.1%} | {bounds} | {none} | {took_ms:.0f} |",
            flush=True,
        )
        total_right, total = total_right + right, total + per_kind
    print(f"| all | {total_right} | {total} | {total_right / total:.1%} | | | |")


if __name__ == "__main__":
    main()
