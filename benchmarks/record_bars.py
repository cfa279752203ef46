"""The bars that pruned networks are measured by, whose record each is, and the recipe for it."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Narrower:
    """One step: channels left of each group, positions read behind Flatten, passes over the images then."""

    widths: tuple[int, ...]
    reads: int | None
    epochs: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of one bar. The pool holds `copies` of the training images, moved with `strength`.

    `stages` are steps fixed beforehand, found on held-out training images; the last training is that of
    `epochs`, which like all passes counts MNIST's training images once and uses the pool's first copies.
    `widths` are channels left of each group after `num_steps`. Without both the limits of the bar decide.
    """

    architecture: str
    conv: str = "standard"
    dense_epochs: int = 6
    copies: int = 8
    strength: float = 0.4
    distils: bool = False
    label_smoothing: float = 0.0
    widths: tuple[int, ...] = ()
    stages: tuple[Narrower, ...] = ()
    num_steps: int = 6
    epochs_between: int = 1
    epochs: int = 64
    peak_lr: float = 6e-3


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


SPARSE_98 = Recipe("lenet5", widths=(10, 24, 40), epochs_between=2, epochs=40, peak_lr=4e-3)
SPARSE_99 = replace(SPARSE_98, widths=(7, 18, 24))
"""Most channels go first, which makes all that follows cheap; then half of the weights that are left."""

WIDE = (
    Narrower((10, 24, 40), None, 4),
    Narrower((7, 18, 24), None, 6),
    Narrower((5, 14, 20), 150, 6),
    Narrower((4, 12, 16), 120, 6),
)
"""Each step takes about half of the weights, so that what is left never has to learn from the beginning."""
NARROW = (*WIDE, Narrower((3, 12, 14), 90, 6), Narrower((3, 12, 14), 63, 0))

BARS = (
    Bar(
        "lenet5-structured",
        "GHS 2017: 1.0 % at 2,751 weights, 158 K MACs",
        Recipe("lenet5", stages=(*WIDE, Narrower((4, 12, 16), 80, 0)), epochs=48),
        0.90,
        weights=2751,
        macs=158_000,
    ),
    Bar(
        "lenet5-smallest",
        "GHS 2017: 1.0 % at 2,751 weights, 158 K MACs",
        Recipe("lenet5", stages=NARROW, epochs=96),
        1.00,
        weights=2000,
        macs=115_000,
    ),
    Bar(
        "lenet5-98",
        "SNIP 2019: 0.8 % at 98 % zeros",
        SPARSE_98,
        0.80,
        zeros=0.98,
    ),
    Bar(
        "lenet5-99",
        "SNIP 2019: 1.1 % at 99 % zeros",
        SPARSE_99,
        1.00,
        zeros=0.99,
    ),
    Bar(
        "mlp1000",
        "aim: 98.2 % with 100 neurons",
        Recipe("mlp1000", dense_epochs=10, copies=4, distils=True, epochs=24, peak_lr=4e-3),
        1.80,
        neurons=100,
    ),
    Bar(
        "convnet",
        "over 99.4 % with 7,070 parameters, dense",
        Recipe("convnet", conv="separable", copies=4, distils=True, epochs=16, num_steps=4),
        0.60,
        parameters=7070,
    ),
)


def shared(bar: Bar) -> tuple[Any, ...]:
    """Return what bars have in common that learn from one dense network, pool and answers."""
    recipe = bar.recipe
    teaching = (recipe.copies, recipe.strength, recipe.distils)
    return (recipe.architecture, recipe.conv, recipe.dense_epochs, *teaching)


def small(bar: Bar) -> Bar:
    """Return the bar with the shortest recipe that runs at all, to try the program out."""
    recipe = replace(bar.recipe, dense_epochs=1, copies=1, num_steps=2, epochs=1)
    return replace(bar, recipe=recipe)
