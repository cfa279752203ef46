import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.pruning import mask, plan, remove, structure
from tests.core.pruning.networks import answers, distance, inputs_for, realistic
from tests.core.pruning.random_networks import random_network

ROUNDING = 1e-4
SEEN = 1e-2

COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


def saved_and_loaded(model: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.saving.load_model(path)


def check_law(model: Any, ratio: float, scope: str, criterion: str) -> None:
    inputs = inputs_for(model)
    realistic(model, inputs)
    before = [np.array(weight) for weight in model.weights]
    chosen = plan(model, ratio, scope=scope, criterion=criterion)
    masked, smaller = mask(model, chosen), remove(model, chosen)
    assert distance(answers(masked, inputs), answers(smaller, inputs)) < ROUNDING
    assert smaller.count_params() == chosen.parameters_after
    assert masked.count_params() == chosen.parameters_before == model.count_params()
    assert all(np.array_equal(a, np.array(b)) for a, b in zip(before, model.weights, strict=True))
    if scope == "uniform":
        check_ratio(chosen, structure(model))
    loaded = saved_and_loaded(smaller)
    assert distance(answers(loaded, inputs), answers(smaller, inputs)) < ROUNDING
    again = saved_and_loaded(model)
    assert distance(answers(remove(again, chosen), inputs), answers(smaller, inputs)) < ROUNDING


def check_ratio(chosen: Any, whole: Any) -> None:
    for group in whole.groups:
        layer = group.layers[0]
        if group.held or any(layer in other.layers for other in whole.groups if other is not group):
            continue
        gone = len(chosen.removed.get(layer, ())) / group.channels
        assert abs(gone - chosen.ratio * group.size) < 1
        assert group.size - gone >= 1


RATIOS, SCOPES = st.sampled_from((0.3, 0.5, 0.8)), st.sampled_from(("uniform", "global"))


@settings(max_examples=30, derandomize=True, **COMMON)
@given(st.data(), RATIOS, SCOPES)
def test_a_masked_network_answers_as_the_smaller_one(data: Any, ratio: float, scope: str) -> None:
    check_law(random_network(data.draw), ratio, scope, "l1")


@pytest.mark.soak
@settings(max_examples=1500, **COMMON)
@given(st.data(), st.floats(0, 0.99), SCOPES, st.sampled_from(("l1", "l2", "random")))
def test_many_masked_networks_answer_as_the_smaller_ones(
    data: Any, ratio: float, scope: str, criterion: str
) -> None:
    check_law(random_network(data.draw, max_steps=9), ratio, scope, criterion)
