from dataclasses import replace
from pathlib import Path

import pytest

from core.latency.ladder import Networks, climb
from core.latency.protocol import Effort
from core.latency.subject import Subject
from core.records import LadderStep, Lever, Runtime

LITERT = (Runtime.LITERT_FP32, Runtime.LITERT_INT8)


@pytest.fixture(scope="module")
def networks(lenet_files: tuple[Path, Path]) -> Networks:
    dense, small = lenet_files
    return Networks(
        Subject("dense standard", dict.fromkeys(LITERT, dense)),
        Subject("this run", dict.fromkeys(LITERT, small)),
        Subject("dense separable", {Runtime.LITERT_FP32: dense}),
        (Subject("zeroed", {Runtime.LITERT_FP32: dense}),),
    )


def test_rungs_go_from_the_runtime_through_the_algorithm_to_eight_bits(
    networks: Networks, short: Effort
) -> None:
    found = climb(networks, wanted=LITERT, effort=short)
    assert [(step.model, step.runtime, step.lever) for step in found.ladder.steps] == [
        ("dense standard", Runtime.LITERT_FP32, None),
        ("dense separable", Runtime.LITERT_FP32, Lever.ALGORITHM),
        ("this run", Runtime.LITERT_FP32, Lever.ALGORITHM),
        ("this run", Runtime.LITERT_INT8, Lever.RUNTIME),
    ]
    assert [row.model for row in found.extra_rows] == ["dense separable", "zeroed"]
    assert all(row.speedup == 1.0 for row in found.standard_rows)


def test_the_factors_multiply_to_the_whole(networks: Networks, short: Effort) -> None:
    ladder = climb(networks, wanted=LITERT, effort=short).ladder
    product = 1.0
    for step in ladder.steps[1:]:
        assert step.factor is not None
        product *= step.factor
    assert ladder.total == pytest.approx(product)
    assert ladder.total == pytest.approx(ladder.algorithm * ladder.runtime)
    first, last = ladder.steps[0].p50_ms, ladder.steps[-1].p50_ms
    assert ladder.total == pytest.approx(first / last, rel=0.1)  # type: ignore[operator]
    assert ladder.total_low <= ladder.total <= ladder.total_high


def test_a_rung_that_fails_is_named_and_the_next_counts_from_the_last_measured(
    networks: Networks, tmp_path: Path, short: Effort
) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"nothing" * 100)
    bad = replace(
        networks, result=replace(networks.result, files={**networks.result.files, LITERT[1]: broken})
    )
    last: LadderStep = climb(bad, wanted=LITERT, effort=short).ladder.steps[-1]
    assert last.p50_ms is None
    assert last.error is not None
    assert "broken.tflite" in last.error


def test_a_baseline_that_is_its_own_result_has_runtime_rungs_only(networks: Networks, short: Effort) -> None:
    alone = Networks(networks.standard, replace(networks.standard, name="this run"))
    found = climb(replace(alone, result=alone.standard), wanted=(Runtime.LITERT_FP32,), effort=short)
    assert [step.lever for step in found.ladder.steps] == [None]
    assert found.ladder.total == 1.0
