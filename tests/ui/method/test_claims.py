import ast
import inspect
from importlib import import_module

import numpy as np
import pytest

from ui.method import pruning, sources

SECTIONS = ("convolution", "pruning", "measuring", "beyond")


def called(section: str, name: str) -> list[ast.Call]:
    tree = ast.parse(inspect.getsource(import_module(f"ui.method.{section}")))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_claim_names_a_paper_and_a_place_where_it_is_measured(section):
    found = called(section, "evidence")
    assert found
    for call in found:
        names = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        assert names
        assert set(names) <= set(sources.PAPERS)
        assert [keyword.arg for keyword in call.keywords] == ["measured"]


def test_every_paper_of_the_list_is_named_by_a_claim():
    named = {
        argument.value
        for section in SECTIONS
        for call in called(section, "evidence")
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    assert named == set(sources.PAPERS)


def test_keras_refuses_sliced_weights_in_the_words_of_the_page():
    import keras

    layer = keras.layers.Dense(1000, name="dense")
    layer.build((None, 784))
    weights, bias = layer.get_weights()
    keep = np.arange(500)
    with pytest.raises(ValueError, match="not compatible") as refused:
        layer.set_weights([weights[:, keep], bias[keep]])
    assert pruning.REFUSED in str(refused.value)
