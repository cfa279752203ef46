from typing import Any

import pytest

from core.errors import PruningError
from core.learning.models import build
from core.pruning import count_weights, structure
from core.pruning.schedule import prune, prune_weights, ratios, steps
from core.records import Method, Schedule


def test_the_cubic_schedule_is_fast_at_first_and_ends_at_the_ratio() -> None:
    assert steps(0.8, 4) == pytest.approx((0.4625, 0.7, 0.7875, 0.8))
    assert ratios(0.8, Schedule.ONE_SHOT) == (0.8,)
    assert ratios(0.8, Schedule.ITERATIVE)[-1] == 0.8


def test_no_steps_are_refused() -> None:
    with pytest.raises(PruningError, match="num_steps is 0"):
        steps(0.5, 0)


@pytest.mark.parametrize("scope", ["uniform", "global"])
def test_pruning_in_steps_removes_the_share_of_the_dense_network(scope: str) -> None:
    tuned: list[int] = []
    dense = build("lenet5")
    model, plans = prune(dense, steps(0.8, 3), lambda model, number, _: tuned.append(number), scope=scope)
    assert tuned == [1, 2]
    assert sum(group.size for group in structure(model).groups[:-1]) == 114
    assert plans[-1].ratio_achieved == pytest.approx(0.8)
    assert plans[-1].parameters_after == model.count_params()


def test_a_tuned_copy_that_is_returned_is_pruned_further() -> None:
    other = build("lenet5", seed=7)

    def replaced(model: Any, number: int, count: int) -> Any:
        copy = type(model).from_config(model.get_config())
        copy.set_weights([weight * 0 + 1 for weight in model.get_weights()])
        return copy

    model, _ = prune(other, (0.5, 0.75), replaced)
    assert all((weight == 1).all() for weight in model.get_weights())


def test_single_weights_go_in_steps_too() -> None:
    seen: list[int] = []
    model = prune_weights(
        build("lenet5"),
        steps(0.98, 3),
        lambda model, *_: seen.append(count_weights(model)[1]),
        method=Method.MAGNITUDE,
    )
    assert seen == [round(share * 430_500) for share in steps(0.98, 3)[:-1]]
    assert count_weights(model)[1] == round(0.98 * 430_500)
