from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.allocation import Request, allocate, ignoring, random_scores, removed_of
from core.analysis.structures import known_structures, sizes, totals
from core.errors import PruningError
from core.records import ChannelGroup, Form, LatencyModel, LayerCost, NetworkStructure, Scope, Width
from core.records.spec import Cost

LENET = known_structures()["lenet5-standard"]


def scored(structure, seed=0):
    draw = np.random.default_rng(seed)
    return {group.name: draw.uniform(0.1, 1, group.size) for group in structure.groups}


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True))
def test_a_ratio_removes_the_nearest_number(whole, ratio):
    assert abs(removed_of(whole, ratio) - ratio * whole) <= 0.5 + 1e-9


@given(
    ratio=st.floats(0, 1, exclude_max=True),
    scope=st.sampled_from((Scope.UNIFORM, Scope.GLOBAL, Scope.LAGRANGIAN)),
    round_to=st.sampled_from((1, 4, 8)),
    name=st.sampled_from(sorted(known_structures())),
)
def test_every_group_keeps_a_unit_and_held_ones_stay_whole(ratio, scope, round_to, name):
    structure = known_structures()[name]
    found = allocate(structure, Request(ratio, scope, round_to=round_to), scored(structure))
    for group, count in zip(structure.groups, found.counts, strict=True):
        assert 1 <= count <= group.size
        assert count == len(found.kept[group.name])
        if group.held:
            assert count == group.size
        if count < group.size:
            assert count % round_to == 0
    assert found.ratio_achieved <= 1


@given(ratio=st.floats(0, 0.9), seed=st.integers(0, 5))
def test_what_stays_scores_at_least_what_goes(ratio, seed):
    scores = scored(LENET, seed)
    found = allocate(LENET, Request(ratio, Scope.GLOBAL), scores)
    for group in LENET.groups:
        kept = scores[group.name][list(found.kept[group.name])]
        gone = np.delete(scores[group.name], found.kept[group.name])
        assert gone.max(initial=0) <= kept.min()


def test_global_compares_scores_after_dividing_by_the_group_mean():
    scores = {
        name: values * factor
        for (name, values), factor in zip(scored(LENET).items(), (1, 50, 2000, 1), strict=True)
    }
    assert allocate(LENET, Request(0.5, Scope.GLOBAL), scores).counts == (
        allocate(LENET, Request(0.5, Scope.GLOBAL), scored(LENET)).counts
    )


@given(ratio=st.floats(0, 0.8))
def test_lagrangian_reaches_the_share_of_cost_with_its_last_step(ratio):
    found = allocate(LENET, Request(ratio, Scope.LAGRANGIAN), scored(LENET))
    whole = totals(LENET).macs
    assert 1 - totals(LENET, found.counts).macs / whole == pytest.approx(found.ratio_achieved)
    largest_step = 14_400 + 1_600 * 50
    assert ratio - 1e-9 <= found.ratio_achieved < ratio + largest_step / whole


def test_lagrangian_says_when_no_more_cost_can_be_saved():
    found = allocate(LENET, Request(0.9999, Scope.LAGRANGIAN), scored(LENET))
    assert found.counts == (1, 1, 1, 10)
    assert "no more cost can be saved" in found.notes[0]


def test_latency_prices_each_layer_by_its_own_macs():
    latency = LatencyModel(overhead_ms=0.1, ms_per_mac={"dense1": 1e-6}, dense_ms=0.5)
    request = Request(0.5, Scope.LAGRANGIAN, Cost.LATENCY, latency=latency)
    found = allocate(LENET, request, scored(LENET))
    left = 0.1 + 1e-6 * found.counts[1] * 16 * found.counts[2]
    assert found.counts[0] == 20
    assert found.ratio_achieved == pytest.approx(1 - left / 0.5)
    assert found.ratio_achieved >= 0.5


def test_latency_without_measurements_is_refused():
    with pytest.raises(PruningError, match="measure first"):
        allocate(LENET, Request(0.5, Scope.LAGRANGIAN, Cost.LATENCY), scored(LENET))


def test_global_without_scores_is_refused():
    with pytest.raises(PruningError, match="without scores"):
        allocate(LENET, Request(0.5, Scope.GLOBAL), None)


def test_a_reference_with_other_groups_is_refused():
    other = known_structures()["mlp1000-standard"]
    with pytest.raises(PruningError, match="other groups"):
        allocate(LENET, Request(0.5, reference=other), None)


def test_counts_start_from_the_reference():
    half = replace(LENET, groups=tuple(replace(g, size=max(10, g.size // 2)) for g in LENET.groups))
    assert allocate(half, Request(0.75, reference=LENET), None).counts == (5, 12, 125, 10)
    assert allocate(half, Request(0.25, reference=LENET), None).counts == sizes(half)


def nested():
    group = ChannelGroup(name="inner/conv", layers=("inner/conv",), size=4)
    cost = LayerCost(
        layer="inner/conv", kind="Conv2D", inputs=Width(3), outputs=Width(0, ((0, 1),)), macs=Form(1)
    )
    return NetworkStructure("nested", (group,), (cost,))


@pytest.mark.parametrize("name", ["conv", "inner/conv"])
def test_a_nested_layer_may_be_named_with_or_without_its_path(name):
    assert ignoring(nested(), (name,)).groups[0].held == f"{name} is to be ignored"


def test_an_unknown_layer_is_refused_with_the_names_that_exist():
    with pytest.raises(PruningError, match="'conv7', which is no layer here; allowed: conv1, pool1"):
        ignoring(LENET, ("conv7",))


def test_random_scores_need_no_network():
    assert random_scores(LENET, 3) == random_scores(LENET, 3)
    assert random_scores(LENET, 3) != random_scores(LENET, 4)
