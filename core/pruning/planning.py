"""From a ratio to a plan: which channels go, what is achieved, and what stood in the way."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from core.analysis.allocation import Allocation, Request, allocate, as_arrays
from core.analysis.structures import layer_changes, totals
from core.errors import PruningError
from core.pruning.criteria import score
from core.pruning.groups import Network, read
from core.pruning.latency_cost import LatencyOf, latency_model
from core.records.network import ChannelScores, LatencyModel, NetworkStructure, PruningPlan
from core.records.spec import Cost, Criterion, Scope


def plan(
    model: Any,
    ratio: float,
    *,
    criterion: Criterion | str = Criterion.L1,
    scope: Scope | str = Scope.UNIFORM,
    cost: Cost | str = Cost.MACS,
    data: Any = None,
    round_to: int = 1,
    ignore: Iterable[str] = (),
    seed: int = 0,
    scores: ChannelScores | None = None,
    reference: NetworkStructure | None = None,
    latency: LatencyModel | None = None,
    latency_of: LatencyOf | None = None,
) -> PruningPlan:
    """Return which channels of `model` go; nothing is changed. Raises PruningError.

    `ratio` is the share of channels to remove in every group (uniform) or in all together (global), or the
    share of the cost to save (lagrangian, by Taylor scores on `data` = (inputs, labels)). `scores` saves
    computing them again. With `reference`, the dense network's structure, ratio and floors count from there
    (iterative pruning). Cost latency needs `latency_of`, which times a network in milliseconds, or what
    `latency_model` made of it.
    """
    by: Criterion = _member("criterion", Criterion, criterion)
    request = Request(
        ratio,
        _member("scope", Scope, scope),
        _member("cost", Cost, cost),
        round_to,
        tuple(ignore),
        reference,
        latency,
    )
    _check(request, by)
    network = read(model, request.ignore)
    # Refuse a wrong layer name before any score is computed.
    allocate(network.structure, Request(ratio, ignore=request.ignore), None)
    request = _priced(model, request, latency_of)
    found = scores or score(network, by, data, seed, request.ignore)
    _check_scores(network, found)
    return _written(network, request, by, allocate(network.structure, request, as_arrays(found)))


def _priced(model: Any, request: Request, latency_of: LatencyOf | None) -> Request:
    if request.scope is not Scope.LAGRANGIAN or request.cost is not Cost.LATENCY or request.latency:
        return request
    if latency_of is None:
        raise PruningError(
            "cost is 'latency' without measurements; give latency_of, a function that times a network in "
            "milliseconds, or use cost macs."
        )
    return replace(request, latency=latency_model(model, latency_of, ignore=request.ignore))


def _written(network: Network, request: Request, criterion: Criterion, found: Allocation) -> PruningPlan:
    gone = np.zeros(len(network.roots), bool)
    for group in network.groups:
        gone[np.delete(group.units, found.kept[group.record.name])] = True
    removed = {
        layer: tuple(np.flatnonzero(gone[network.roots[made]]).tolist())
        for layer, made in network.made_by.items()
    }
    before, after = totals(network.structure), totals(network.structure, found.counts)
    return PruningPlan(
        ratio=request.ratio,
        ratio_achieved=found.ratio_achieved,
        criterion=criterion,
        scope=request.scope,
        cost=request.cost,
        round_to=request.round_to,
        ignore=request.ignore,
        removed={layer: indices for layer, indices in removed.items() if indices},
        layers=layer_changes(network.structure, found.counts),
        parameters_before=before.parameters,
        parameters_after=after.parameters,
        macs_before=before.macs,
        macs_after=after.macs,
        kept_whole=found.kept_whole,
        notes=found.notes,
    )


def _member(name: str, kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise PruningError(f"{name} is {value!r}; allowed: {', '.join(kind)}.") from None


def _check(request: Request, criterion: Criterion) -> None:
    ratio, round_to = request.ratio, request.round_to
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 <= ratio < 1:
        raise PruningError(
            f"ratio is {ratio!r}; allowed: 0 <= ratio < 1, the share to remove. For half of it, use 0.5."
        )
    if isinstance(round_to, bool) or not isinstance(round_to, int) or round_to < 1:
        raise PruningError(f"round_to is {round_to!r}; allowed: a whole number from 1, such as 8.")
    if request.scope is Scope.LAGRANGIAN and criterion is not Criterion.TAYLOR:
        raise PruningError(
            f"criterion is '{criterion}' with scope lagrangian, which weighs losses; "
            "use criterion taylor with data."
        )


def _check_scores(network: Network, scores: ChannelScores) -> None:
    for group in network.groups:
        received = len(scores.groups.get(group.record.name, ()))
        if received != group.record.size:
            raise PruningError(
                f"scores hold {received} values for {group.record.name!r}, which has "
                f"{group.record.size} units; compute them on this network."
            )
