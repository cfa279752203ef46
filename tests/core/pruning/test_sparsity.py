from typing import Any

import numpy as np
import pytest

from core.errors import PruningError
from core.learning.models import build
from core.pruning import count_weights, sparsify


@pytest.fixture(scope="module")
def lenet() -> Any:
    return build("lenet5")


@pytest.mark.parametrize("method", ["magnitude", "random"])
@pytest.mark.parametrize("scope", ["global", "uniform"])
def test_the_asked_share_of_kernel_weights_becomes_zero(lenet: Any, method: str, scope: str) -> None:
    kernels, zeros, parameters = count_weights(sparsify(lenet, 0.9, method=method, scope=scope))
    assert (kernels, parameters) == (430_500, 431_080)
    assert abs(zeros - 0.9 * kernels) <= 4
    assert count_weights(lenet)[1] == 0


def test_magnitude_takes_the_smallest_of_all_kernels_together(lenet: Any) -> None:
    pairs = zip(lenet.weights, sparsify(lenet, 0.7).weights, strict=True)
    pairs = [(np.array(a), np.array(b)) for a, b in pairs if a.name == "kernel"]
    largest_gone = max(np.abs(before[after == 0]).max() for before, after in pairs)
    smallest_kept = min(np.abs(after[after != 0]).min() for _, after in pairs)
    assert largest_gone <= smallest_kept
    assert all(np.array_equal(after[after != 0], before[after != 0]) for before, after in pairs)


def test_uniform_takes_the_share_in_every_kernel(lenet: Any) -> None:
    for weight in sparsify(lenet, 0.8, scope="uniform").weights:
        if weight.name == "kernel":
            assert (np.array(weight) == 0).mean() == pytest.approx(0.8, abs=0.01)


def test_every_kernel_keeps_a_weight(lenet: Any) -> None:
    for weight in sparsify(lenet, 0.99999).weights:
        if weight.name == "kernel":
            assert np.count_nonzero(np.array(weight)) >= 1


def test_zeros_stay_when_the_share_grows(lenet: Any) -> None:
    once = sparsify(lenet, 0.5, method="random", seed=1)
    twice = sparsify(once, 0.8, method="random", seed=2)
    for before, after in zip(once.weights, twice.weights, strict=True):
        if before.name == "kernel":
            assert not np.array(after)[np.array(before) == 0].any()
    assert count_weights(twice)[1] == round(0.8 * 430_500)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ratio": 1.0}, "ratio is 1.0"),
        ({"method": "structured"}, "method is 'structured'; allowed: magnitude, random"),
        ({"scope": "lagrangian"}, "scope is 'lagrangian'; allowed: global, uniform"),
    ],
)
def test_what_cannot_be_done_is_an_error(lenet: Any, options: Any, message: str) -> None:
    with pytest.raises(PruningError, match=message):
        sparsify(lenet, **{"ratio": 0.5, **options})
