"""Pruned networks beside the records of the literature: weights, MACs and errors on MNIST's test images.

    python -m benchmarks.pruning_records [--bar NAME ...] [--seeds 3] [--smoke]

Each bar is a recipe that is fixed beforehand: train the dense network with distorted images, prune it in
steps, distil from the dense network. The error is that of the last epoch, never the best one. The dense
network answers a fixed pool of distorted images once; pruned ones learn from those answers, so an epoch is
cheap.
Weights are kernels without biases, as in the papers. Single process; an hour a seed on two cores at most.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from statistics import mean
from typing import Any

import click
import keras
import numpy as np
import tensorflow as tf

from benchmarks.results import conditions, store, table
from core import pruning
from core.analysis.allocation import Request, allocate, as_arrays
from core.analysis.structures import totals
from core.learning import data as mnist
from core.learning.augmentation import augmented
from core.learning.masks import masks_of
from core.learning.models import build, logits_of
from core.learning.training import train
from core.pruning.schedule import steps
from core.records import ChannelScores, Cost, LatencyModel, NetworkStructure, Scope

SCORED = 4000
POOL_BATCH = 500


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of one bar. `copies` is how many distorted copies of the training images the pool holds."""

    architecture: str
    conv: str = "standard"
    dense_epochs: int = 12
    copies: int = 8
    num_steps: int = 6
    epochs_between: int = 1
    epochs: int = 8
    peak_lr: float = 4e-3


@dataclass(frozen=True, slots=True)
class Bar:
    """What is to be reached: the error in per cent within the limits given, and whose record it is."""

    name: str
    record: str
    recipe: Recipe
    error: float
    weights: int | None = None
    macs: int | None = None
    parameters: int | None = None
    neurons: int | None = None
    zeros: float | None = None


SPARSE = Recipe("lenet5", epochs=4, peak_lr=2e-3)
"""An unstructured network keeps its width, so a pass costs more; it gets fewer of them at a lower rate."""

