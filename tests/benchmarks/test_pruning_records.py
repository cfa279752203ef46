import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from benchmarks.pruning_records import (
    Pupil,
    Trial,
    distorted,
    joined,
    structured,
    summary,
    unstructured,
    widths_within,
)
from benchmarks.record_bars import BARS, Narrower, Recipe
from core import pruning
from core.analysis.allocation import Request, allocate, as_arrays, random_scores
from core.analysis.structures import known_structures, totals
from core.learning.models import build
from core.records import Cost, Scope

LENET = known_structures()["lenet5-standard"]


def test_the_bars_are_those_that_were_asked_for():
    limits = ("error", "weights", "macs", "parameters", "neurons", "zeros")
    asked = {bar.name: tuple(getattr(bar, limit) for limit in limits) for bar in BARS}
    assert asked == {
        "lenet5-structured": (0.90, 2751, 158_000, None, None, None),
        "lenet5-smallest": (1.00, 2000, 115_000, None, None, None),
        "lenet5-98": (0.80, None, None, None, None, 0.98),
        "lenet5-99": (1.00, None, None, None, None, 0.99),
        "mlp1000": (1.80, None, None, None, 100, None),
        "convnet": (0.60, None, None, 7070, None, None),
    }


@pytest.mark.parametrize("bar", BARS[:2], ids=lambda bar: bar.name)
def test_the_price_finds_widths_that_use_both_budgets(bar):
    scores = random_scores(LENET, 0)
    price, share = widths_within(LENET, scores, bar)
    request = Request(share, Scope.LAGRANGIAN, Cost.LATENCY, latency=price)
    found = totals(LENET, allocate(LENET, request, as_arrays(scores)).counts)
    assert found.kernels <= bar.weights
    assert found.macs <= bar.macs
    assert max(found.kernels / bar.weights, found.macs / bar.macs) > 0.6


def test_a_pool_holds_each_image_once_a_copy_and_its_label(few_digits):
    part = few_digits.first(500, 10)
    pool = distorted(part, 2, seed=1)
    assert pool.x_train.shape == (1000, 28, 28)
    assert pool.x_train.dtype == np.uint8
    assert np.array_equal(pool.y_train, np.tile(part.y_train, 2))
    assert not np.array_equal(pool.x_train[:500], pool.x_train[500:])


@pytest.mark.parametrize("bar", [bar for bar in BARS if bar.recipe.stages], ids=lambda bar: bar.name)
def test_widths_found_beforehand_keep_the_limits(bar):
    first, second, hidden = bar.recipe.stages[-1].widths
    dense = hidden * (bar.recipe.stages[-1].reads + 10)
    assert 25 * first * (1 + second) + dense <= bar.weights
    assert 14_400 * first + 1600 * first * second + dense <= bar.macs


def test_a_network_is_narrowed_to_the_widths_asked_and_its_zeros_stay(few_digits):
    stages = (Narrower((8, 20, 40), None, 1), Narrower((4, 9, 12), 50, 0))
    recipe = Recipe("lenet5", stages=stages, copies=1)
    model = build("lenet5", seed=0)
    pupil = Pupil(few_digits.first(500, 100), None, recipe, 0)
    bar = replace(BARS[0], recipe=recipe)
    small = structured(model, bar, pupil)
    pupil.teach(small, 1)
    assert [group.size for group in pruning.structure(small).groups if not group.held] == [4, 9, 12]
    assert pruning.count_weights(small)[1] == (16 * 9 - 50) * 12


def test_zeros_are_counted_against_the_dense_network(few_digits):
    recipe = Recipe("lenet5", widths=(8, 20, 60), copies=1, num_steps=2)
    bar = replace(BARS[2], recipe=recipe)
    pupil = Pupil(few_digits.first(500, 100), None, recipe, 0)
    kernels, zeros, _ = pruning.count_weights(unstructured(build("lenet5", seed=0), bar, pupil))
    assert kernels - zeros == round(0.02 * 430_500)


def test_seeds_measured_apart_come_together_if_the_recipe_is_the_same():
    made = [Trial("mlp1000", seed, 1.5, 1.0, 5, 0, 6, 7, "100", 60.0) for seed in (0, 1, 1)]
    made[2] = replace(made[2], error=1.7)
    earlier = {
        "recipe": json.loads(json.dumps(asdict(BARS[4].recipe))),
        "trials": [asdict(t) for t in made[:2]],
    }
    assert joined(BARS[4], made[2:], earlier) == [made[0], made[2]]
    assert joined(BARS[4], made[2:], {**earlier, "recipe": {}}) == [made[2]]


def test_a_row_gives_the_mean_and_every_seed():
    made = [Trial("mlp1000", seed, 1.5 + 0.2 * seed, 1.0, 5, 0, 6, 7, "100", 60.0) for seed in (0, 1)]
    row = summary(BARS[4], made)
    assert (row["error %"], row["by seed"], row["asked %"]) == ("1.60", "1.50 1.70", "1.80")
