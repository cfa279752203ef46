import time
from typing import Any

import keras
import pytest
from keras import applications, layers

from core.pruning import mask, plan, remove, structure
from tests.core.pruning.networks import answers, distance, inputs_for, realistic

ROUNDING = 1e-6
"""In float64: a hundred layers without fine-tuning let rounding grow, a wrong channel by far more."""


def famous(name: str, size: int = 32) -> Any:
    options = {"weights": None, "input_shape": (size, size, 3), "classes": 7, "classifier_activation": None}
    return getattr(applications, name)(**options)


def check(model: Any, ratio: float) -> Any:
    inputs = inputs_for(model, 6)
    realistic(model, inputs)
    chosen = plan(model, ratio)
    smaller = remove(model, chosen)
    assert distance(answers(mask(model, chosen), inputs), answers(smaller, inputs)) < ROUNDING
    assert smaller.count_params() == chosen.parameters_after < chosen.parameters_before
    return chosen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("MobileNetV2", 0.3),
        ("ResNet50", 0.5),
        ("VGG16", 0.8),
        pytest.param("MobileNetV2", 0.5, marks=pytest.mark.soak),
        pytest.param("MobileNetV2", 0.8, marks=pytest.mark.soak),
        pytest.param("ResNet50", 0.3, marks=pytest.mark.soak),
        pytest.param("ResNet50", 0.8, marks=pytest.mark.soak),
        pytest.param("VGG16", 0.3, marks=pytest.mark.soak),
        pytest.param("VGG16", 0.5, marks=pytest.mark.soak),
    ],
)
def test_famous_networks_obey_the_law(exact: None, name: str, ratio: float) -> None:
    model = famous(name)
    chosen = check(model, ratio)
    assert chosen.ratio_achieved == pytest.approx(ratio, abs=0.01)
    assert {kept.layer for kept in chosen.kept_whole} == {model.layers[-1].name}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("DenseNet121", 32),
        ("EfficientNetB0", 32),
        ("EfficientNetV2B0", 32),
        ("InceptionResNetV2", 75),
        ("InceptionV3", 75),
        ("MobileNet", 32),
        ("MobileNetV3Small", 32),
        ("ResNet50V2", 32),
        ("Xception", 71),
    ],
)
def test_networks_of_other_families_obey_the_law(exact: None, name: str, size: int) -> None:
    for ratio in (0.3, 0.8):
        check(famous(name, size), ratio)


@pytest.mark.soak
def test_nasnet_obeys_the_law(exact: None) -> None:
    check(applications.NASNetMobile(weights=None, input_shape=(32, 32, 3), classes=7), 0.5)


@pytest.mark.soak
def test_convnext_names_what_layer_normalisation_keeps_whole(exact: None) -> None:
    chosen = check(famous("ConvNeXtTiny"), 0.5)
    reasons = [kept.reason for kept in chosen.kept_whole]
    assert any("LayerNormalization, which mixes channels" in reason for reason in reasons)


@pytest.mark.slow
def test_resnet50_is_planned_and_cut_within_twenty_seconds() -> None:
    model = applications.ResNet50(weights=None)
    began = time.monotonic()
    smaller = remove(model, plan(model, 0.5))
    assert time.monotonic() - began < 20
    assert smaller.count_params() < 7_000_000


def residual(x: Any, filters: int) -> Any:
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.BatchNormalization()(layers.Conv2D(x.shape[-1], 3, padding="same", use_bias=False)(y))
    return layers.ReLU()(layers.Add()([x, y]))


def unet() -> Any:
    image = keras.Input((16, 16, 2))
    down1 = residual(layers.Conv2D(6, 3, padding="same", activation="relu")(image), 5)
    down2 = layers.Conv2D(9, 3, padding="same", activation="softplus")(layers.MaxPooling2D()(down1))
    up = layers.Conv2DTranspose(7, 2, strides=2)(residual(down2, 8))
    x = layers.Concatenate()([up, down1])
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    return keras.Model(image, layers.Conv2D(3, 1)(x))


def resnext(groups: int, width: int) -> Any:
    image = keras.Input((12, 12, 3))
    x = layers.Conv2D(8, 3, activation="relu")(image)
    y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(groups * width, 1)(x)))
    y = layers.Conv2D(groups * width, 3, padding="same", groups=groups)(y)
    y = layers.Conv2D(8, 1)(layers.ReLU()(layers.BatchNormalization()(y)))
    x = layers.Add()([x, y])
    return keras.Model(image, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))


def two_towers() -> Any:
    picture, table = keras.Input((10, 10, 1), name="picture"), keras.Input((7,), name="table")
    x = layers.Flatten()(layers.Conv2D(5, 3, activation="relu")(picture))
    y = layers.Dense(12, activation="hard_sigmoid")(table)
    joined = layers.Concatenate()([layers.Dense(8, activation="tanh")(x), y])
    body = layers.Dense(16, activation="relu")(joined)
    return keras.Model(
        {"picture": picture, "table": table}, {"a": layers.Dense(3)(body), "b": layers.Dense(1)(y)}
    )


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.8])
@pytest.mark.parametrize(
    "make", [unet, lambda: resnext(2, 6), lambda: resnext(8, 2)], ids=["unet", "wide groups", "narrow groups"]
)
def test_home_made_networks_obey_the_law(exact: None, make: Any, ratio: float) -> None:
    check(make(), ratio)


def test_a_network_with_named_inputs_and_outputs_keeps_their_names(exact: None) -> None:
    model = two_towers()
    inputs = dict(zip(("picture", "table"), inputs_for(model), strict=True))
    realistic(model, inputs)
    chosen = plan(model, 0.5)
    smaller = remove(model, chosen)
    assert set(smaller(inputs)) == {"a", "b"}
    assert distance(answers(mask(model, chosen), inputs), answers(smaller, inputs)) < ROUNDING


def test_narrow_groups_of_a_convolution_go_whole_and_wide_ones_shrink_alike() -> None:
    narrow, wide = structure(resnext(8, 2)), structure(resnext(2, 6))
    assert [(group.size, group.channels) for group in narrow.groups[1:2]] == [(8, 2)]
    assert [(group.size, group.channels) for group in wide.groups[1:3]] == [(6, 2), (6, 2)]
