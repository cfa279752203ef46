"""Pruned networks beside the records of the literature: weights, MACs and errors on MNIST's test images.

    python -m benchmarks.pruning_records [--bar NAME ...] [--seeds 3] [--smoke]

Each bar is a recipe that is fixed beforehand: train the dense network with distorted images, prune it in
steps, train what is left on a fixed pool of gently distorted images. The error is that of the last epoch,
never the best one. Where a recipe distils, the dense network answers the pool once, so an epoch is cheap.
Weights are kernels without biases that are not zero, as in the papers. Single process; an hour a seed on two
cores at most. What one call measures joins what the same recipes gave other seeds on the same day.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import click
import keras
import numpy as np
import tensorflow as tf

from benchmarks import positions
from benchmarks.record_bars import BARS, Bar, Recipe, shared, small
from benchmarks.results import conditions, store, stored, table
from core import pruning
from core.analysis.allocation import Request, allocate, as_arrays
from core.analysis.structures import totals
from core.learning import data as mnist
from core.learning.augmentation import moved
from core.learning.evaluation import evaluate
from core.learning.masks import masks_of
from core.learning.models import build, logits_of
from core.learning.training import train
from core.pruning.schedule import steps
from core.records import ChannelScores, Cost, LatencyModel, NetworkStructure, Scope

SCORED = 4000
BATCH = 128
POOL_BATCH = 500
BEFORE_ZEROS = 6
"""How many times `epochs_between` a narrowed network trains before single weights go."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One seed of one bar: what came out. `zeros` are weights of the dense network that are zero or gone."""

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

    def teach(self, model: Any, epochs: int) -> float:
        """Train `model` for `epochs` passes over MNIST's number of images; return the last error in per cent.

        Zeros stay zero. Passes over fewer images than the pool holds use its first copies.
        """
        copies = min(epochs, self.recipe.copies)
        count = len(self.pool.x_train) // self.recipe.copies * copies
        history = train(
            model,
            self.pool.first(count, len(self.pool.x_test)),
            epochs=round(epochs / copies),
            batch_size=BATCH,
            seed=self.seed,
            answers=None if self.answers is None else self.answers[:count],
            peak_lr=self.recipe.peak_lr,
            label_smoothing=self.recipe.label_smoothing,
            masks=masks_of(model),
        )
        return 100 * (1 - history.epochs[-1].val_accuracy)


def distorted(data: mnist.MnistArrays, copies: int, seed: int, strength: float = 0.4) -> mnist.MnistArrays:
    """Return the training images `copies` times, each time moved anew; test images stay."""
    keras.utils.set_random_seed(seed)
    distort = tf.function(lambda x: tf.cast(tf.round(moved(x, strength) * 255), tf.uint8))
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
    if bar.recipe.stages:
        return staged(model, pupil)
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
            pupil.teach(model, bar.recipe.epochs_between)
    return model


def staged(model: Any, pupil: Pupil) -> Any:
    """Take the recipe's stages one after the other, training after each but the last."""
    for stage in pupil.recipe.stages:
        model = cut(model, stage.widths, pupil)
        if stage.reads is not None:
            model = positions.read_only(model, stage.reads, _scored(pupil))
        if stage.epochs:
            pupil.teach(model, stage.epochs)
    return model


def cut(model: Any, widths: tuple[int, ...], pupil: Pupil) -> Any:
    """Remove channels by Taylor scores until the groups have `widths`."""
    for group, width in zip(_free_groups(model), widths, strict=True):
        others = [other.layers[0] for other in _free_groups(model) if other.layers != group.layers]
        share = 1 - width / group.size
        chosen = pruning.plan(model, share, criterion="taylor", data=_scored(pupil), ignore=others)
        model = pruning.remove(model, chosen)
    return model


def narrowed(model: Any, pupil: Pupil) -> Any:
    """Remove channels in steps until each group has the recipe's width, training in between."""
    recipe, sizes = pupil.recipe, [group.size for group in _free_groups(model)]
    for number, gone in enumerate(steps(1.0, recipe.num_steps), start=1):
        pairs = zip(sizes, recipe.widths, strict=True)
        model = cut(model, tuple(round(width + (size - width) * (1 - gone)) for size, width in pairs), pupil)
        if number < recipe.num_steps:
            pupil.teach(model, recipe.epochs_between)
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
            pupil.teach(model, bar.recipe.epochs_between)
    return model


def unstructured(model: Any, bar: Bar, pupil: Pupil) -> Any:
    """Remove channels, then zero the smallest weights in steps, until the share asked is gone."""
    left = round((1 - (bar.zeros or 0.0)) * pruning.count_weights(model)[0])
    model = narrowed(model, pupil)
    pupil.teach(model, BEFORE_ZEROS * bar.recipe.epochs_between)
    share = 1 - left / pruning.count_weights(model)[0]
    for number, ratio in enumerate(steps(share, bar.recipe.num_steps), start=1):
        model = pruning.sparsify(model, ratio)
        if number < bar.recipe.num_steps:
            pupil.teach(model, bar.recipe.epochs_between)
    return model


