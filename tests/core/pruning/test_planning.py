from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from core.errors import PruningError
from core.learning.models import build
from core.pruning import latency_model, macs, plan, remove, scores, structure
from core.records import PruningPlan, from_json, to_json
from tests.core.pruning.networks import inputs_for


@pytest.fixture(scope="module")
def lenet() -> Any:
    return build("lenet5")


@pytest.fixture(scope="module")
def digits(lenet: Any) -> tuple[Any, Any]:
    return inputs_for(lenet, 40), np.arange(40) % 10


def widths(chosen: PruningPlan) -> dict[str, int]:
    return {row.layer: row.after for row in chosen.layers}


def test_a_uniform_ratio_takes_its_share_of_every_layer(lenet: Any) -> None:
    chosen = plan(lenet, 0.5)
    assert widths(chosen) == {"conv1": 10, "conv2": 25, "dense1": 250, "logits": 10}
    assert chosen.ratio_achieved == 0.5
    assert (chosen.parameters_before, chosen.macs_before) == (431_080, 2_293_000)
    assert chosen.parameters_after == remove(lenet, chosen).count_params()
    assert chosen.macs_after == macs(remove(lenet, chosen))
    assert chosen.notes == ()


def test_ratio_zero_removes_nothing(lenet: Any) -> None:
    assert plan(lenet, 0.0).removed == {}


def test_every_layer_keeps_a_channel_and_the_plan_says_so() -> None:
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, name="thin"), layers.Dense(2)])
    chosen = plan(model, 0.99)
    assert widths(chosen)["thin"] == 1
    assert chosen.notes == ("thin keeps its last channel.",)


def test_round_to_leaves_multiples_and_the_plan_says_so(lenet: Any) -> None:
    chosen = plan(lenet, 0.5, round_to=8)
    assert widths(chosen) == {"conv1": 8, "conv2": 24, "dense1": 248, "logits": 10}
    assert "conv1 keeps 8 channels, a multiple of 8." in chosen.notes
    assert chosen.ratio_achieved != 0.5


def test_global_scope_takes_its_share_of_all_channels_together_and_leaves_a_tenth_of_each(lenet: Any) -> None:
    chosen = plan(lenet, 0.5, scope="global")
    kept = widths(chosen)
    assert kept["conv1"] + kept["conv2"] + kept["dense1"] == 285
    deep = plan(lenet, 0.95, scope="global")
    assert widths(deep) == {"conv1": 2, "conv2": 5, "dense1": 50, "logits": 10}
    assert "a tenth" in deep.notes[0]


def test_lagrangian_saves_the_share_of_macs_within_a_channel(lenet: Any, digits: Any) -> None:
    for ratio in (0.3, 0.7):
        chosen = plan(lenet, ratio, scope="lagrangian", criterion="taylor", data=digits)
        saved = 1 - chosen.macs_after / chosen.macs_before
        assert chosen.ratio_achieved == pytest.approx(saved)
        assert ratio <= saved < ratio + 0.06


def test_lagrangian_first_takes_what_costs_least_loss_for_its_macs() -> None:
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(7, 3, activation="tanh", name="wide")(image)
    x = layers.Conv2D(5, 3, strides=2, activation="tanh", name="narrow")(x)
    model = keras.Model(image, layers.Dense(3, name="out")(layers.Flatten()(x)))
    data = inputs_for(model, 40), np.arange(40) % 3
    found = scores(model, "taylor", data)
    saved = {"wide": 36 * 9 + 4 * 9 * 5, "narrow": 4 * 9 * 7 + 4 * 3}
    ranks = {
        (layer, unit): loss / saved[layer] for layer in saved for unit, loss in enumerate(found.groups[layer])
    }
    layer, unit = min(ranks, key=ranks.__getitem__)
    chosen = plan(model, 0.01, scope="lagrangian", criterion="taylor", scores=found)
    assert chosen.removed == {layer: (unit,)}
    assert chosen.macs_before - chosen.macs_after == saved[layer]


def test_lagrangian_can_weigh_measured_latency(lenet: Any, digits: Any) -> None:
    asked: list[int] = []

    def latency_of(model: Any) -> float:
        asked.append(model.count_params())
        rows = {row.layer: row.macs_before for row in plan(model, 0).layers}
        return 0.01 + 5e-7 * rows["conv1"] + 1e-7 * rows["conv2"]

    chosen = plan(
        lenet, 0.5, scope="lagrangian", criterion="taylor", cost="latency", data=digits, latency_of=latency_of
    )
    smaller = remove(lenet, chosen)
    saved = 1 - latency_of(smaller) / latency_of(lenet)
    assert chosen.ratio_achieved == pytest.approx(saved, abs=0.01)
    assert 0.5 <= saved < 0.56
    assert asked[0] == lenet.count_params()


