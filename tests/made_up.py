"""Made-up runs for tests and screenshots: likely figures that nobody measured. Never in the product."""

import random
from dataclasses import replace
from functools import partial
from typing import Any

from core.records import (
    Caveat,
    Conditions,
    Convolution,
    Finding,
    Ladder,
    LadderStep,
    LatencyRow,
    LatencyStudy,
    LayerChange,
    LayerTime,
    Lever,
    Method,
    Roofline,
    Rule,
    RunRecord,
    RunResult,
    RunSpec,
    Runtime,
    Stage,
    StageTime,
    Status,
    Twins,
)

DENSE = {Convolution.STANDARD: (431_080, 2_293_000, 0.126), Convolution.SEPARABLE: (407_600, 760_000, 0.091)}
SLOWER = {
    Runtime.LITERT_FP32: 1.0,
    Runtime.ONNXRUNTIME: 1.1,
    Runtime.TF_FUNCTION: 5.5,
    Runtime.LITERT_INT8: 1.4,
}


def made_up_run(run_id: str = "made-up", **changes: Any) -> RunRecord:
    """Return a finished run. `changes` go to the spec, the result or the record, whichever has the field;
    `p50_ms` and `spread` (relative half interval) shape the latency of every runtime."""
    p50_ms, spread = changes.pop("p50_ms", None), changes.pop("spread", 0.02)
    caveats = changes.pop("caveats", ())
    spec_changes = {k: changes.pop(k) for k in list(changes) if k in RunSpec.__dataclass_fields__}
    spec = RunSpec(**spec_changes)
    record_changes = {k: changes.pop(k) for k in list(changes) if k in RunRecord.__dataclass_fields__}
    result = made_up_result(spec, p50_ms, spread, caveats, **changes)
    record = RunRecord(
        run_id=run_id,
        spec=spec,
        status=Status.FINISHED,
        created_at=1_790_000_000.0,
        started_at=1_790_000_005.0,
        ended_at=1_790_000_065.0,
        stages=_stages(),
        result=result,
        artifacts=("model.keras", "model.tflite", "log.txt"),
    )
    return replace(record, **record_changes)


def made_up_result(
    spec: RunSpec, p50_ms: float | None, spread: float, caveats: tuple[Caveat, ...], **changes: Any
) -> RunResult:
    """Return a result in which removal shrinks and speeds up, and zeroing does neither."""
    dense_parameters, dense_macs, dense_ms = DENSE[spec.conv]
    kept = (1 - spec.ratio) ** 2 if spec.method.is_removal else 1.0
    parameters = changes.pop("parameters", max(600, int(dense_parameters * kept)))
    errors = changes.pop("errors", int(75 + 130 * spec.ratio**4))
    total = changes.pop("num_test_images", 10_000)
    p50 = p50_ms or dense_ms * (0.1 + 0.9 * kept)
    result = RunResult(
        ratio_achieved=spec.ratio,
        weights_removed=1 - kept if spec.method.is_removal else spec.ratio,
        channels=_channels(spec),
        parameters=parameters,
        parameters_baseline=dense_parameters,
        macs=int(dense_macs * kept),
        macs_baseline=dense_macs,
        accuracy=1 - errors / total,
        errors=errors,
        num_test_images=total,
        accuracy_baseline=0.9925,
        accuracy_before_finetune=max(0.1, 0.9925 - spec.ratio),
        train_s=21.0,
        finetune_s=18.0,
        total_s=60.0,
        size_bytes=4 * parameters + 3_000,
        size_gzip_bytes=int(3.7 * parameters),
        latency=tuple(
            made_up_row(runtime, p50 * factor, spread, caveats) for runtime, factor in SLOWER.items()
        ),
        confusion=_confusion(errors, total),
    )
    return replace(result, **changes)


def made_up_row(
    runtime: Runtime, p50: float, spread: float = 0.02, caveats: tuple[Caveat, ...] = ()
) -> LatencyRow:
    dense = DENSE[Convolution.STANDARD][2] * SLOWER.get(runtime, 1.0)
    speedup = dense / p50
    return LatencyRow(
        runtime=runtime,
        processes=3,
        queries=3_072,
        p50_ms=p50,
        p90_ms=p50 * 1.06,
        p99_ms=p50 * 1.3,
        p50_low_ms=p50 * (1 - spread),
        p50_high_ms=p50 * (1 + spread),
        images_per_s=1000 / p50,
        speedup=speedup,
        speedup_low=speedup * (1 - spread),
        speedup_high=speedup * (1 + spread),
        warnings=caveats,
        conditions=Conditions(cpu="Made-up CPU", num_cores=2, measured_at="2026-11-24T14:00:00+00:00"),
    )