def _scored(pupil: Pupil) -> Any:
    return mnist.scaled(pupil.pool.x_train[:SCORED]), pupil.pool.y_train[:SCORED]


def _free_groups(model: Any) -> list[Any]:
    return [group for group in pruning.structure(model).groups if not group.held]


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


def classroom(recipe: Recipe, seed: int, data: mnist.MnistArrays, kept: Path | None = None) -> Classroom:
    """Train the dense network, or take it from the folder `kept`, and let it answer the pool."""
    began = time.monotonic()
    dense = _dense(recipe, seed, data, kept)
    pool = distorted(data, recipe.copies, seed, recipe.strength)
    answers = answers_of(dense, pool.x_train) if recipe.distils else None
    error = 100 * (1 - evaluate(dense, data.x_test, data.y_test).accuracy)
    return Classroom(dense, error, pool, answers, time.monotonic() - began)


def _dense(recipe: Recipe, seed: int, data: mnist.MnistArrays, kept: Path | None) -> Any:
    name = f"{recipe.architecture}-{recipe.conv}-e{recipe.dense_epochs}-s{seed}-n{len(data.x_train)}.keras"
    if kept and (kept / name).is_file():
        return keras.models.load_model(kept / name)
    model = build(recipe.architecture, recipe.conv, seed=seed)
    train(model, data, epochs=recipe.dense_epochs, seed=seed, augment=True)
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        model.save(kept / name)
    return model


def trial(bar: Bar, seed: int, room: Classroom) -> Trial:
    """Prune and train with one seed."""
    began = time.monotonic()
    pupil = Pupil(room.pool, room.answers, bar.recipe, seed)
    model = method_of(bar)(room.dense, bar, pupil)
    error = pupil.teach(model, bar.recipe.epochs)
    widths = [str(group.size) for group in _free_groups(model)]
    kernels, zeros, parameters = pruning.count_weights(model)
    macs = pruning.macs(model)
    if bar.recipe.stages:  # rows that are not read are gone, not only zero
        macs -= zeros
        parameters = int(positions.without_unread(model).count_params())
        widths[-1:-1] = [str(bar.recipe.stages[-1].reads)]
    dense_kernels, *_ = pruning.count_weights(room.dense)
    return Trial(
        bar.name,
        seed,
        error,
        room.error,
        kernels - zeros,
        dense_kernels - kernels + zeros,
        parameters,
        macs,
        "-".join(widths),
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


@click.command()
@click.option("--bar", "names", multiple=True, type=click.Choice([bar.name for bar in BARS]))
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--first-seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for trained dense networks; those found there are not trained again.",
)
@click.option("--smoke", is_flag=True, help="Shortest recipes on few images; proves that it runs, no more.")
def main(names: tuple[str, ...], seeds: int, first_seed: int, keep: Path | None, smoke: bool) -> None:
    """Prune towards each record and print ours beside it."""
    data = mnist.load()
    if smoke:
        data = data.first(2000, 500)
    bars = [small(bar) if smoke else bar for bar in BARS if not names or bar.name in names]
    trials: dict[str, list[Trial]] = {bar.name: [] for bar in bars}
    for common in dict.fromkeys(map(shared, bars)):
        alike = [bar for bar in bars if shared(bar) == common]
        for seed in range(first_seed, first_seed + seeds):
            room = classroom(alike[0].recipe, seed, data, keep)
            for bar in alike:
                trials[bar.name].append(trial(bar, seed, room))
                click.echo(f"{trials[bar.name][-1]}", err=True)
    if not smoke:
        earlier = stored("pruning_records").get("bars", {})
        trials = {bar.name: joined(bar, trials[bar.name], earlier.get(bar.name, {})) for bar in bars}
        found = {bar.name: _figures(bar, trials[bar.name]) for bar in bars}
        store("pruning_records", {"bars": {**earlier, **found}, "conditions": conditions()})
    click.echo(table([summary(bar, trials[bar.name]) for bar in bars]))


def joined(bar: Bar, trials: list[Trial], earlier: dict[str, Any]) -> list[Trial]:
    """Return `trials` and those of other seeds that the same recipe gave earlier, by seed."""
    by_seed = {each["seed"]: Trial(**each) for each in earlier.get("trials", ())}
    same = earlier.get("recipe") == _figures(bar, [])["recipe"]
    every = {**(by_seed if same else {}), **{trial.seed: trial for trial in trials}}
    return [every[seed] for seed in sorted(every)]


def _figures(bar: Bar, trials: list[Trial]) -> dict[str, Any]:
    """Return a bar's recipe and trials as JSON gives them back."""
    recipe: dict[str, Any] = json.loads(json.dumps(asdict(bar.recipe)))
    return {"recipe": recipe, "trials": [asdict(each) for each in trials]}


if __name__ == "__main__":
    main()