def test_the_latency_of_a_mac_is_found_by_timing_pruned_copies(lenet: Any) -> None:
    def latency_of(model: Any) -> float:
        rows = {row.layer: row.macs_before for row in plan(model, 0).layers}
        return 0.02 + 4e-7 * rows["conv1"] + 1e-7 * rows["conv2"] + 3e-7 * rows["dense1"]

    found = latency_model(lenet, latency_of)
    assert found.overhead_ms == pytest.approx(0.02, rel=1e-3)
    assert found.ms_per_mac["conv1"] == pytest.approx(4e-7, rel=1e-3)
    assert found.ms_per_mac["dense1"] == pytest.approx(3e-7, rel=1e-3)
    assert found.error < 1e-6
    assert found.dense_ms == latency_of(lenet)


def test_a_time_that_is_not_positive_is_refused(lenet: Any) -> None:
    with pytest.raises(PruningError, match="latency_of returned nan"):
        latency_model(lenet, lambda _: float("nan"))


def test_ignored_layers_stay_whole(lenet: Any) -> None:
    chosen = plan(lenet, 0.5, ignore=("conv2",))
    assert widths(chosen)["conv2"] == 50
    assert ("conv2", "conv2 is to be ignored") in [(kept.layer, kept.reason) for kept in chosen.kept_whole]


def test_ignoring_a_layer_without_weights_keeps_what_enters_it(lenet: Any) -> None:
    assert widths(plan(lenet, 0.5, ignore=("pool1",)))["conv1"] == 20


def test_a_plan_survives_json(lenet: Any) -> None:
    chosen = plan(lenet, 0.5)
    assert from_json(PruningPlan, to_json(chosen)) == chosen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ratio": 1.0}, "ratio is 1.0; allowed: 0 <= ratio < 1"),
        ({"ratio": -0.1}, "ratio is -0.1"),
        ({"ratio": "half"}, "ratio is 'half'"),
        ({"ratio": float("nan")}, "ratio is nan"),
        ({"criterion": "l3"}, "criterion is 'l3'; allowed: l1, l2, taylor, bn, random"),
        ({"scope": "local"}, "scope is 'local'; allowed: uniform, global, lagrangian"),
        ({"cost": "money"}, "cost is 'money'; allowed: macs, latency"),
        ({"round_to": 0}, "round_to is 0"),
        ({"ignore": ("conv9",)}, "ignore names 'conv9'.*allowed: conv1, pool1, conv2"),
        ({"criterion": "taylor"}, "criterion 'taylor' needs data, got NoneType"),
        ({"criterion": "bn"}, "criterion 'bn' needs a batch norm.*conv1, conv2, dense1 have none"),
        ({"scope": "lagrangian"}, "criterion is 'l1' with scope lagrangian"),
    ],
)
def test_what_cannot_be_planned_is_an_error_with_what_is_allowed(
    lenet: Any, options: Any, message: str
) -> None:
    with pytest.raises(PruningError, match=message):
        plan(lenet, **{"ratio": 0.5, **options})


def test_latency_as_a_cost_needs_measurements(lenet: Any, digits: Any) -> None:
    with pytest.raises(PruningError, match="give latency_of"):
        plan(lenet, 0.5, scope="lagrangian", criterion="taylor", cost="latency", data=digits)


def test_a_plan_for_another_network_is_refused(lenet: Any) -> None:
    other = build("convnet")
    with pytest.raises(PruningError, match="The plan does not fit the network 'convnet_standard'"):
        remove(other, plan(lenet, 0.5))


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ({"logits": (1,)}, "cannot go"),
        ({"conv1": tuple(range(20))}, "no channel of 'conv1' would be left"),
        ({"conv1": (25,)}, "'conv1' with channel 25 is not there"),
    ],
)
def test_a_plan_written_by_hand_is_checked(lenet: Any, removed: Any, message: str) -> None:
    with pytest.raises(PruningError, match=message):
        remove(lenet, replace(plan(lenet, 0.0), removed=removed))


def test_a_plan_that_tears_a_group_apart_is_refused() -> None:
    image = keras.Input((8, 8, 3))
    x, y = layers.Conv2D(6, 1, name="left")(image), layers.Conv2D(6, 1, name="right")(image)
    model = keras.Model(image, layers.Conv2D(2, 1)(layers.Add()([x, y])))
    with pytest.raises(PruningError, match="must go together"):
        remove(model, replace(plan(model, 0.0), removed={"left": (1,)}))


def test_weights_that_stay_are_carried_over_exactly(lenet: Any) -> None:
    chosen = plan(lenet, 0.5)
    smaller = remove(lenet, chosen)
    first = np.setdiff1d(np.arange(20), chosen.removed["conv1"])
    second = np.setdiff1d(np.arange(50), chosen.removed["conv2"])
    expected = np.array(lenet.get_layer("conv2").kernel)[:, :, first][..., second]
    assert np.array_equal(np.array(smaller.get_layer("conv2").kernel), expected)


def test_uniform_pruning_in_steps_counts_from_the_dense_network() -> None:
    model = build("lenet5")
    dense = structure(model)
    for share in (0.2, 0.45, 0.5):
        model = remove(model, plan(model, share, reference=dense))
    assert [group.size for group in structure(model).groups[:-1]] == [10, 25, 250]
