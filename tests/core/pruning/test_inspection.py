import keras
import pytest
from keras import layers

from core.analysis.structures import known_structures, totals
from core.errors import PruningError
from core.learning.models import build
from core.pruning import changes, count_weights, macs, plan, remove, sparsify, structure
from core.pruning.structures_file import fresh_structures


def test_macs_of_lenet5_are_those_of_the_papers() -> None:
    assert macs(build("lenet5")) == 24 * 24 * 25 * 20 + 8 * 8 * 25 * 20 * 50 + 800 * 500 + 500 * 10


def test_macs_are_counted_on_the_positions_where_a_layer_works() -> None:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="strided")(image)
    x = layers.Conv2DTranspose(5, 2, strides=2, name="transposed")(x)
    x = layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, name="separable")(x)
    x = layers.Conv2D(6, 3, padding="same", groups=3, name="grouped")(x)
    model = keras.Model(image, layers.Dense(7, name="pointwise")(x))
    rows = {row.layer: row.macs_before for row in plan(model, 0).layers}
    assert rows == {
        "strided": 16 * 9 * 3 * 4,
        "transposed": 16 * 4 * 4 * 5,
        "separable": 64 * 9 * 5 * 2 + 64 * 10 * 6,
        "grouped": 64 * 9 * 2 * 6,
        "pointwise": 64 * 6 * 7,
    }


@pytest.mark.parametrize("method", ["standard", "separable"])
def test_the_table_of_changes_adds_up(method: str) -> None:
    before = build("convnet", method)
    chosen = plan(before, 0.5)
    after = remove(before, chosen)
    rows = changes(before, after, chosen)
    assert rows == chosen.layers
    assert sum(row.parameters_after for row in rows) == after.count_params()
    assert sum(row.macs_after for row in rows) == macs(after)


def test_the_table_counts_zeros() -> None:
    before = build("lenet5")
    after = sparsify(before, 0.9, scope="uniform")
    rows = {row.layer: row for row in changes(before, after)}
    assert rows["dense1"].zeros == 360_000
    assert rows["dense1"].before == rows["dense1"].after == 500
    assert sum(row.zeros for row in rows.values()) == count_weights(after)[1]


def test_networks_with_different_layers_are_not_compared() -> None:
    with pytest.raises(PruningError, match="do not have the same layers"):
        changes(build("lenet5"), build("convnet"))


def test_the_committed_structures_are_those_of_the_networks_that_we_build() -> None:
    assert fresh_structures() == known_structures()


def test_costs_at_any_width_are_those_of_the_network_that_is_cut_to_it() -> None:
    model = build("convnet", "separable")
    for ratio in (0.25, 0.6, 0.9):
        smaller = remove(model, plan(model, ratio))
        counts = [group.size for group in structure(smaller).groups]
        assert totals(structure(model), counts) == totals(structure(smaller))
        assert totals(structure(smaller)).parameters == smaller.count_params()
        assert totals(structure(smaller)).kernels == count_weights(smaller)[0]
