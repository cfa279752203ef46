"""What a ratio will really do, from a network's structure alone; exact, as plans are made by the same code.

Uniform needs nothing else; global and lagrangian need the scores that are stored with the trained baseline.
Lagrangian by latency also needs times of pruned copies, which only the run itself takes.
"""

from core.analysis.allocation import Allocation, Request, allocate, as_arrays, random_scores
from core.analysis.structures import layer_changes, sizes, totals
from core.records.network import (
    ChannelScores,
    LatencyModel,
    LayerChange,
    NetworkStructure,
    Preview,
)
from core.records.spec import Cost, Criterion, Method, RunSpec, Scope

AFTER_TRAINING = "known after training"
WHEN_IT_PRUNES = "known when the run prunes"


def preview(
    structure: NetworkStructure,
    spec: RunSpec,
    scores: ChannelScores | None = None,
    latency: LatencyModel | None = None,
) -> Preview:
    """Return what `spec` will do to the network; figures after are None where only training tells.

    Raises PruningError where `spec.ignore` names a layer that does not exist.
    """
    if spec.method is not Method.STRUCTURED:
        return _weights_only(structure, spec)
    request = Request(spec.ratio, spec.scope, spec.cost, spec.round_to, spec.ignore, latency=latency)
    if scores is None and spec.criterion is Criterion.RANDOM:
        scores = random_scores(structure, spec.seed)
    is_untimed = _needs_latency(spec) and latency is None
    if spec.scope is not Scope.UNIFORM and (scores is None or is_untimed):
        allocate(structure, Request(spec.ratio, ignore=spec.ignore), None)
        return _unknown(structure, spec)
    needed = None if spec.scope is Scope.UNIFORM or scores is None else as_arrays(scores)
    return _known(structure, spec, allocate(structure, request, needed))


def _needs_latency(spec: RunSpec) -> bool:
    return spec.scope is Scope.LAGRANGIAN and spec.cost is Cost.LATENCY


def _known(structure: NetworkStructure, spec: RunSpec, found: Allocation) -> Preview:
    before, after = totals(structure), totals(structure, found.counts)
    return Preview(
        is_known=True,
        ratio=spec.ratio,
        ratio_achieved=found.ratio_achieved,
        layers=layer_changes(structure, found.counts),
        parameters_before=before.parameters,
        parameters_after=after.parameters,
        macs_before=before.macs,
        macs_after=after.macs,
        weights_removed=1 - after.kernels / before.kernels,
        kept_whole=found.kept_whole,
        notes=found.notes,
    )


def _unknown(structure: NetworkStructure, spec: RunSpec) -> Preview:
    before = totals(structure)
    return Preview(
        is_known=False,
        reason=WHEN_IT_PRUNES if _needs_latency(spec) else AFTER_TRAINING,
        ratio=spec.ratio,
        parameters_before=before.parameters,
        macs_before=before.macs,
    )


def _weights_only(structure: NetworkStructure, spec: RunSpec) -> Preview:
    """Single weights become zero: nothing gets smaller, and only uniform says how many in which layer."""
    before = totals(structure)
    zeros = round(spec.ratio * before.kernels)
    is_uniform = spec.scope is Scope.UNIFORM
    return Preview(
        is_known=True,
        ratio=spec.ratio,
        ratio_achieved=zeros / before.kernels,
        layers=_with_zeros(structure, spec.ratio if is_uniform else 0.0),
        parameters_before=before.parameters,
        parameters_after=before.parameters,
        macs_before=before.macs,
        macs_after=before.macs,
        weights_removed=zeros / before.kernels,
    )


def _with_zeros(structure: NetworkStructure, ratio: float) -> tuple[LayerChange, ...]:
    kernels = {
        cost.layer: totals(NetworkStructure("", structure.groups, (cost,))).kernels
        for cost in structure.layers
    }
    rows = layer_changes(structure, sizes(structure))
    return tuple(
        LayerChange(
            layer=row.layer,
            kind=row.kind,
            before=row.before,
            after=row.after,
            parameters_before=row.parameters_before,
            parameters_after=row.parameters_after,
            macs_before=row.macs_before,
            macs_after=row.macs_after,
            zeros=round(ratio * kernels[row.layer]),
        )
        for row in rows
    )
