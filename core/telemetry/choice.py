"""Which GPU a run gets: the number that people choose is NVML's, the name that CUDA gets is the UUID.

The two number GPUs alike only in the order of the PCI bus, and not where some are hidden from CUDA.
"""

from collections.abc import Sequence

from core.errors import SpecError
from core.records import GpuReading, GpuState
from core.telemetry import sampler

NONE = "-1"
START_S = 10.0
"""How long a driver may take to start: a GPU without persistence mode needs seconds."""


def visible_to_cuda(device: str) -> str:
    """Return CUDA_VISIBLE_DEVICES for `device` on this machine, waiting for the driver where it needs one.

    Where no driver tells a GPU, the number stands as it is: CUDA will say what is wrong. Raises SpecError.
    """
    kind, _, number = device.partition(":")
    if kind != "gpu":
        return NONE
    gpus = sampler().wait(START_S, driver=True).gpus
    return visible_devices(device, gpus) if gpus else number


def visible_devices(device: str, gpus: Sequence[GpuReading]) -> str:
    """Return CUDA_VISIBLE_DEVICES: none for `cpu`, the UUID of NVML's number N for `gpu:N`.

    A GPU that is divided gives its first instance: CUDA uses one at a time. Without a UUID, the number is
    right with CUDA_DEVICE_ORDER=PCI_BUS_ID. Raises SpecError where there is no such GPU.
    """
    kind, _, number = device.partition(":")
    if kind != "gpu":
        return NONE
    chosen = next((gpu for gpu in gpus if str(gpu.index) == number), None)
    if chosen is None:
        raise SpecError(f"device is {device!r}; here: {', '.join(devices(gpus))}.")
    if chosen.mig_enabled:
        instances = [instance.uuid for instance in chosen.mig_instances or () if instance.uuid]
        if not instances:
            raise SpecError(
                f"{device} is divided (MIG) but has no instance; make one with nvidia-smi mig -cgi."
            )
        return instances[0]
    return chosen.uuid or number


def devices(gpus: Sequence[GpuReading]) -> tuple[str, ...]:
    """Return the devices that a run may ask for: `cpu`, then each GPU that works."""
    working = (gpu for gpu in gpus if gpu.state in (GpuState.OK, GpuState.MIG))
    return ("cpu", *(f"gpu:{gpu.index}" for gpu in working))
