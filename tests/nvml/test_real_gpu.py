import time

import pytest

from core.records import DriverState, GpuState
from core.telemetry.sampling import Sampler

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def sampler():
    made = Sampler()
    made.ask_pcie()
    made.wait(30.0, driver=True)
    time.sleep(4)
    made.ask_pcie()
    time.sleep(1.5)
    yield made
    made.close()


def test_a_real_driver_answers(sampler):
    driver = sampler.latest().driver
    assert driver.state is DriverState.OK
    assert driver.driver_version
    assert driver.cuda_version


def test_a_real_gpu_tells_what_every_gpu_tells(sampler):
    gpu = sampler.latest().gpus[0]
    assert gpu.state in (GpuState.OK, GpuState.MIG)
    assert gpu.uuid.startswith("GPU-")
    assert 0 < gpu.memory_used_bytes < gpu.memory_total_bytes
    assert 0 < gpu.power_w < 2000
    assert 10 < gpu.temperature_c < 110
    assert gpu.sm_clock_mhz > 0
    assert gpu.throttle_reasons is not None
    assert gpu.processes is not None


def test_real_energy_agrees_with_real_power(sampler):
    series = sampler.window(60).gpus[0].series
    t, energy, power = series.t, series.values["energy_j"], series.values["power_w"]
    watts = (energy[-1] - energy[0]) / (t[-1] - t[0])
    assert watts == pytest.approx(power.mean(), rel=0.35)


def test_each_reading_of_a_real_gpu_has_a_value_or_a_reason(sampler):
    gpu = sampler.latest().gpus[0]
    unexplained = [
        field
        for field in gpu.__dataclass_fields__
        if getattr(gpu, field) is None and field not in gpu.reasons
    ]
    assert unexplained == []


def test_tensorflow_sees_the_gpu_that_its_uuid_names(sampler):
    import os
    import subprocess
    import sys

    from core.telemetry.choice import visible_devices

    gpu = sampler.latest().gpus[0]
    code = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": visible_devices("gpu:0", [gpu])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split()[-1] == "1"
