import subprocess
import sys

import numpy as np
import pytest

from core.analysis.preview import AFTER_TRAINING, WHEN_IT_PRUNES, preview
from core.analysis.structures import structure_of
from core.errors import PruningError
from core.learning.data import scaled
from core.learning.models import build
from core.pruning import count_weights, latency_model, plan, scores, sparsify
from core.records import Method, RunSpec

COMBINATIONS = [
    ("lenet5", "standard"),
    ("lenet5", "separable"),
    ("convnet", "separable"),
    ("mlp1000", "standard"),
]


def same(found, chosen):
    assert found.is_known
    for name in (
        "ratio_achieved",
        "layers",
        "parameters_before",
        "parameters_after",
        "macs_before",
        "macs_after",
        "kept_whole",
        "notes",
    ):
        assert getattr(found, name) == getattr(chosen, name), name


@pytest.mark.parametrize(("architecture", "conv"), COMBINATIONS)
def test_a_uniform_preview_is_the_plan(architecture, conv):
    model = build(architecture, conv)
    for ratio, round_to, ignore in ((0.3, 1, ()), (0.85, 8, ()), (0.5, 1, (model.layers[1].name,))):
        spec = RunSpec(architecture=architecture, conv=conv, ratio=ratio, round_to=round_to, ignore=ignore)
        found = preview(structure_of(spec.architecture, spec.conv), spec)
        same(found, plan(model, ratio, round_to=round_to, ignore=ignore))


@pytest.mark.parametrize(
    ("scope", "criterion", "cost"),
    [
        ("global", "l1", "macs"),
        ("global", "random", "macs"),
        ("lagrangian", "taylor", "macs"),
        ("lagrangian", "taylor", "latency"),
    ],
)
def test_with_stored_scores_the_other_scopes_are_the_plan_too(few_digits, scope, criterion, cost):
    model = build("lenet5", seed=3)
    data = scaled(few_digits.x_test[:100]), few_digits.y_test[:100]
    stored = scores(model, criterion, data, seed=5)
    latency = latency_model(model, lambda network: network.count_params() ** 0.5)
    spec = RunSpec(ratio=0.6, scope=scope, criterion=criterion, cost=cost, seed=5)
    chosen = plan(model, 0.6, scope=scope, criterion=criterion, cost=cost, data=data, seed=5, latency=latency)
    same(preview(structure_of(spec.architecture, spec.conv), spec, stored, latency), chosen)


@pytest.mark.parametrize("change", [{"scope": "global"}, {"scope": "lagrangian", "criterion": None}])
def test_without_scores_the_other_scopes_are_known_after_training(change):
    spec = RunSpec(ratio=0.5).edited(**change)
    found = preview(structure_of(spec.architecture, spec.conv), spec)
    assert (found.is_known, found.reason) == (False, AFTER_TRAINING)
    assert found.parameters_before == 431_080
    assert (found.parameters_after, found.macs_after, found.ratio_achieved) == (None, None, None)


def test_what_saves_measured_time_is_known_only_when_the_run_has_timed_pruned_copies(few_digits):
    model = build("lenet5", seed=3)
    stored = scores(model, "taylor", (scaled(few_digits.x_test[:100]), few_digits.y_test[:100]))
    spec = RunSpec(ratio=0.5, scope="lagrangian", criterion="taylor", cost="latency")
    found = preview(structure_of(spec.architecture, spec.conv), spec, stored)
    assert (found.is_known, found.reason) == (False, WHEN_IT_PRUNES)


def test_random_global_needs_no_training():
    spec = RunSpec(ratio=0.5, scope="global", criterion="random", seed=2)
    found = preview(structure_of(spec.architecture, spec.conv), spec)
    same(found, plan(build("lenet5"), 0.5, scope="global", criterion="random", seed=2))


@pytest.mark.parametrize("scope", ["uniform", "global"])
def test_a_layer_that_does_not_exist_is_refused_before_training(scope):
    spec = RunSpec(ratio=0.5, scope=scope, ignore=("conv9",))
    with pytest.raises(PruningError, match="'conv9', which is no layer"):
        preview(structure_of(spec.architecture, spec.conv), spec)


@pytest.mark.parametrize("scope", ["uniform", "global"])
def test_single_weights_become_zero_and_nothing_gets_smaller(scope):
    spec = RunSpec(ratio=0.9, method=Method.MAGNITUDE, scope=scope)
    found = preview(structure_of(spec.architecture, spec.conv), spec)
    kernels, zeros, parameters = count_weights(sparsify(build("lenet5"), 0.9, scope=scope))
    assert found.parameters_after == found.parameters_before == parameters
    assert found.weights_removed == pytest.approx(zeros / kernels, abs=1e-5)
    by_layer = sum(layer.zeros for layer in found.layers)
    assert by_layer == (pytest.approx(zeros, abs=4) if scope == "uniform" else 0)


def test_the_share_of_weights_that_go_is_more_than_the_ratio():
    spec = RunSpec(ratio=0.5)
    found = preview(structure_of(spec.architecture, spec.conv), spec)
    assert found.weights_removed == pytest.approx(1 - (10 * 25 + 10 * 25 * 25 + 400 * 250 + 2500) / 430_500)
    assert np.isclose(found.ratio_achieved, 0.5)


def test_a_preview_loads_no_framework():
    code = (
        "import sys; from core.analysis.preview import preview; "
        "from core.analysis.structures import structure_of; "
        "from core.records import RunSpec; s = RunSpec(); preview(structure_of(s.architecture, s.conv), s);"
        "sys.exit(any(name.split('.')[0] in ('keras', 'tensorflow') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
