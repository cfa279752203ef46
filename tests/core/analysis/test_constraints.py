import pytest

from core.analysis.constraints import differences, fit_of, recommend
from core.records.comparison import Fit, Limit, Lossless, Quantity, Setup, Sign
from tests.made_up import made_up_run

LITERT = Setup()


def accuracy_of(bound: float) -> Limit:
    return Limit(quantity=Quantity.ACCURACY, bound=bound)


@pytest.mark.parametrize(("errors", "fit"), [(50, Fit.MEETS), (95, Fit.IN_DOUBT), (101, Fit.FAILS)])
def test_a_limit_inside_the_interval_is_met_in_doubt(errors, fit):
    assert fit_of(made_up_run(errors=errors), [accuracy_of(0.99)], LITERT) is fit


@pytest.mark.parametrize(("p50_ms", "fit"), [(0.05, Fit.MEETS), (0.0999, Fit.IN_DOUBT), (0.2, Fit.FAILS)])
def test_a_budget_is_held_from_below(p50_ms, fit):
    budget = Limit(quantity=Quantity.P50, bound=0.1)
    assert fit_of(made_up_run(p50_ms=p50_ms), [budget], LITERT) is fit


def test_a_quantity_that_was_not_measured_is_no_pass():
    budget = Limit(quantity=Quantity.ENERGY, bound=1e9)
    assert fit_of(made_up_run(), [budget], LITERT) is Fit.NOT_MEASURED


def test_the_worst_limit_decides():
    limits = [accuracy_of(0.9), Limit(quantity=Quantity.SIZE, bound=10)]
    assert fit_of(made_up_run(), limits, LITERT) is Fit.FAILS


def test_among_runs_as_accurate_within_the_noise_the_fastest_is_best():
    runs = [
        made_up_run("dense", errors=72, p50_ms=0.126),
        made_up_run("half", errors=80, p50_ms=0.04),
        made_up_run("small", errors=160, p50_ms=0.01),
    ]
    advice = recommend(runs, [], LITERT)
    assert (advice.best, advice.runner_up) == ("half", "dense")
    assert set(advice.tied) == {"dense", "half"}


def test_the_fastest_within_an_accuracy_is_named_with_what_the_runner_up_changes():
    runs = [
        made_up_run("dense", errors=72, p50_ms=0.126),
        made_up_run("half", errors=80, p50_ms=0.04),
        made_up_run("small", errors=160, p50_ms=0.01),
    ]
    advice = recommend(runs, [accuracy_of(0.99)], LITERT, Quantity.P50)
    assert (advice.best, advice.runner_up) == ("half", "dense")
    assert advice.fits["small"] is Fit.FAILS
    signs = {d.quantity: d.sign for d in advice.given_up}
    assert signs[Quantity.P50] is Sign.WORSE
    assert signs[Quantity.ACCURACY] is Sign.WITHIN_NOISE


def test_nothing_feasible_names_nobody():
    advice = recommend([made_up_run(errors=300)], [accuracy_of(0.99)], LITERT)
    assert advice.best is None
    assert advice.count(Fit.FAILS) == 1


def test_an_unfinished_run_is_not_judged():
    assert recommend([made_up_run(result=None)], [], LITERT).fits == {}


def test_one_run_has_no_runner_up():
    advice = recommend([made_up_run("only")], [], LITERT)
    assert (advice.best, advice.runner_up, advice.given_up) == ("only", None, ())


def test_equal_counts_are_equal_and_not_noise():
    signs = {d.quantity: d.sign for d in differences(made_up_run(), made_up_run(), LITERT)}
    assert signs[Quantity.PARAMETERS] is Sign.EQUAL
    assert signs[Quantity.P50] is Sign.WITHIN_NOISE


def test_the_fastest_that_loses_nothing_is_looked_for_within_the_limits():
    runs = [
        made_up_run("dense", method="none", ratio=0.0, errors=72, p50_ms=0.126),
        made_up_run("half", ratio=0.5, errors=80, p50_ms=0.04, baseline_id="dense"),
        made_up_run("small", ratio=0.9, errors=160, p50_ms=0.01, baseline_id="dense"),
    ]
    advice = recommend(runs, [], LITERT, Quantity.P50)
    assert (advice.best, advice.lossless) == ("small", Lossless(run_id="half", dense="dense"))
    strict = [Limit(quantity=Quantity.ACCURACY, bound=0.9928)]
    assert recommend(runs, strict, LITERT).lossless == Lossless(run_id="dense", dense="dense")
