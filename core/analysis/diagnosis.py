"""Why is it not faster? Rules over what was measured, each with the figures that it rests on. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.records import Caveat, Finding, LatencyRow, LayerTime, Rule, Runtime, Twins

OVERHEAD_SHARE = 0.3
FLAT_BATCH = 0.5
FEWER_MACS = 2.0
LITTLE_FASTER = 1.3
ZEROS = 0.1
DEPTHWISE_SHARE = 0.1
DEPTHWISE_EXCESS = 2.0
FIRST_SHARE = 0.4
WORTH_NAMING = 0.1
WIDE_KINDS = ("Conv2D and pooling",)
"""Laid out wide at export, so that few channels fill vectors all the same."""
LANES = 8
"""Channels of a vector register at its narrowest here (AVX2, float32); 16 with AVX-512, 4 with NEON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules look at: rows of the network, its layers, its shares of zeros and of multiplications."""

    rows: Sequence[LatencyRow] = ()
    layers: Sequence[LayerTime] = ()
    zero_share: float = 0.0
    is_removed: bool = False
    macs_ratio: float = 1.0
    twins: Twins | None = None


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Return the rules that hold, the most telling first."""
    return tuple(finding for rule in RULES for finding in rule(facts))


def only_zeroed(facts: Facts) -> Iterator[Finding]:
    """Weights are zero but still multiplied: runtimes skip nothing."""
    if facts.is_removed or facts.zero_share < ZEROS:
        return
    evidence = {"zeros_percent": 100 * facts.zero_share}
    if facts.twins and facts.twins.zeroed.speedup and facts.twins.removed.speedup:
        evidence |= {"zeroed": facts.twins.zeroed.speedup, "removed": facts.twins.removed.speedup}
    yield Finding(rule=Rule.ONLY_ZEROED, evidence=evidence)


def overhead_bound(facts: Facts) -> Iterator[Finding]:
    """A query costs about the same whatever it computes: a call's price, not a network's."""
    by_runtime: dict[Runtime, dict[int, LatencyRow]] = {}
    for row in facts.rows:
        if row.p50_ms is not None:
            by_runtime.setdefault(row.runtime, {})[row.batch] = row
    for runtime, rows in by_runtime.items():
        one, most = rows.get(1), rows[max(rows)]
        if one is None or most.batch < 8 or one.p50_ms is None or most.p50_ms is None:
            continue
        growth = most.p50_ms / one.p50_ms
        if growth < FLAT_BATCH * most.batch:
            evidence = {"batch": float(most.batch), "growth": growth, "one_ms": one.p50_ms}
            yield Finding(rule=Rule.OVERHEAD_BOUND, subject=runtime, evidence=evidence)
    for transfer in (layer for layer in facts.layers if layer.kind == "transfer"):
        if transfer.share <= OVERHEAD_SHARE:
            continue
        evidence = {"share_percent": 100 * transfer.share, "transfer_ms": transfer.time_ms}
        yield Finding(rule=Rule.OVERHEAD_BOUND, subject=transfer.layer, evidence=evidence)


def flat_in_macs(facts: Facts) -> Iterator[Finding]:
    """Far fewer multiplications, hardly less time."""
    if facts.macs_ratio < FEWER_MACS:
        return
    for row in facts.rows:
        if row.batch == 1 and row.speedup is not None and row.speedup < LITTLE_FASTER:
            evidence = {"macs_ratio": facts.macs_ratio, "speedup": row.speedup}
            yield Finding(rule=Rule.FLAT_IN_MACS, subject=row.runtime, evidence=evidence)


def memory_bound(facts: Facts) -> Iterator[Finding]:
    """Depthwise layers touch much and compute little."""
    macs = sum(layer.macs for layer in facts.layers) or 1
    for layer in facts.layers:
        share = layer.macs / macs
        is_dear = layer.share > DEPTHWISE_SHARE and layer.share > DEPTHWISE_EXCESS * share
        if layer.kind == "DepthwiseConv2D" and is_dear:
            evidence = {"time_percent": 100 * layer.share, "macs_percent": 100 * share}
            yield Finding(rule=Rule.MEMORY_BOUND, subject=layer.layer, evidence=evidence)


def first_layer(facts: Facts) -> Iterator[Finding]:
    """The first layer sees the largest picture; pruning what follows cannot help it."""
    computing = [layer for layer in facts.layers if layer.macs]
    if computing and computing[0].share > FIRST_SHARE:
        first = computing[0]
        evidence = {"time_percent": 100 * first.share, "time_ms": first.time_ms}
        yield Finding(rule=Rule.FIRST_LAYER, subject=first.layer, evidence=evidence)


def vector_width(facts: Facts) -> Iterator[Finding]:
    """Channels that do not fill vectors are padded with zeros that cost time."""
    for layer in facts.layers[:-1]:
        spare = -layer.channels % LANES
        if layer.macs and spare and layer.share > WORTH_NAMING and layer.kind not in WIDE_KINDS:
            evidence = {"channels": float(layer.channels), "filled": float(layer.channels + spare)}
            yield Finding(rule=Rule.VECTOR_WIDTH, subject=layer.layer, evidence=evidence)


def quantised_slower(facts: Facts) -> Iterator[Finding]:
    """Eight-bit arithmetic is not faster on this processor, conversions included."""
    at_one = {row.runtime: row for row in facts.rows if row.batch == 1}
    plain = at_one.get(Runtime.LITERT_FP32)
    for runtime in (Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC):
        other = at_one.get(runtime)
        if not plain or not other or plain.p50_high_ms is None or other.p50_low_ms is None:
            continue
        if other.p50_low_ms > plain.p50_high_ms and plain.p50_ms and other.p50_ms:
            evidence = {"quantised_ms": other.p50_ms, "float_ms": plain.p50_ms}
            yield Finding(rule=Rule.QUANTISED_SLOWER, subject=runtime, evidence=evidence)


def noisy(facts: Facts) -> Iterator[Finding]:
    """The machine was busy, so small gains drown."""
    doubts = (Caveat.NOISY, Caveat.LOADED, Caveat.THROTTLED, Caveat.SHARED_GPU)
    doubted = [row for row in facts.rows if any(doubt in row.warnings for doubt in doubts)]
    if not doubted:
        return
    shared = [row.conditions.core_shared or 0.0 for row in doubted if row.conditions]
    evidence = {"rows": float(len(doubted)), "of": float(len(facts.rows))}
    evidence |= {"core_shared_percent": 100 * max(shared)} if shared else {}
    yield Finding(rule=Rule.NOISY, evidence=evidence)


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    only_zeroed,
    flat_in_macs,
    overhead_bound,
    first_layer,
    memory_bound,
    vector_width,
    quantised_slower,
    noisy,
)
