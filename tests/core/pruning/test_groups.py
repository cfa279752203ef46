from typing import Any

import keras
import pytest
from keras import layers, ops

from core.errors import PruningError
from core.pruning import plan, remove, structure


def model_of(*stack: Any, shape: tuple[int, ...] = (8, 8, 3)) -> Any:
    return keras.Sequential([keras.Input(shape), *stack])


def grouped(model: Any) -> dict[str, tuple[tuple[str, ...], int, str]]:
    return {group.name: (group.layers, group.size, group.held) for group in structure(model).groups}


def conv(filters: int, name: str, size: int = 1) -> Any:
    return layers.Conv2D(filters, size, padding="same", name=name)


def test_channels_that_are_added_go_together() -> None:
    image = keras.Input((8, 8, 3))
    x, y = conv(6, "left")(image), conv(6, "right")(image)
    model = keras.Model(image, layers.Dense(2, name="out")(layers.Flatten()(layers.Add()([x, y]))))
    assert grouped(model)["left"] == (("left", "right"), 6, "")


def test_channels_that_are_concatenated_go_on_their_own() -> None:
    image = keras.Input((8, 8, 3))
    joined = layers.Concatenate()([conv(6, "left")(image), conv(4, "right")(image)])
    found = grouped(keras.Model(image, conv(2, "out")(joined)))
    assert found["left"] == (("left",), 6, "")
    assert found["right"] == (("right",), 4, "")


def test_an_addition_over_a_concatenation_ties_each_part_to_its_own_counterpart() -> None:
    image = keras.Input((8, 8, 3))
    joined = layers.Concatenate()([conv(6, "left")(image), conv(4, "right")(image)])
    total = layers.Add()([joined, conv(10, "whole")(image)])
    found = grouped(keras.Model(image, conv(2, "out")(total)))
    assert found["left"][:2] == (("left", "whole"), 6)
    assert found["right"][:2] == (("right", "whole"), 4)


def test_a_squeeze_and_excite_gate_goes_with_what_it_scales() -> None:
    image = keras.Input((8, 8, 3))
    x = conv(6, "features")(image)
    gate = layers.Dense(2, name="squeeze")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    gate = layers.Dense(6, activation="sigmoid", name="excite")(gate)
    found = grouped(keras.Model(image, conv(2, "out")(layers.Multiply()([x, gate]))))
    assert found["features"] == (("features", "excite"), 6, "")
    assert found["squeeze"] == (("squeeze",), 2, "")


def test_a_depthwise_layer_follows_the_channels_that_it_filters() -> None:
    model = model_of(
        conv(6, "features"),
        layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
        layers.Flatten(),
        layers.Dense(2, name="out"),
    )
    smaller = remove(model, plan(model, 0.5))
    assert smaller.get_layer("depthwise").output.shape[-1] == 6
    assert grouped(model)["features"] == (("features",), 6, "")


def test_layers_of_a_shared_model_are_tied_over_all_its_calls() -> None:
    inner = keras.Sequential([keras.Input((8, 8, 4)), conv(5, "inside")], name="shared")
    image = keras.Input((8, 8, 3))
    x, y = inner(conv(4, "first")(image)), inner(conv(4, "second")(image))
    model = keras.Model(image, conv(2, "out")(layers.Concatenate()([x, y])))
    found = grouped(model)
    assert found["first"] == (("first", "second"), 4, "")
    assert found["shared/inside"] == (("shared/inside",), 5, "")
    smaller = remove(model, plan(model, 0.5))
    assert smaller.get_layer("shared").get_layer("inside").kernel.shape == (1, 1, 2, 2)


def test_units_in_front_of_a_reshape_go_channel_by_channel() -> None:
    model = model_of(
        layers.Dense(4 * 4 * 6, name="units"),
        layers.Reshape((4, 4, 6)),
        conv(3, "features"),
        layers.Flatten(),
        layers.Dense(2, name="out"),
        shape=(7,),
    )
    assert structure(model).groups[0].size == 6
    assert structure(model).groups[0].channels == 16
    assert remove(model, plan(model, 0.5)).layers[1].output.shape == (None, 4, 4, 3)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (lambda: layers.Softmax(), "Softmax"),
        (lambda: layers.LayerNormalization(), "LayerNormalization"),
        (lambda: layers.GroupNormalization(2), "GroupNormalization"),
        (lambda: layers.UnitNormalization(), "UnitNormalization"),
        (lambda: layers.RMSNormalization(), "RMSNormalization"),
        (lambda: layers.Activation("softmax"), "softmax"),
    ],
)
def test_channels_that_a_layer_mixes_cannot_go_and_the_plan_names_them(layer: Any, kind: str) -> None:
    model = model_of(
        conv(6, "before"), layer(), conv(6, "after"), layers.Flatten(), layers.Dense(2, name="out")
    )
    chosen = plan(model, 0.5)
    reasons = {kept.layer: kept.reason for kept in chosen.kept_whole}
    assert f"{kind}, which mixes channels" in reasons["before"]
    assert reasons["out"] == "is an output of the network"
    assert set(chosen.removed) == {"after"}


