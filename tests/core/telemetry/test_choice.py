import pytest

from core.errors import SpecError
from core.records import GpuReading, GpuState, MigInstance
from core.telemetry.choice import devices, visible_devices

GPUS = (
    GpuReading(t=0, index=0, key="GPU-a", uuid="GPU-a", name="Small"),
    GpuReading(t=0, index=1, key="GPU-b", uuid="GPU-b", name="Large"),
    GpuReading(t=0, index=2, key="c", state=GpuState.LOST),
)


def test_a_run_on_the_processor_sees_no_gpu() -> None:
    assert visible_devices("cpu", GPUS) == "-1"


def test_a_gpu_is_named_by_its_uuid_whatever_order_cuda_counts_in() -> None:
    assert visible_devices("gpu:1", GPUS) == "GPU-b"


def test_without_a_uuid_the_number_stays() -> None:
    assert visible_devices("gpu:0", [GpuReading(t=0, index=0, key="x")]) == "0"


def test_a_gpu_that_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(SpecError, match=r"'gpu:7'; here: cpu, gpu:0, gpu:1\."):
        visible_devices("gpu:7", GPUS)


def test_a_divided_gpu_gives_its_first_instance() -> None:
    instances = (MigInstance(uuid="MIG-1"), MigInstance(uuid="MIG-2"))
    divided = GpuReading(t=0, index=0, key="x", uuid="GPU-x", mig_enabled=True, mig_instances=instances)
    assert visible_devices("gpu:0", [divided]) == "MIG-1"
    with pytest.raises(SpecError, match="no instance"):
        visible_devices("gpu:0", [GpuReading(t=0, index=0, key="x", mig_enabled=True, mig_instances=())])


def test_only_gpus_that_work_can_be_chosen() -> None:
    assert devices(GPUS) == ("cpu", "gpu:0", "gpu:1")
