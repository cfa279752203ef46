import numpy as np

from core.records import (
    LatencyRow,
    RunResult,
    Runtime,
    Series,
    Source,
    Stage,
    StageTime,
    Window,
)

BEGAN = 1_700_000_000.0
STAGES = (
    StageTime(Stage.STARTING, BEGAN, 10.0),
    StageTime(Stage.TRAINING, BEGAN + 10, 20.0),
    StageTime(Stage.FINE_TUNING, BEGAN + 30, 10.0),
    StageTime(Stage.MEASURING, BEGAN + 40, 20.0),
)


def series(**values: object) -> Series:
    t = BEGAN + np.arange(0, 60.1, 0.2)
    return Series(t, {field: np.broadcast_to(np.asarray(v, float), t.shape) for field, v in values.items()})


def host(**values: object) -> Source:
    given = {"cpu_percent": 50.0, "memory_used_bytes": 4e9, "own_memory_bytes": 1e9, "core_0_percent": 50.0}
    return Source(
        key="host", label="Host", series=series(**given | values), limits={"memory_used_bytes": 8e9}
    )


def gpu(index: int = 0, **values: object) -> Source:
    given = {"utilization_percent": 80.0, "memory_used_bytes": 6e9, "power_w": 200.0, "temperature_c": 60.0}
    return Source(
        key=f"GPU-{index}",
        label=f"GPU {index} · made up",
        series=series(**given | values),
        index=index,
        uuid=f"GPU-{index}",
        limits={"memory_used_bytes": 8e9, "power_w": 400.0, "temperature_c": 90.0},
    )


def window(*gpus: Source, of_host: Source | None = None) -> Window:
    return Window(began=BEGAN, ended=BEGAN + 60, host=of_host or host(), gpus=gpus)


def result(*rows: LatencyRow) -> RunResult:
    return RunResult(
        ratio_achieved=0.5,
        weights_removed=0.7,
        parameters=10,
        parameters_baseline=20,
        macs=10,
        macs_baseline=20,
        accuracy=0.99,
        errors=100,
        num_test_images=10_000,
        accuracy_baseline=0.99,
        accuracy_before_finetune=0.9,
        train_s=20.0,
        finetune_s=10.0,
        latency=rows,
    )


def row(device: str = "gpu:0", p50_ms: float = 2.0, batch: int = 1, **more: object) -> LatencyRow:
    return LatencyRow(runtime=Runtime.TF_FUNCTION, device=device, p50_ms=p50_ms, batch=batch, **more)  # type: ignore[arg-type]
