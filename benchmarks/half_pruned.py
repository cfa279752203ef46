"""Half of all channels removed, with the recipes that a run has by default: how much accuracy that costs.

    python -m benchmarks.half_pruned [--network "convnet separable" ...] [--seeds 3] [--smoke]

The same calls as a run's: train, plan 0.5 (uniform, L1), remove, fine-tune, without distillation. What a
call leaves out keeps the figures of the same day.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import click

from benchmarks.results import conditions, store, stored, table
from core.learning import data as mnist
from core.learning import precision
from core.learning.models import build
from core.learning.training import train
from core.pruning import plan, remove
from core.records import Architecture, Convolution, RunSpec

RATIO = 0.5
MOST_LOST = 0.2
"""Percentage points that fine-tuning may leave lost."""


@dataclass(frozen=True, slots=True)
class Half:
    """One seed of one network: accuracies in per cent on the test images."""

    network: str
    seed: int
    dense: float
    pruned: float
    parameters: int
    parameters_left: int

    @property
    def lost(self) -> float:
        return self.dense - self.pruned


def specs(seed: int) -> list[RunSpec]:
    """Return the default run at the ratio for every network that we build."""
    pairs = [(a, c) for a in Architecture for c in Convolution]
    pairs.remove((Architecture.MLP1000, Convolution.SEPARABLE))
    return [RunSpec(architecture=a, conv=c, ratio=RATIO, seed=seed) for a, c in pairs]


def name_of(spec: RunSpec) -> str:
    """Return what a network is called here, as in `convnet separable`."""
    return f"{spec.architecture} {spec.conv}"


def halved(spec: RunSpec, data: mnist.MnistArrays) -> Half:
    """Train, prune and fine-tune as the run `spec` would."""
    options: dict[str, Any] = {"batch_size": spec.batch_size, "seed": spec.seed, "augment": spec.augment}
    model = build(spec.architecture, spec.conv, seed=spec.seed)
    options["in_bfloat16"] = precision.pays(model)
    before = train(model, data, epochs=spec.epochs or 1, **options)
    smaller = remove(model, plan(model, spec.ratio))
    after = train(smaller, data, epochs=spec.finetune_epochs or 1, **options)
    return Half(
        name_of(spec),
        spec.seed,
        100 * before.epochs[-1].val_accuracy,
        100 * after.epochs[-1].val_accuracy,
        model.count_params(),
        smaller.count_params(),
    )


def row(found: list[Half]) -> dict[str, str]:
    """Return one network's line of the table: means over the seeds."""
    return {
        "network": found[0].network,
        "dense %": f"{mean(half.dense for half in found):.2f}",
        "half %": f"{mean(half.pruned for half in found):.2f}",
        "lost points": f"{mean(half.lost for half in found):+.2f}",
        "by seed": " ".join(f"{half.lost:+.2f}" for half in found),
        "allowed": f"{MOST_LOST:.2f}",
        "parameters": f"{found[0].parameters:,} → {found[0].parameters_left:,}",
    }


@click.command()
@click.option(
    "--network",
    "networks",
    multiple=True,
    type=click.Choice([name_of(spec) for spec in specs(0)]),
    help="Default: all of them.",
)
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--smoke", is_flag=True, help="A few images; proves that it runs, no more.")
def main(networks: tuple[str, ...], seeds: int, smoke: bool) -> None:
    """Prune every network by half and print what is lost."""
    data = mnist.load().first(2000, 500) if smoke else mnist.load()
    found: dict[str, list[Half]] = {}
    for seed in range(seeds):
        for spec in specs(seed):
            if networks and name_of(spec) not in networks:
                continue
            half = halved(spec, data)
            found.setdefault(half.network, []).append(half)
            click.echo(f"{half}", err=True)
    click.echo(table([row(each) for each in found.values()]))
    if not smoke:
        earlier = stored("half_pruned").get("trials", [])
        trials = [trial for trial in earlier if trial["network"] not in found]
        trials += [asdict(half) for each in found.values() for half in each]
        store("half_pruned", {"ratio": RATIO, "trials": trials, "conditions": conditions()})


if __name__ == "__main__":
    main()