BARS = (
    Bar(
        "lenet5-structured",
        "GHS 2017: 1.0 % at 2,751 weights, 158 K MACs",
        Recipe("lenet5"),
        0.90,
        weights=2751,
        macs=158_000,
    ),
    Bar(
        "lenet5-smallest",
        "GHS 2017: 1.0 % at 2,751 weights, 158 K MACs",
        Recipe("lenet5"),
        1.00,
        weights=2000,
        macs=115_000,
    ),
    Bar(
        "lenet5-98",
        "SNIP 2019: 0.8 % at 98 % zeros",
        SPARSE,
        0.80,
        zeros=0.98,
    ),
    Bar(
        "lenet5-99",
        "SNIP 2019: 1.1 % at 99 % zeros",
        SPARSE,
        1.00,
        zeros=0.99,
    ),
    Bar("mlp1000", "aim: 98.2 % with 100 neurons", Recipe("mlp1000"), 1.80, neurons=100),
    Bar(
        "convnet",
        "over 99.4 % with 7,070 parameters, dense",
        Recipe("convnet", conv="separable"),
        0.60,
        parameters=7070,
    ),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One seed of one bar: what came out."""

    bar: str
    seed: int
    error: float
    dense_error: float
    weights: int
    zeros: int
    parameters: int
    macs: int
    widths: str
    seconds: float


@dataclass(slots=True)
class Pupil:
    """What trainings of one seed share: the pool of distorted images and the dense answers to it."""

    pool: mnist.MnistArrays
    answers: Any
    recipe: Recipe
    seed: int

    def teach(self, model: Any, epochs: int, *, masked: bool = False) -> float:
        """Train `model` on passes over the pool; return the error in per cent after the last one."""
        history = train(
            model,
            self.pool,
            epochs=epochs,
            batch_size=128,
            seed=self.seed,
            answers=self.answers,
            peak_lr=self.recipe.peak_lr,
            masks=masks_of(model) if masked else None,
        )
        return 100 * (1 - history.epochs[-1].val_accuracy)

    def teach_part(self, model: Any, epochs: int, *, masked: bool = False) -> None:
        """Train between two steps of pruning, on one copy of the images."""
        count = len(self.pool.x_train) // self.recipe.copies
        part = Pupil(
            self.pool.first(count, len(self.pool.x_test)), self.answers[:count], self.recipe, self.seed
        )
        part.teach(model, epochs, masked=masked)


def distorted(data: mnist.MnistArrays, copies: int, seed: int) -> mnist.MnistArrays:
    """Return the training images `copies` times, each time distorted anew; test images stay."""
    keras.utils.set_random_seed(seed)
    distort = tf.function(lambda x: tf.cast(tf.round(augmented(x) * 255), tf.uint8))
    parts = []
    for _ in range(copies):
        for start in range(0, len(data.x_train), POOL_BATCH):
            batch = tf.constant(mnist.scaled(data.x_train[start : start + POOL_BATCH]))
            parts.append(distort(batch).numpy()[..., 0])
    return mnist.MnistArrays(np.concatenate(parts), np.tile(data.y_train, copies), data.x_test, data.y_test)


def answers_of(model: Any, images: Any) -> Any:
    """Return the logits (n, 10) of `model`."""
    logits = logits_of(model)
    answer = tf.function(lambda x: logits(tf.cast(x, tf.float32)[..., None] / 255.0, training=False))
    parts = [
        answer(tf.constant(images[n : n + POOL_BATCH])).numpy() for n in range(0, len(images), POOL_BATCH)
    ]
    return np.concatenate(parts)


def widths_within(structure: NetworkStructure, scores: ChannelScores, bar: Bar) -> tuple[Any, float]:
    """Return a price that weighs MACs and weights by their limits, and the share of it that must go.

    The lagrangian scope then decides which layer gives what: a channel costs what it takes of both budgets.
    """
    price = _price(structure, bar)
    for ratio in np.arange(0.0, 1.0, 0.001):
        request = Request(float(ratio), Scope.LAGRANGIAN, Cost.LATENCY, latency=price)
        if _fits(totals(structure, allocate(structure, request, as_arrays(scores)).counts), bar):
            return price, float(ratio)
    raise click.ClickException(f"{bar.name}: no widths fit the limits.")


def _fits(total: Any, bar: Bar) -> bool:
    limits = ((total.kernels, bar.weights), (total.macs, bar.macs), (total.parameters, bar.parameters))
    return all(limit is None or value <= limit for value, limit in limits)


def _price(structure: NetworkStructure, bar: Bar) -> LatencyModel:
    prices = {}
    for layer in structure.layers:
        if layer.macs.both or layer.macs.outputs:
            positions = (layer.macs.both or layer.macs.outputs) / (
                layer.kernels.both or layer.kernels.outputs
            )
            of_weights = 1 / ((bar.weights or bar.parameters or 1) * positions)
            prices[layer.layer] = of_weights + (1 / bar.macs if bar.macs else 0)
    return LatencyModel(overhead_ms=0.0, ms_per_mac=prices, dense_ms=1.0)


def structured(model: Any, bar: Bar, pupil: Pupil) -> Any:
    """Remove channels in steps until the bar's limits hold; the last training is left to the caller."""
    data = _scored(pupil)
    whole = pruning.structure(model)
    price, share = widths_within(whole, pruning.scores(model, "taylor", data), bar)
    for number, ratio in enumerate(steps(share, bar.recipe.num_steps), start=1):
        last = number == bar.recipe.num_steps
        while True:
            chosen = pruning.plan(
                model,
                min(ratio, 0.9999),
                scope="lagrangian",
                criterion="taylor",
                cost="latency",
                data=data,
                latency=price,
                reference=whole,
            )
            smaller = pruning.remove(model, chosen)
            if not last or _fits(_totals(smaller), bar):
                break
            ratio += 0.001
        model = smaller
        if not last:
            pupil.teach_part(model, bar.recipe.epochs_between)
    return model


def neurons(model: Any, bar: Bar, pupil: Pupil) -> Any:
    """Remove hidden neurons in steps until the asked number is left."""
    whole, data = pruning.structure(model), _scored(pupil)
    share = 1 - (bar.neurons or 0) / whole.groups[0].size
    for number, ratio in enumerate(steps(share, bar.recipe.num_steps), start=1):
        model = pruning.remove(
            model, pruning.plan(model, ratio, criterion="taylor", data=data, reference=whole)
        )
        if number < bar.recipe.num_steps:
            pupil.teach_part(model, bar.recipe.epochs_between)
    return model


def unstructured(model: Any, bar: Bar, pupil: Pupil) -> Any:
    """Zero the smallest weights in steps until the asked share is zero."""
    for number, ratio in enumerate(steps(bar.zeros or 0.0, bar.recipe.num_steps), start=1):
        model = pruning.sparsify(model, ratio)
        if number < bar.recipe.num_steps:
            pupil.teach_part(model, bar.recipe.epochs_between, masked=True)
    return model


def _scored(pupil: Pupil) -> Any:
    return mnist.scaled(pupil.pool.x_train[:SCORED]), pupil.pool.y_train[:SCORED]


def _totals(model: Any) -> Any:
    return totals(pruning.structure(model))


def method_of(bar: Bar) -> Callable[[Any, Bar, Pupil], Any]:
    """Return how the bar's network is pruned."""
    if bar.zeros is not None:
        return unstructured
    return neurons if bar.neurons is not None else structured


@dataclass(frozen=True, slots=True)
class Classroom:
    """What all bars of one architecture and seed share: the dense network, its error, pool and answers."""

    dense: Any
    error: float
    pool: mnist.MnistArrays
    answers: Any
    seconds: float


def classroom(recipe: Recipe, seed: int, data: mnist.MnistArrays) -> Classroom:
    """Train the dense network and write down its answers to the pool."""
    began = time.monotonic()
    dense = build(recipe.architecture, recipe.conv, seed=seed)
    history = train(dense, data, epochs=recipe.dense_epochs, seed=seed, augment=True)
    pool = distorted(data, recipe.copies, seed)
    answers = answers_of(dense, pool.x_train)
    error = 100 * (1 - history.epochs[-1].val_accuracy)
    return Classroom(dense, error, pool, answers, time.monotonic() - began)


def trial(bar: Bar, seed: int, room: Classroom) -> Trial:
    """Prune and distil with one seed."""
    began = time.monotonic()
    pupil = Pupil(room.pool, room.answers, bar.recipe, seed)
    model = method_of(bar)(room.dense, bar, pupil)
    error = pupil.teach(model, bar.recipe.epochs, masked=bar.zeros is not None)
    kernels, zeros, parameters = pruning.count_weights(model)
    return Trial(
        bar.name,
        seed,
        error,
        room.error,
        kernels - zeros,
        zeros,
        parameters,
        pruning.macs(model),
        "-".join(str(group.size) for group in pruning.structure(model).groups if not group.held),
        room.seconds + time.monotonic() - began,
    )


def summary(bar: Bar, trials: list[Trial]) -> dict[str, Any]:
    """Return one row of the table: ours, the mean over seeds, beside the record."""
    return {
        "bar": bar.name,
        "error %": f"{mean(trial.error for trial in trials):.2f}",
        "asked %": f"{bar.error:.2f}",
        "by seed": " ".join(f"{trial.error:.2f}" for trial in trials),
        "weights": f"{mean(trial.weights for trial in trials):,.0f}",
        "parameters": f"{mean(trial.parameters for trial in trials):,.0f}",
        "MACs": f"{mean(trial.macs for trial in trials):,.0f}",
        "widths": " ".join(trial.widths for trial in trials),
        "minutes a seed": f"{mean(trial.seconds for trial in trials) / 60:.0f}",
        "record": bar.record,
    }


def _network(bar: Bar) -> tuple[str, str]:
    return bar.recipe.architecture, bar.recipe.conv


def small(bar: Bar) -> Bar:
    """Return the bar with the shortest recipe that runs at all, to try the program out."""
    recipe = replace(bar.recipe, dense_epochs=1, copies=1, num_steps=2, epochs=1)
    return replace(bar, recipe=recipe)


@click.command()
@click.option("--bar", "names", multiple=True, type=click.Choice([bar.name for bar in BARS]))
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--first-seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--smoke", is_flag=True, help="Shortest recipes on few images; proves that it runs, no more.")
def main(names: tuple[str, ...], seeds: int, first_seed: int, smoke: bool) -> None:
    """Prune towards each record and print ours beside it."""
    data = mnist.load()
    if smoke:
        data = data.first(2000, 500)
    bars = [small(bar) if smoke else bar for bar in BARS if not names or bar.name in names]
    trials: dict[str, list[Trial]] = {bar.name: [] for bar in bars}
    for network in dict.fromkeys(_network(bar) for bar in bars):
        alike = [bar for bar in bars if _network(bar) == network]
        for seed in range(first_seed, first_seed + seeds):
            room = classroom(alike[0].recipe, seed, data)
            for bar in alike:
                trials[bar.name].append(trial(bar, seed, room))
                click.echo(f"{trials[bar.name][-1]}", err=True)
    click.echo(table([summary(bar, trials[bar.name]) for bar in bars]))
    if not smoke:
        found = {
            bar.name: {"recipe": asdict(bar.recipe), "trials": [asdict(each) for each in trials[bar.name]]}
            for bar in bars
        }
        store("pruning_records", {"bars": found, "conditions": conditions()})


if __name__ == "__main__":
    main()
