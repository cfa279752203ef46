"""Time to 99 %: how long our recipes train until 99.0 % of the test images are right, beside named peers.

    python -m benchmarks.time_to_99 [--seeds 5] [--smoke]

Ours stop after a number of epochs that is fixed beforehand; their time runs from building the network to the
end of the last evaluation. A peer is given the time of its training alone, to its first 99.0 %, looked up
after each epoch. Peers and ours take turns, so that a busy machine hurts all. PyTorch's example runs where
torch is installed (benchmarks/requirements.txt).
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import click
import keras
from keras import layers

from benchmarks import peers
from benchmarks.results import conditions, store, table
from core.learning import data as mnist
from core.learning import precision
from core.learning.models import build
from core.learning.training import train
from core.records import Architecture
from core.records.spec import DEFAULT_EPOCHS

TARGET = 0.99
MOST_PEER_EPOCHS = 15


@dataclass(frozen=True, slots=True)
class Trial:
    """One training: its accuracy on the test images, seconds on the clock and of the processor."""

    name: str
    seed: int
    epochs: int
    accuracy: float
    wall_s: float
    cpu_s: float


def swift(seed: int) -> Any:
    """Return a network made for a quick 99 %: small convolutions, and a wide dense layer, which is cheap."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(16, 5, strides=2, activation="relu", name="conv1")(image)
    x = layers.Conv2D(16, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Dense(256, activation="relu", name="dense1")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(10, name="logits")(x)
    return keras.Model(image, layers.Softmax(name="probabilities")(x), name="swift")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a network from a seed, and how to train it; `peak_lr` None is the dashboard's."""

    build: Callable[[int], Any]
    epochs: int
    augment: bool = False
    batch_size: int = 128
    peak_lr: float | None = None


def lenet5(seed: int) -> Any:
    """Return the untrained lenet5 of the dashboard."""
    return build("lenet5", seed=seed)


OURS = {
    "ours: swift, 1 epoch": Recipe(swift, 1, peak_lr=8e-3),
    "ours: lenet5, 1 epoch": Recipe(lenet5, 1, batch_size=256, peak_lr=7e-3),
    "ours: lenet5, default": Recipe(lenet5, DEFAULT_EPOCHS[Architecture.LENET5], augment=True),
}


def trained(name: str, seed: int, arrays: mnist.MnistArrays) -> Trial:
    """Return one of OURS trained with `seed`."""
    recipe = OURS[name]
    wall, cpu = time.perf_counter(), time.process_time()
    model = recipe.build(seed)
    history = train(
        model,
        arrays,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=seed,
        augment=recipe.augment,
        peak_lr=recipe.peak_lr,
        in_bfloat16=precision.pays(model),
    )
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return Trial(name, seed, recipe.epochs, history.epochs[-1].val_accuracy, *spent)


def peer_trials(name: str, epochs: Iterator[peers.Epoch], most: int) -> Iterator[Trial]:
    """Yield a peer's state after each epoch, until its first 99.0 %."""
    wall = cpu = 0.0
    for number, epoch in enumerate(epochs, 1):
        wall, cpu = wall + epoch.wall_s, cpu + epoch.cpu_s
        yield Trial(name, epoch.seed, number, epoch.accuracy, wall, cpu)
        if epoch.accuracy >= TARGET or number == most:
            return


def take_turns(waiting: list[tuple[str, int]], running: list[Iterator[Trial]], arrays: Any) -> list[Trial]:
    """Run one of ours and an epoch of each peer in turn until all are done; return the last state of each."""
    last: dict[tuple[str, int], Trial] = {}
    while waiting or running:
        found = [trained(*waiting.pop(0), arrays)] if waiting else []
        for peer in list(running):
            state = next(peer, None)
            running.remove(peer) if state is None else found.append(state)
        for trial in found:
            click.echo(
                f"{trial.name}: seed {trial.seed}, {trial.accuracy:.2%}, {trial.wall_s:.1f} s", err=True
            )
            last[trial.name, trial.seed] = trial
    return list(last.values())


def summary(trials: list[Trial]) -> list[dict[str, Any]]:
    """Return a row a name: mean accuracy and time, and the time as a share of the keras.io example's."""
    names = list(dict.fromkeys(trial.name for trial in trials))
    reference = [trial for trial in trials if trial.name == peers.KERAS]
    rows = []
    for name in names:
        mine = [trial for trial in trials if trial.name == name]
        rows.append(
            {
                "what": name,
                "seeds": len(mine),
                "epochs": "/".join(sorted({str(trial.epochs) for trial in mine})),
                "accuracy": f"{mean(trial.accuracy for trial in mine):.2%}",
                "lowest": f"{min(trial.accuracy for trial in mine):.2%}",
                "wall_s": f"{mean(trial.wall_s for trial in mine):.1f}",
                "cpu_s": f"{mean(trial.cpu_s for trial in mine):.1f}",
                "faster": f"{_ratio(reference, mine, 'wall_s'):.1f}x",
                "faster_cpu": f"{_ratio(reference, mine, 'cpu_s'):.1f}x",
            }
        )
    return rows


def _ratio(reference: list[Trial], mine: list[Trial], field: str) -> float:
    return mean(getattr(t, field) for t in reference) / mean(getattr(t, field) for t in mine)


@click.command()
@click.option("--seeds", default=5, help="Seeds of each of our recipes.")
@click.option("--peer-seeds", default=1, help="Seeds of each peer.")
@click.option("--smoke", is_flag=True, help="A few images, one epoch, nothing stored: does it run?")
def main(seeds: int, peer_seeds: int, smoke: bool) -> None:
    """Train ours and the peers in turn; print a table and store it with the machine's conditions."""
    arrays = mnist.load()
    if smoke:
        arrays, seeds, peer_seeds = arrays.first(1_024, 500), 1, 1
    before, most = conditions(), 1 if smoke else MOST_PEER_EPOCHS
    waiting = [(name, seed) for seed in range(seeds) for name in OURS]
    running = [peer_trials(peers.KERAS, peers.keras_epochs(arrays, seed), most) for seed in range(peer_seeds)]
    if importlib.util.find_spec("torch") and not smoke:
        running += [peer_trials(peers.TORCH, peers.torch_epochs(seed), most) for seed in range(peer_seeds)]
    trials = take_turns(waiting, running, arrays)
    rows = summary(trials)
    click.echo(table(rows))
    if not smoke:
        figures = {
            "rows": rows,
            "trials": [asdict(t) for t in trials],
            "before": before,
            "after": conditions(),
        }
        click.echo(store("time_to_99", figures), err=True)


if __name__ == "__main__":
    main()
