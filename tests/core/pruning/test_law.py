import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.learning.models import build
from core.pruning import mask, plan, remove, structure
from core.records import PruningPlan
from tests.core.pruning.networks import answers, distance, inputs_for, realistic
from tests.core.pruning.random_networks import random_network

ROUNDING = 1e-8
"""In float64, relative to how far a network's answers to different inputs lie apart."""
SINGLE_ROUNDING = 2e-3
"""In float32, our own networks."""

COMMON = {
    "deadline": None,
    "database": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
RATIOS, SCOPES = st.sampled_from((0.3, 0.5, 0.8)), st.sampled_from(("uniform", "global"))

pytestmark = pytest.mark.filterwarnings("ignore:.*structure of `inputs`:UserWarning")


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
    assert distance(answers(saved_and_loaded(smaller), inputs), answers(smaller, inputs)) < ROUNDING
    again = remove(saved_and_loaded(model), chosen)
    assert distance(answers(again, inputs), answers(smaller, inputs)) < ROUNDING


def check_ratio(chosen: PruningPlan, whole: Any) -> None:
    for group in whole.groups:
        layer = group.layers[0]
        if group.held or any(layer in other.layers for other in whole.groups if other is not group):
            continue
        gone = len(chosen.removed.get(layer, ())) / group.channels
        assert group.size - gone >= 1
        assert abs(gone - chosen.ratio * group.size) < 1 or group.size - gone == 1


@settings(max_examples=25, **COMMON)
@given(data=st.data(), ratio=RATIOS, scope=SCOPES)
def test_a_masked_network_answers_as_the_smaller_one(
    exact: None, data: Any, ratio: float, scope: str
) -> None:
    check_law(random_network(data.draw), ratio, scope, "l1")


@pytest.mark.soak
@settings(max_examples=1500, derandomize=False, **COMMON)
@given(
    data=st.data(),
    ratio=st.floats(0, 0.99),
    scope=SCOPES,
    criterion=st.sampled_from(("l1", "l2", "random")),
)
def test_many_masked_networks_answer_as_the_smaller_ones(
    exact: None, data: Any, ratio: float, scope: str, criterion: str
) -> None:
    check_law(random_network(data.draw, max_steps=9), ratio, scope, criterion)
    keras.backend.clear_session()


def wrong_plans(model: Any, chosen: PruningPlan) -> list[PruningPlan]:
    """Return plans that take one other channel, for each layer whose channels go alone."""
    found = []
    for group in structure(model).groups:
        removed = chosen.removed.get(group.layers[0], ())
        if len(group.layers) > 1 or group.channels > 1 or not 0 < len(removed) < group.size:
            continue
        kept = min(set(range(group.size)) - set(removed))
        wrong = tuple(sorted({*removed[1:], kept}))
        found.append(replace(chosen, removed={**chosen.removed, group.layers[0]: wrong}))
    return found


@pytest.mark.parametrize("conv", ["standard", "separable"])
@pytest.mark.parametrize("architecture", ["lenet5", "convnet"])
def test_the_law_sees_a_wrong_channel_in_every_layer_of_our_networks(architecture: str, conv: str) -> None:
    model = build(architecture, conv)
    inputs = inputs_for(model, 32)
    realistic(model, inputs)
    logits = keras.Model(model.input, model.get_layer("logits").output)
    for ratio in (0.3, 0.5, 0.8):
        chosen = plan(logits, ratio)
        masked = answers(mask(logits, chosen), inputs)
        assert distance(masked, answers(remove(logits, chosen), inputs)) < SINGLE_ROUNDING
        wrongs = wrong_plans(logits, chosen)
        assert len(wrongs) == sum(not group.held for group in structure(logits).groups)
        for wrong in wrongs:
            assert distance(masked, answers(remove(logits, wrong), inputs)) > 10 * SINGLE_ROUNDING
