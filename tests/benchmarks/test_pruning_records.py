import numpy as np
import pytest

from benchmarks.pruning_records import BARS, Trial, distorted, summary, widths_within
from core.analysis.allocation import Request, allocate, as_arrays, random_scores
from core.analysis.structures import known_structures, totals
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


def test_a_row_gives_the_mean_and_every_seed():
    made = [Trial("mlp1000", seed, 1.5 + 0.2 * seed, 1.0, 5, 0, 6, 7, "100", 60.0) for seed in (0, 1)]
    row = summary(BARS[4], made)
    assert (row["error %"], row["by seed"], row["asked %"]) == ("1.60", "1.50 1.70", "1.80")
