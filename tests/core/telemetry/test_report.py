import json
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.errors import LabError
from core.records import DriverReading, DriverState, GpuReading, HostReading, Snapshot, Throttle
from core.telemetry import prometheus
from core.telemetry.prometheus import exposition
from core.telemetry.report import lines, report
from tests.core.telemetry.made_up import gpu, window

SNAPSHOT = Snapshot(
    t=0,
    driver=DriverReading(state=DriverState.OK, driver_version="570", cuda_version="12.8"),
    gpus=(
        GpuReading(
            t=0,
            index=0,
            key="GPU-0",
            uuid="GPU-0",
            name='A "100"',
            utilization_percent=50.0,
            energy_j=1234.5,
            sm_clock_mhz=1400,
            throttle_reasons=(Throttle.POWER_CAP,),
            reasons={"fan_percent": "not supported by this GPU"},
        ),
    ),
    host=HostReading(t=0, cpu_percent=25.0, core_percent=(20.0, 30.0), memory_used_bytes=1000, load_1m=0.5),
)


def samples(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = (f",{key}={value}" for key, value in sample.labels.items() if key != "uuid")
            found[sample.name + "".join(labels)] = sample.value
    return found


def test_metrics_are_in_base_units_with_a_label_for_each_gpu() -> None:
    found = samples(exposition(SNAPSHOT))
    who = ',gpu=0,name=A "100"'
    assert found[f"lab_gpu_utilization_ratio{who}"] == 0.5
    assert found[f"lab_gpu_energy_joules_total{who}"] == 1234.5
    assert found[f"lab_gpu_sm_clock_hertz{who}"] == 1.4e9
    assert found[f"lab_gpu_up{who},state=ok"] == 1
    assert found[f"lab_gpu_throttled{who},reason=power limit reached"] == 1
    assert found[f"lab_gpu_throttled{who},reason=idle"] == 0
    assert found["lab_host_core_ratio,core=1"] == pytest.approx(0.3)
    assert found["lab_host_memory_used_bytes"] == 1000


def test_what_has_no_value_is_no_metric() -> None:
    assert "fan" not in exposition(SNAPSHOT)
    assert "power_watts" not in exposition(SNAPSHOT)


def test_without_a_gpu_there_are_still_metrics() -> None:
    text = exposition(Snapshot(t=0, driver=DriverReading(state=DriverState.NO_DRIVER), host=SNAPSHOT.host))
    assert samples(text)["lab_gpu_driver_up,state=no-driver"] == 0


def test_readings_of_a_driver_that_does_not_answer_are_no_metrics_and_said_to_be_old() -> None:
    silent = replace(SNAPSHOT, t=100.0, heard_at=90.0)
    found = samples(exposition(silent))
    assert found["lab_gpu_driver_up,state=ok"] == 0
    assert found["lab_host_load_1m"] == 0.5
    assert not any(name.startswith("lab_gpu_utilization") for name in found)
    assert "has not answered for 10 s" in report(silent, window(gpu(0)))["message"]


def test_a_missing_client_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "is_available", lambda: False)
    with pytest.raises(LabError, match="pip install prometheus-client"):
        exposition(SNAPSHOT)


def test_the_document_has_null_and_a_reason_for_what_is_not_supported() -> None:
    told = json.loads(json.dumps(report(SNAPSHOT, window(gpu(0)))))
    assert told["status"] == "ok"
    (device,) = told["devices"]
    assert (device["uuid"], device["state"], device["fan_percent"]) == ("GPU-0", "ok", None)
    assert device["reasons"]["fan_percent"] == "not supported by this GPU"
    assert device["over_time"]["power_w"] == {"mean": pytest.approx(200), "lowest": 200, "highest": 200}
    assert told["host"]["over_time"]["num_samples"] == 301


def test_lines_for_people_hold_the_reason_in_place_of_a_value() -> None:
    text = "\n".join(lines(SNAPSHOT))
    assert "fan_percent                  not supported by this GPU" in text
    assert "power limit reached" in text
