from dataclasses import replace
from typing import Any

import pytest

from core import pruning, study
from core.latency import layers, pricing, roofline
from core.latency.protocol import Effort
from core.learning.models import build
from core.records import Caveat, Crossing, LatencyStudy, Lever, Method, RunSpec, Runtime, from_json, to_json

SHORT = Effort(
    processes=1, blocks=4, min_queries=40, min_s=0.0, slow_queries=8, slow_s=0.0, warmup_s=0.05, is_quick=True
)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = {"blocks": 4, "min_queries": 40, "min_s": 0.0, "warmup_s": 0.05}
    monkeypatch.setattr(layers, "EFFORT", replace(layers.EFFORT, **tiny))
    monkeypatch.setattr(roofline, "EFFORT", replace(roofline.EFFORT, processes=1, **tiny))


@pytest.mark.slow
def test_a_structured_run_has_ladder_layers_twins_and_findings() -> None:
    dense = build("lenet5")
    result = pruning.remove(dense, pruning.plan(dense, 0.8))
    found = study.study(
        study.Trained(RunSpec(ratio=0.8), result, dense),
        wanted=[Runtime.LITERT_FP32],
        effort=SHORT,
        batches=(1, 8),
    )
    assert [(row.model, row.batch) for row in (*found.rows, *found.baseline_rows)] == [
        ("this run", 1),
        ("this run", 8),
        ("dense standard", 1),
        ("dense standard", 8),
    ]
    assert found.ladder is not None
    assert [step.lever for step in found.ladder.steps] == [None, Lever.ALGORITHM]
    assert found.ladder.algorithm > 2
    assert found.twins is not None
    assert found.twins.macs_ratio > 10
    assert found.twins.removed.speedup > 1.5 * found.twins.zeroed.speedup  # type: ignore[operator]
    assert [each.layer for each in found.layers] == [each.layer for each in found.baseline_layers]
    assert all(each.bound_ms is not None for each in found.layers)
    assert from_json(LatencyStudy, to_json(found)) == found


@pytest.mark.slow
def test_zeroed_weights_are_found_to_be_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "_layers", lambda *_: (None, (), (), ()))  # timed in the test above
    dense = build("lenet5")
    result = pruning.sparsify(dense, 0.9)
    spec = RunSpec(method=Method.MAGNITUDE, ratio=0.9)
    found = study.study(study.Trained(spec, result, dense), wanted=[Runtime.LITERT_FP32], effort=SHORT)
    evidence = next(each.evidence for each in found.findings if each.rule == "only-zeroed")
    assert evidence["zeros_percent"] == pytest.approx(90, abs=1)
    assert evidence["removed"] > 1.5 * evidence["zeroed"]


def test_the_cross_over_is_measured_for_both_convolutions_at_each_ratio_and_batch() -> None:
    found = study.cross_over("lenet5", ratios=(0.0, 0.8), batches=(1, 4), effort=SHORT)
    points = found.points
    assert {(each.conv, each.ratio, each.batch) for each in points} == {
        (conv, ratio, batch) for conv in ("standard", "separable") for ratio in (0.0, 0.8) for batch in (1, 4)
    }
    by_place = {(each.conv, each.ratio, each.batch): each.p50_ms for each in points}
    assert by_place["standard", 0.0, 1] > by_place["standard", 0.8, 1]
    assert (found.architecture, found.runtime, found.threads) == ("lenet5", "litert-fp32", 1)
    assert Caveat.QUICK in found.warnings
    assert found.conditions
    assert found.conditions.cpu
    assert from_json(Crossing, to_json(found)) == found


def test_a_network_has_a_price_in_milliseconds() -> None:
    dense: Any = build("lenet5")
    small = pruning.remove(dense, pruning.plan(dense, 0.8))
    assert pricing.p50_ms(dense, SHORT) > 1.5 * pricing.p50_ms(small, SHORT) > 0
