"""Real networks in every format, and an effort small enough for a test."""

from pathlib import Path
from typing import Any

import pytest

from core.latency.protocol import Effort
from core.latency.subject import Subject
from core.records import Runtime

LITERT = (Runtime.LITERT_FP32, Runtime.LITERT_FP16, Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC)


@pytest.fixture(scope="session")
def short() -> Effort:
    """Two processes, forty queries: figures that mean little, by the whole protocol."""
    return Effort(
        processes=2,
        blocks=4,
        min_queries=40,
        min_s=0.0,
        slow_queries=8,
        slow_s=0.0,
        warmup_s=0.05,
        is_quick=True,
    )


@pytest.fixture(scope="session")
def prepared(tiny_keras: Path, tmp_path_factory: pytest.TempPathFactory, mnist: Any) -> Subject:
    """The tiny trained network for every runtime, with its answers."""
    import keras

    from core.latency.export import prepare

    model = keras.saving.load_model(tiny_keras)
    return prepare(model, tmp_path_factory.mktemp("prepared"), tuple(Runtime), name="tiny", data=mnist)


@pytest.fixture(scope="session")
def lenet_files(tmp_path_factory: pytest.TempPathFactory, mnist: Any) -> tuple[Path, Path]:
    """Untrained lenet5 and a far smaller one as .tflite: dense, small."""
    from core import pruning
    from core.latency.export import export
    from core.learning.models import build

    dense = build("lenet5")
    small = pruning.remove(dense, pruning.plan(dense, 0.8))
    folder = tmp_path_factory.mktemp("lenet")
    return tuple(  # type: ignore[return-value]
        export(model, folder / name, ("tflite",), data=mnist)["tflite"]
        for name, model in (("dense", dense), ("small", small))
    )
