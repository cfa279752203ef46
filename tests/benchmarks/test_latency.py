from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import latency
from core.latency import layers
from core.latency.protocol import QUICK
from core.records import Roofline

TINY = replace(QUICK, min_s=0.0, min_queries=40, warmup_s=0.05)


def test_networks_have_the_widths_that_their_names_say() -> None:
    for name, widths in latency.WIDTHS.items():
        model = latency.network(widths)
        built = tuple(model.get_layer(layer).weights[1].shape[0] for layer in latency.NAMES)
        assert name.endswith("-".join(map(str, built)))


@pytest.mark.slow
def test_layouts_gaps_script_and_self_comparison_run_at_a_smoke_size(tmp_path: Path) -> None:
    models = {"small": latency.network((4, 16, 48))}
    rows = latency.layouts(models, tmp_path, TINY)
    assert [row["export"] for row in rows] == ["as Keras exports it", "fixed reshape", "wide layout"]
    (gap,), by_layer = latency.gaps(
        models,
        Roofline(peak_gflops=100, bandwidth_gbps=50),
        replace(layers.EFFORT, processes=1, blocks=4, min_s=0.0, min_queries=40, warmup_s=0.05),
    )
    assert gap["p50 us"] > gap["compute bound us"] > 0
    assert by_layer["small"][0]["layer"] == "input and output"
    path = tmp_path / "small" / "wide layout.tflite"
    assert latency.separately(path, TINY)["script us"] > 0
    assert latency.itself(path, 2, TINY)["repetitions"] == 2
