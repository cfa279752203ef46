"""Which units of which group go, given scores: uniform, global or by loss per cost. Pure numpy.

The plan of a real network and the preview in the browser both come from here, so they cannot differ.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analysis.price import Price
from core.analysis.structures import sizes
from core.errors import PruningError
from core.records.network import ChannelScores, Kept, LatencyModel, NetworkStructure
from core.records.spec import Cost, Criterion, Scope

GLOBAL_FLOOR = 0.1
"""Share of each group that global pruning never goes below."""

Scores = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Allocation:
    """`kept`: by group name the units that stay (ascending); `counts`: how many, in the structure's order."""

    counts: tuple[int, ...]
    kept: dict[str, tuple[int, ...]]
    ratio_achieved: float
    kept_whole: tuple[Kept, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. With `reference` (the dense network) ratio and floors count from there."""

    ratio: float
    scope: Scope = Scope.UNIFORM
    cost: Cost = Cost.MACS
    round_to: int = 1
    ignore: tuple[str, ...] = ()
    reference: NetworkStructure | None = None
    latency: LatencyModel | None = None


def allocate(structure: NetworkStructure, request: Request, scores: Scores | None) -> Allocation:
    """Return which units stay. Without scores only uniform counts are known, and `kept` is empty.

    Raises PruningError for a layer in `ignore` that does not exist, or scores that are missing.
    """
    structure = ignoring(structure, request.ignore)
    reference = _aligned(structure, request.reference)
    if request.scope is not Scope.UNIFORM and scores is None:
        raise PruningError(f"scope is '{request.scope}' without scores; give them, or use scope uniform.")
    counts, notes = _COUNTS[request.scope](structure, reference, request, scores)
    counts, rounded = _rounded(structure, counts, request.round_to)
    kept = {} if scores is None else _best(structure, counts, scores)
    held = tuple(
        Kept(layer, group.held) for group in structure.groups if group.held for layer in group.layers
    )
    achieved = _achieved(structure, reference, request, counts)
    return Allocation(tuple(counts), kept, achieved, held, (*notes, *rounded))


def ignoring(structure: NetworkStructure, ignore: Iterable[str]) -> NetworkStructure:
    """Return `structure` with everything held that leaves the layers `ignore`."""
    names = [layer.layer for layer in structure.layers]
    held: dict[int, str] = {}
    for name in ignore:
        found = [layer for layer in structure.layers if name in (layer.layer, layer.layer.rsplit("/", 1)[-1])]
        if not found:
            raise PruningError(f"ignore names {name!r}, which is no layer here; allowed: {', '.join(names)}.")
        held.update(
            {group: f"{name} is to be ignored" for layer in found for group, _ in layer.outputs.units}
        )
    groups = (
        replace(group, held=group.held or held.get(index, "")) for index, group in enumerate(structure.groups)
    )
    return replace(structure, groups=tuple(groups))


def _aligned(structure: NetworkStructure, reference: NetworkStructure | None) -> NetworkStructure:
    if reference is None:
        return structure
    names = [group.name for group in structure.groups]
    if names != [group.name for group in reference.groups]:
        raise PruningError(
            f"reference {reference.name!r} has other groups than {structure.name!r}; "
            "give the structure of the network that this one was pruned from."
        )
    return reference


def _free(structure: NetworkStructure) -> list[int]:
    return [index for index, group in enumerate(structure.groups) if not group.held]


def _uniform(
    structure: NetworkStructure, reference: NetworkStructure, request: Request, _: Scores | None
) -> tuple[list[int], list[str]]:
    counts, notes = list(sizes(structure)), []
    for index in _free(structure):
        whole = reference.groups[index].size
        wanted = whole - removed_of(whole, request.ratio)
        counts[index] = min(counts[index], max(1, wanted))
        if wanted < 1:
            notes.append(f"{structure.groups[index].name} keeps its last channel.")
    return counts, notes


def removed_of(whole: int, ratio: float) -> int:
    """Return how many of `whole` a ratio removes: the nearest whole number, halves rounded up."""
    return math.floor(ratio * whole + 0.5)


def _global(
    structure: NetworkStructure, reference: NetworkStructure, request: Request, scores: Scores | None
) -> tuple[list[int], list[str]]:
    assert scores is not None
    free, counts = _free(structure), list(sizes(structure))
    floors = {index: max(1, math.ceil(GLOBAL_FLOOR * reference.groups[index].size - 1e-9)) for index in free}
    whole = sum(reference.groups[index].size for index in free)
    target = whole - removed_of(whole, request.ratio)
    left = sum(counts[index] for index in free)
    for _, index in _ranked(structure, free, scores):
        if left <= target:
            break
        if counts[index] > floors[index]:
            counts[index] -= 1
            left -= 1
    if left > target:
        return counts, [
            f"Every group is down to its floor, a tenth of its channels; {left} of {whole} are left."
        ]
    return counts, []


def _ranked(structure: NetworkStructure, free: Sequence[int], scores: Scores) -> list[tuple[float, int]]:
    """Return (score over its group's mean, group) of every unit, smallest first."""
    ranked = []
    for index in free:
        values = scores[structure.groups[index].name]
        mean = float(values.mean()) or 1.0
        ranked += [(float(score) / mean, index) for score in values]
    return sorted(ranked)


def _lagrangian(
    structure: NetworkStructure, reference: NetworkStructure, request: Request, scores: Scores | None
) -> tuple[list[int], list[str]]:
    """Remove, again and again, what loses least per unit of cost saved, until the share of cost is saved.

    This greedy walk is minimising loss + lambda x cost for a growing lambda.
    """
    assert scores is not None
    price = Price(structure, request.cost, request.latency)
    free, counts = _free(structure), list(sizes(structure))
    target = (1 - request.ratio) * Price(reference, request.cost, request.latency).total(sizes(reference))
    steps = {index: _step(structure, index, request.round_to) for index in free}
    # The first step brings a group to a multiple.
    next_step = {index: counts[index] % steps[index] or steps[index] for index in free}
    losses = {index: np.sort(scores[structure.groups[index].name]) for index in free}
    gone = dict.fromkeys(free, 0)
    while price.total(counts) > target * (1 + 1e-12):
        savings = price.savings(counts, [next_step.get(index, 0) for index in range(len(counts))])
        best, at = math.inf, -1
        for index in free:
            step, start = next_step[index], gone[index]
            if counts[index] - step < 1:
                continue
            rank = float(losses[index][start : start + step].sum()) / max(savings[index], 1e-300)
            if rank < best:
                best, at = rank, index
        if at < 0:
            return counts, ["Every group is down to its last channels; no more cost can be saved."]
        counts[at] -= next_step[at]
        gone[at] += next_step[at]
        next_step[at] = steps[at]
    return counts, []


def _step(structure: NetworkStructure, index: int, round_to: int) -> int:
    """Return how many units go at a time, so that channels stay a multiple of `round_to`."""
    return round_to // math.gcd(round_to, structure.groups[index].channels)


def _rounded(structure: NetworkStructure, counts: list[int], round_to: int) -> tuple[list[int], list[str]]:
    """Bring the channels of each pruned group to the nearest multiple of `round_to`, at least one."""
    rounded, notes = list(counts), []
    for index in _free(structure):
        step, size = _step(structure, index, round_to), structure.groups[index].size
        if counts[index] == size or step == 1:
            continue
        nearest = max(step, step * math.floor(counts[index] / step + 0.5))
        rounded[index] = min(size, nearest)
        if rounded[index] != counts[index]:
            name, each = structure.groups[index].name, structure.groups[index].channels
            notes.append(f"{name} keeps {rounded[index] * each} channels, a multiple of {round_to}.")
    return rounded, notes


def _best(structure: NetworkStructure, counts: Sequence[int], scores: Scores) -> dict[str, tuple[int, ...]]:
    """Return, by group, its highest scores; where equal, the last ones stay."""
    kept = {}
    for group, count in zip(structure.groups, counts, strict=True):
        if group.held:
            kept[group.name] = tuple(range(group.size))
            continue
        order = np.argsort(scores[group.name], kind="stable")
        kept[group.name] = tuple(sorted(order[group.size - count :].tolist()))
    return kept


def _achieved(
    structure: NetworkStructure, reference: NetworkStructure, request: Request, counts: Sequence[int]
) -> float:
    if request.scope is Scope.LAGRANGIAN:
        whole = Price(reference, request.cost, request.latency).total(sizes(reference))
        return 1 - Price(structure, request.cost, request.latency).total(counts) / whole if whole else 0.0
    free = _free(structure)
    whole = sum(reference.groups[index].size for index in free)
    return 1 - sum(counts[index] for index in free) / whole if whole else 0.0


_COUNTS = {Scope.UNIFORM: _uniform, Scope.GLOBAL: _global, Scope.LAGRANGIAN: _lagrangian}


def random_scores(structure: NetworkStructure, seed: int) -> ChannelScores:
    """Return the scores of criterion random: they depend on the seed and the groups alone."""
    draw = np.random.default_rng(seed)
    groups = {group.name: tuple(draw.random(group.size).tolist()) for group in structure.groups}
    return ChannelScores(criterion=Criterion.RANDOM, groups=groups, seed=seed)


def as_arrays(scores: ChannelScores) -> Scores:
    """Return stored scores as arrays by group."""
    return {name: np.asarray(values, dtype=np.float64) for name, values in scores.groups.items()}
