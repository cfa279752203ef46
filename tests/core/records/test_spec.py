import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SpecError
from core.records import Architecture, Convolution, Criterion, Method, RunSpec, Scope, from_json, to_json


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ratio": 1.0}, "0 <= ratio < 1"),
        ({"ratio": -0.1}, "0 <= ratio < 1"),
        ({"ratio": float("nan")}, "0 <= ratio < 1"),
        ({"ratio": "half"}, "0 <= ratio < 1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 2.5}, "whole number"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"finetune_epochs": -1}, "finetune_epochs is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"round_to": 0}, "round_to is 0"),
        ({"architecture": "resnet"}, "lenet5, convnet, mlp1000"),
        ({"conv": "pointwise"}, "standard, separable"),
        ({"method": "lottery"}, "none, structured, magnitude, random"),
        ({"criterion": "fisher"}, "l1, l2, taylor, bn, random"),
        ({"schedule": "linear"}, "one-shot, iterative"),
        ({"device": "tpu"}, "cpu, or gpu:N"),
        ({"device": "gpu:x"}, "cpu, or gpu:N"),
        ({"architecture": "mlp1000", "conv": "separable"}, "has no convolution"),
        ({"method": "none", "ratio": 0.5}, "use ratio 0 or choose a method"),
        ({"method": "magnitude", "scope": "lagrangian"}, "use it with method structured"),
        ({"scope": "lagrangian", "criterion": "l1"}, "use criterion taylor"),
        ({"criterion": "bn"}, "no batch normalisation"),
    ],
)
def test_a_wrong_request_says_what_is_allowed(changes, named):
    with pytest.raises(SpecError, match=named):
        RunSpec(**changes)


def test_names_may_come_as_strings_and_become_enums():
    spec = RunSpec(architecture="mlp1000", conv="standard", method="magnitude")
    assert spec.architecture is Architecture.MLP1000
    assert spec.method is Method.MAGNITUDE


def test_lagrangian_scope_scores_by_taylor_unless_told_otherwise():
    assert RunSpec(scope="lagrangian").criterion is Criterion.TAYLOR
    assert RunSpec().criterion is Criterion.L1


def test_a_plain_and_an_augmented_run_have_baselines_of_their_own():
    plain, augmented = RunSpec(augment=False), RunSpec()
    assert (plain.baseline().augment, augmented.baseline().augment) == (False, True)
    assert plain.baseline_key != augmented.baseline_key


def test_a_baseline_is_its_own_baseline():
    dense = RunSpec(ratio=0.9, scope=Scope.GLOBAL, seed=3).baseline()
    assert dense.is_baseline
    assert dense.baseline() == dense


def test_specs_that_differ_only_in_pruning_share_a_baseline():
    one = RunSpec(ratio=0.25)
    other = RunSpec(ratio=0.75, method="magnitude", finetune_epochs=9)
    assert one.baseline_key == other.baseline_key
    assert one.edited(seed=1).baseline_key != one.baseline_key
    assert one.edited(conv="separable").baseline_key != one.baseline_key


@given(
    st.builds(
        RunSpec,
        architecture=st.sampled_from([Architecture.LENET5, Architecture.CONVNET]),
        conv=st.sampled_from(Convolution),
        ratio=st.floats(0, 0.999),
        seed=st.integers(0, 2**31 - 1),
        ignore=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    )
)
def test_a_spec_survives_json(spec):
    assert from_json(RunSpec, to_json(spec)) == spec