def test_a_softmax_over_positions_mixes_no_channels() -> None:
    model = model_of(conv(6, "before"), layers.Softmax(axis=1), layers.Flatten(), layers.Dense(2, name="out"))
    assert set(plan(model, 0.5).removed) == {"before"}


def test_what_is_added_to_the_input_stays_whole() -> None:
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, conv(2, "out")(layers.Add()([image, conv(3, "features")(image)])))
    assert grouped(model)["features"][2] == "is an input of the network"


class Custom(layers.Layer):
    def call(self, x: Any) -> Any:
        return x[..., ::-1]

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


class MyConv(layers.Conv2D):
    pass


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ([Custom(name="strange")], "not known"),
        ([MyConv(4, 1, name="strange")], "not known"),
        ([layers.Lambda(lambda x: x[..., ::-1], name="strange")], "not known"),
        ([layers.Reshape((64, 4)), layers.LSTM(4, name="strange")], "not known"),
        ([layers.Dense(4, activation=lambda x: x[..., ::-1], name="strange")], "mixes channels"),
        ([layers.Activation("glu", name="strange")], "mixes channels"),
    ],
)
def test_an_unknown_layer_is_an_error_that_names_layer_and_reason(stack: list[Any], reason: str) -> None:
    model = model_of(conv(4, "features"), *stack, layers.Flatten(), layers.Dense(2))
    with pytest.raises(PruningError, match=f"'strange'.*{reason}.*Nothing was changed.*ignore=.'strange'"):
        plan(model, 0.5)


def test_an_unknown_layer_that_is_ignored_keeps_all_that_touches_it() -> None:
    model = model_of(
        conv(4, "first"),
        conv(4, "before"),
        Custom(name="strange"),
        conv(6, "after"),
        layers.Flatten(),
        layers.Dense(2),
    )
    chosen = plan(model, 0.5, ignore=("strange",))
    assert set(chosen.removed) == {"first", "after"}
    assert remove(model, chosen).get_layer("strange").output.shape[-1] == 4


def test_a_subclassed_model_is_refused() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(PruningError, match="is a Own; allowed: functional and Sequential"):
        plan(Own(), 0.5)


def test_a_sequential_model_without_input_is_refused() -> None:
    with pytest.raises(PruningError, match="no input shape yet"):
        plan(keras.Sequential([layers.Dense(3)]), 0.5)


def test_taking_some_channels_by_slicing_is_refused() -> None:
    image = keras.Input((8, 8, 3))
    x = conv(6, "features")(image)
    with pytest.raises(PruningError, match="takes some channels"):
        plan(keras.Model(image, conv(2, "out")(x[..., :3])), 0.5)


def test_an_unknown_operation_is_refused_by_name() -> None:
    image = keras.Input((8, 8, 3))
    x = ops.flip(conv(6, "features")(image), axis=-1)
    with pytest.raises(PruningError, match=r"\(Flip\) cannot be pruned"):
        plan(keras.Model(image, conv(2, "out")(x)), 0.5)


def test_a_layer_that_carries_lora_weights_is_refused() -> None:
    model = model_of(layers.Dense(8, name="adapted"), layers.Flatten(), layers.Dense(2))
    model.get_layer("adapted").enable_lora(2)
    with pytest.raises(PruningError, match=r"'adapted'.*LoRA"):
        plan(model, 0.5)


def test_a_layer_shared_between_widths_is_refused() -> None:
    image = keras.Input((8, 8, 3))
    shared = layers.Reshape((-1,))
    x = layers.Dense(4)(shared(conv(2, "left")(image)))
    y = layers.Dense(4)(shared(conv(3, "right")(image)))
    with pytest.raises(PruningError, match=r"shared between inputs with . and . channels"):
        plan(keras.Model(image, layers.Add()([x, y])), 0.5)
