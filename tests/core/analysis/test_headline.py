from dataclasses import replace

import pytest

from core.analysis import headline as analysis
from core.records import Caveat, Convolution, Method, RunRecord, Runtime
from tests.made_up import made_up_row, made_up_run

DENSE = made_up_run("dense", method=Method.NONE, ratio=0.0, errors=80)


def pruned(name: str, speed: float, errors: int, *caveats: Caveat, **changes: object) -> RunRecord:
    row = made_up_row(Runtime.LITERT_FP32, 0.126 / speed, caveats=caveats)
    return made_up_run(name, errors=errors, latency=(row,), **changes)


def test_the_fastest_network_that_loses_at_most_three_tenths_is_named() -> None:
    runs = (DENSE, pruned("slow", 2, 80), pruned("good", 5, 109), pruned("wrong", 9, 111))
    found = analysis.headline(runs)
    assert found is not None
    assert (found.record.run_id, found.dense.run_id) == ("good", "dense")
    assert found.row.speedup == pytest.approx(5)
    assert found.loss == pytest.approx(0.0029)


def test_a_doubtful_measurement_is_named_only_where_there_is_no_other() -> None:
    doubtful, sure = pruned("doubtful", 8, 80, Caveat.NOISY), pruned("sure", 2, 80)
    assert analysis.headline((DENSE, doubtful, sure)).record.run_id == "sure"
    assert analysis.headline((DENSE, doubtful)).record.run_id == "doubtful"


def test_without_its_dense_standard_network_nothing_is_said() -> None:
    assert analysis.headline((pruned("alone", 5, 80),)) is None
    assert analysis.headline((DENSE, pruned("other", 5, 80, seed=3))) is None
    assert analysis.headline((DENSE,)) is None
    assert analysis.headline(()) is None


def test_the_loss_of_a_separable_network_is_against_the_dense_standard_one() -> None:
    found = analysis.headline((DENSE, pruned("s", 5, 100, conv=Convolution.SEPARABLE)))
    assert found is not None
    assert found.loss == pytest.approx(0.002)


def test_zeros_are_told_by_the_run_that_has_most_of_them() -> None:
    some, many = (pruned(n, 1.01, 80, method=Method.MAGNITUDE, ratio=r) for n, r in (("a", 0.5), ("b", 0.9)))
    found = analysis.zeros((DENSE, some, many))
    assert found is not None
    assert (found.record.run_id, round(found.value, 2)) == ("b", 1.01)
    assert analysis.zeros((DENSE,)) is None


def test_zeros_get_no_credit_for_what_separable_convolutions_bring() -> None:
    made = pruned("z", 2.5, 80, method=Method.MAGNITUDE, ratio=0.9, conv=Convolution.SEPARABLE)
    assert analysis.zeros((DENSE, made)) is None


def test_separable_alone_is_told_by_its_dense_network() -> None:
    made = pruned("s", 1.4, 80, conv=Convolution.SEPARABLE, method=Method.NONE, ratio=0.0)
    found = analysis.separable((DENSE, made))
    assert found is not None
    assert found.value == pytest.approx(1.4)
    assert analysis.separable((DENSE,)) is None


def test_the_widest_gap_between_two_runtimes_of_one_network_is_told() -> None:
    rows = tuple(
        made_up_row(name, p50) for name, p50 in ((Runtime.KERAS_PREDICT, 60.0), (Runtime.LITERT_FP32, 0.1))
    )
    found = analysis.runtime_gap((DENSE, made_up_run("wide", latency=rows)))
    assert found is not None
    assert (found.record.run_id, found.slow.runtime) == ("wide", Runtime.KERAS_PREDICT)
    assert found.factor == pytest.approx(600)


def gap(name: str, factor: float, *caveats: Caveat) -> RunRecord:
    fast = made_up_row(Runtime.LITERT_FP32, 0.1, caveats=caveats)
    return made_up_run(name, latency=(made_up_row(Runtime.TF_FUNCTION, 0.1 * factor), fast))


def test_a_doubtful_gap_is_told_only_where_there_is_no_other_and_with_its_doubt() -> None:
    doubtful, sure = gap("doubtful", 90, Caveat.NOISY), gap("sure", 9)
    loaded = gap("loaded", 50, Caveat.LOADED)
    assert analysis.runtime_gap((doubtful, loaded, sure)).record.run_id == "sure"
    assert analysis.runtime_gap((doubtful, loaded)).record.run_id == "loaded"
    alone = analysis.runtime_gap((doubtful,))
    assert (alone.record.run_id, alone.warnings) == ("doubtful", (Caveat.NOISY,))


def test_a_doubtful_factor_is_told_only_where_there_is_no_other_and_with_its_doubt() -> None:
    many, some = (
        pruned(f"{ratio}", 1.0, 80, *doubts, method=Method.MAGNITUDE, ratio=ratio)
        for ratio, doubts in ((0.9, (Caveat.THROTTLED,)), (0.5, ()))
    )
    assert analysis.zeros((many, some)).record.run_id == "0.5"
    assert analysis.zeros((many,)).warnings == (Caveat.THROTTLED,)
    dense = {"conv": Convolution.SEPARABLE, "method": Method.NONE, "ratio": 0.0}
    noisy, sure = pruned("noisy", 1.4, 80, Caveat.NOISY, **dense), pruned("sure", 1.3, 80, **dense)
    assert analysis.separable((noisy, sure)).record.run_id == "sure"
    assert analysis.separable((noisy,)).warnings == (Caveat.NOISY,)


def test_a_gap_needs_both_sides() -> None:
    assert analysis.runtime_gap((replace(DENSE, result=None), pruned("x", 2, 80))) is None
