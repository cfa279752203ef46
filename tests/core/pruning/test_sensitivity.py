from typing import Any

import numpy as np
import pytest

from core.errors import PruningError
from core.learning.data import scaled
from core.learning.models import build
from core.pruning import mask, plan, sensitivity
from core.records import SensitivityRecord, from_json, to_json


def test_each_group_alone_costs_what_a_mask_of_it_costs(tiny_network: Any, few_digits: Any) -> None:
    x, y = scaled(few_digits.x_test), few_digits.y_test
    before = tiny_network.get_weights()
    found = sensitivity(tiny_network, x, y, (0.0, 0.5))
    assert all(np.array_equal(a, b) for a, b in zip(before, tiny_network.get_weights(), strict=True))
    groups = [curve.group for curve in found.curves]
    for curve in found.curves:
        others = tuple(group for group in groups if group != curve.group)
        masked = mask(tiny_network, plan(tiny_network, 0.5, ignore=others))
        accuracy = (np.asarray(masked(x)).argmax(axis=1) == y).mean()
        assert curve.accuracy[0] == pytest.approx(found.accuracy)
        assert curve.accuracy[1] == pytest.approx(accuracy)
        assert curve.kept == (curve.size, curve.size - (curve.size + 1) // 2)
    assert found.num_images == len(y)
    assert from_json(SensitivityRecord, to_json(found)) == found


def test_it_ends_early_when_asked(tiny_network: Any, few_digits: Any) -> None:
    found = sensitivity(
        tiny_network, scaled(few_digits.x_test), few_digits.y_test, (0.5,), should_stop=lambda: True
    )
    assert found.curves == ()


@pytest.mark.slow
def test_lenet5_takes_less_than_a_minute(mnist: Any) -> None:
    part = mnist.first(1, 2000)
    found = sensitivity(build("lenet5"), scaled(part.x_test), part.y_test)
    assert [curve.group for curve in found.curves] == ["conv1", "conv2", "dense1"]
    assert found.elapsed_s < 60


@pytest.mark.parametrize("ratios", [(), (1.0,), (-0.1, 0.5)])
def test_ratios_outside_are_refused(tiny_network: Any, few_digits: Any, ratios: Any) -> None:
    with pytest.raises(PruningError, match="allowed: at least one, each 0 <= ratio < 1"):
        sensitivity(tiny_network, few_digits.x_test, few_digits.y_test, ratios)
