"""Single weights set to zero: shapes stay, so runtimes gain little; the zeros are what papers count.

Kernels only; biases and batch norm stay. The given network is never changed.
"""

from typing import Any

import numpy as np

from core.errors import PruningError
from core.pruning.inspection import kernels_of
from core.pruning.surgery import copied
from core.records.spec import Method, Scope


def sparsify(
    model: Any,
    ratio: float,
    *,
    method: Method | str = Method.MAGNITUDE,
    scope: Scope | str = "global",
    seed: int = 0,
) -> Any:
    """Return a copy of `model` with the share `ratio` of its kernel weights zero. Raises PruningError.

    magnitude: the smallest go (Han et al. 2015), over all kernels together (global) or in each (uniform);
    random: any. Weights that are zero already go first, and every kernel keeps at least one.
    """
    _check(ratio, method, scope)
    same = copied(model)
    kernels = [variable for _, variable in kernels_of(same)]
    values = [np.array(kernel) for kernel in kernels]
    draw = np.random.default_rng(seed)
    ranks = [_ranks(value, Method(method), draw) for value in values]
    for kernel, value, gone in zip(kernels, values, _chosen(ranks, ratio, Scope(scope)), strict=True):
        value.reshape(-1)[gone] = 0
        kernel.assign(value)
    return same


def _ranks(values: Any, method: Method, draw: Any) -> Any:
    magnitudes = np.abs(values.reshape(-1).astype(np.float64))
    if method is Method.MAGNITUDE:
        return magnitudes
    return np.where(magnitudes == 0, -1.0, draw.random(magnitudes.size))


def _chosen(ranks: list[Any], ratio: float, scope: Scope) -> list[Any]:
    """Return the flat indices that go, kernel by kernel."""
    if scope is Scope.UNIFORM:
        return [_smallest(rank, min(round(ratio * rank.size), rank.size - 1)) for rank in ranks]
    keepers = [rank.argmax() for rank in ranks]
    everything = np.concatenate(ranks)
    starts = np.cumsum([0, *(rank.size for rank in ranks)])
    everything[[start + keep for start, keep in zip(starts, keepers, strict=False)]] = np.inf
    count = min(round(ratio * everything.size), everything.size - len(ranks))
    gone = np.sort(_smallest(everything, count))
    parts = np.split(gone, np.searchsorted(gone, starts[1:-1]))
    return [part - start for part, start in zip(parts, starts, strict=False)]


def _smallest(ranks: Any, count: int) -> Any:
    return np.argsort(ranks, kind="stable")[:count]


def _check(ratio: float, method: str, scope: str) -> None:
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 <= ratio < 1:
        raise PruningError(
            f"ratio is {ratio!r}; allowed: 0 <= ratio < 1, the share of weights to set to zero."
        )
    if method not in (Method.MAGNITUDE, Method.RANDOM):
        raise PruningError(f"method is {method!r}; allowed: magnitude, random. For whole channels, use plan.")
    if scope not in (Scope.GLOBAL, Scope.UNIFORM):
        raise PruningError(f"scope is {scope!r}; allowed: global, uniform.")
