"""Pruning in steps, with fine-tuning in between: how much is gone after each step, and the loop over them."""

from collections.abc import Callable, Iterable
from typing import Any

from core.errors import PruningError
from core.pruning.inspection import structure
from core.pruning.latency_cost import latency_model
from core.pruning.planning import plan
from core.pruning.sparsity import sparsify
from core.pruning.surgery import remove
from core.records.network import PruningPlan
from core.records.spec import Cost, Method, Schedule

DEFAULT_STEPS = 4

Tune = Callable[[Any, int, int], Any]
"""Fine-tune a network after step (from 1) of steps; return it, or None where it was trained in place."""


def steps(ratio: float, num_steps: int) -> tuple[float, ...]:
    """Return the share that is gone after each step: fast at first, slow at the end.

    ratio * (1 - (1 - t)^3) for t = 1/n .. 1 (Zhu & Gupta 2017).
    """
    if num_steps < 1:
        raise PruningError(f"num_steps is {num_steps}; allowed: at least 1.")
    return (*(ratio * (1 - (1 - step / num_steps) ** 3) for step in range(1, num_steps)), ratio)


def ratios(ratio: float, schedule: Schedule, num_steps: int = DEFAULT_STEPS) -> tuple[float, ...]:
    """Return the shares gone after each step of `schedule`; one-shot has one."""
    return steps(ratio, num_steps) if schedule is Schedule.ITERATIVE else (ratio,)


def prune(
    model: Any, shares: Iterable[float], tune: Tune, **options: Any
) -> tuple[Any, tuple[PruningPlan, ...]]:
    """Remove channels step by step, until each of `shares` is gone; return the network and the plans.

    `options` go to `plan`. `tune` is called after every step but the last, whose fine-tuning is the caller's.
    """
    shares, dense = tuple(shares), structure(model, options.get("ignore", ()))
    options = _timed_once(model, options)
    plans = []
    for number, share in enumerate(shares, start=1):
        plans.append(plan(model, share, **{**options, "reference": dense}))
        model = remove(model, plans[-1])
        if number < len(shares):
            model = _tuned(model, tune, number, len(shares))
    return model, tuple(plans)


def _timed_once(model: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Replace latency_of by what it says of the given network, so that not every step asks again."""
    latency_of = options.pop("latency_of", None)
    if latency_of is None or options.get("cost") != Cost.LATENCY or options.get("latency"):
        return options
    return {**options, "latency": latency_model(model, latency_of, ignore=tuple(options.get("ignore", ())))}


def prune_weights(
    model: Any, shares: Iterable[float], tune: Tune, *, method: Method = Method.MAGNITUDE, **options: Any
) -> Any:
    """Zero single weights step by step; `tune` keeps zeros at zero. The last fine-tuning is the caller's."""
    shares = tuple(shares)
    for number, share in enumerate(shares, start=1):
        model = sparsify(model, share, method=method, **options)
        if number < len(shares):
            model = _tuned(model, tune, number, len(shares))
    return model


def _tuned(model: Any, tune: Tune, number: int, count: int) -> Any:
    tuned = tune(model, number, count)
    return model if tuned is None else tuned