def made_up_study(*caveats: Caveat) -> LatencyStudy:
    """Return a closer look with every part; `caveats` stand on each row and rung."""

    def row(runtime: Runtime, p50_ms: float, model: str = "this run", **more: Any) -> LatencyRow:
        made = made_up_row(runtime, p50_ms, caveats=caveats)
        return replace(made, model=model, accuracy=0.987, agreement=0.995, **more)

    def layers(*times: float) -> tuple[LayerTime, ...]:
        names = ("input and output", "conv1", "logits")
        return tuple(
            LayerTime(
                layer=name,
                kind="Conv2D",
                time_ms=ms,
                low_ms=0.9 * ms,
                high_ms=1.1 * ms,
                share=ms / sum(times),
                bound_ms=ms / 2,
            )
            for name, ms in zip(names, times, strict=True)
        )

    rung = partial(LadderStep, warnings=caveats, runtime=Runtime.LITERT_FP32)
    steps = (
        rung(model="dense standard", runtime=Runtime.KERAS_PREDICT, p50_ms=60.0),
        rung(model="dense standard", lever=Lever.RUNTIME, p50_ms=1.0, **_factor(60.0)),
        rung(model="this run", lever=Lever.ALGORITHM, p50_ms=0.1, **_factor(10.0)),
    )
    ladder = Ladder(steps=steps, algorithm=10.0, runtime=60.0, total=600.0, total_low=590.0, total_high=610.0)
    fast, slow = row(Runtime.LITERT_FP32, 0.0157, "removed"), row(Runtime.LITERT_FP32, 0.126, "zeroed")
    return LatencyStudy(
        rows=(row(Runtime.LITERT_FP32, 0.0157), row(Runtime.LITERT_INT8, 0.03)),
        baseline_rows=(row(Runtime.LITERT_FP32, 0.126, "dense standard"),),
        ladder=ladder,
        layers=layers(0.002, 0.006, 0.002),
        baseline_layers=layers(0.002, 0.1, 0.024),
        twins=Twins(ratio=0.8, macs_ratio=10.0, removed=fast, zeroed=slow),
        findings=(Finding(rule=Rule.FIRST_LAYER, subject="conv1", evidence={"time_percent": 60.0}),),
        roofline=Roofline(peak_gflops=90.0, bandwidth_gbps=10.0),
        elapsed_s=100.0,
    )


def _factor(times: float) -> dict[str, float]:
    return {"factor": times, "factor_low": 0.98 * times, "factor_high": 1.02 * times}


def made_up_runs(number: int, seed: int = 1) -> tuple[RunRecord, ...]:
    """Return `number` runs of all kinds, among them failed, cancelled, waiting and running ones."""
    draw = random.Random(seed)
    return tuple(_any_run(index, draw) for index in range(number))


def made_up_family() -> tuple[RunRecord, ...]:
    """Return dense networks and sweeps over the ratio for both convolution types and two methods."""
    runs = []
    for conv in Convolution:
        dense = made_up_run(f"{conv}-dense", conv=conv, method=Method.NONE, ratio=0.0)
        runs.append(dense)
        for method in (Method.STRUCTURED, Method.MAGNITUDE):
            for ratio in (0.25, 0.5, 0.75, 0.9, 0.95):
                name = f"{conv}-{method}-{ratio}"
                caveats = (Caveat.NOISY,) if ratio == 0.75 else ()
                runs.append(
                    made_up_run(
                        name,
                        conv=conv,
                        method=method,
                        ratio=ratio,
                        baseline_id=dense.run_id,
                        caveats=caveats,
                        sweep_id="made-up-sweep",
                    )
                )
    return tuple(runs)


def _any_run(index: int, draw: random.Random) -> RunRecord:
    conv = draw.choice(list(Convolution))
    method = draw.choices(list(Method), (1, 6, 2, 1))[0]
    ratio = 0.0 if method is Method.NONE else round(draw.uniform(0.05, 0.97), 2)
    record = made_up_run(
        f"{index:06x}{draw.randrange(16**10):010x}",
        conv=conv,
        method=method,
        ratio=ratio,
        seed=draw.randrange(5),
        errors=max(55, int(draw.gauss(75, 7) + 130 * ratio**4)),
        spread=draw.uniform(0.005, 0.05),
        caveats=(Caveat.NOISY,) if draw.random() < 0.08 else (),
    )
    status = draw.choices(list(Status), (1, 1, 30, 2, 1))[0]
    if status is Status.FINISHED:
        return record
    reason = {Status.FAILED: "The worker ran out of memory.", Status.KILLED: "Cancelled by a visitor."}
    return replace(record, status=status, result=None, artifacts=(), reason=reason.get(status, ""))


def _stages() -> tuple[StageTime, ...]:
    times = (3.2, 21.0, 0.4, 18.0, 1.1, 4.0, 12.3)
    return tuple(
        StageTime(stage, 1_790_000_005.0 + sum(times[:i]), times[i]) for i, stage in enumerate(Stage)
    )


def _channels(spec: RunSpec) -> tuple[LayerChange, ...]:
    share = 1 - spec.ratio if spec.method.is_removal else 1.0
    layers = (("conv1", "Conv2D", 20, 520, 299_520), ("conv2", "Conv2D", 50, 25_050, 1_600_000),
              ("dense1", "Dense", 500, 400_500, 400_000), ("logits", "Dense", 10, 5_010, 5_000))  # fmt: skip
    return tuple(
        LayerChange(
            layer=name,
            kind=kind,
            before=width,
            after=width if name == "logits" else max(1, round(width * share)),
            parameters_before=parameters,
            parameters_after=int(parameters * share**2),
            macs_before=macs,
            macs_after=int(macs * share**2),
        )
        for name, kind, width, parameters, macs in layers
    )


def _confusion(errors: int, total: int) -> tuple[tuple[int, ...], ...]:
    each, wrong = total // 10, errors // 10
    return tuple(
        tuple(each - wrong if i == j else (wrong if j == (i + 1) % 10 else 0) for j in range(10))
        for i in range(10)
    )
