"""The one place that talks to NVML: a question is answered by a value or a Refusal, never by an exception.

Not thread-safe: one thread asks (the sampler's). It keeps no readings and does not decide how often to ask.
"""

import _ctypes
import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import pynvml

from core.telemetry import library
from core.telemetry.refusal import (
    ECC_OFF,
    INSUFFICIENT_SIZE,
    NO_FUNCTION,
    NO_LIBRARY,
    UNAVAILABLE,
    UNREADABLE,
    Reach,
    Refusal,
    refusal,
)

ABSENT_64 = 2**64 - 1
ABSENT_32 = 2**32 - 1
"""NVML's marks for a value that it does not have (NVML_VALUE_NOT_AVAILABLE)."""


def nothing() -> None:
    """Do nothing between two questions."""


between: Callable[[], None] = nothing
"""Called after every question: a driver may take long over each, so its answers are told as they come."""


def query(call: Callable[..., Any], *arguments: object) -> Any:
    """Return what `call` answers, or a Refusal. Text that is not UTF-8 comes with its odd bytes replaced."""
    answer = _answer(call, *arguments)
    between()
    return answer


def _answer(call: Callable[..., Any], *arguments: object) -> Any:
    try:
        return call(*arguments)
    except pynvml.NVMLError as error:
        return refusal(error.value)
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "replace")
    except (ValueError, IndexError, OSError, AttributeError, MemoryError, ctypes.ArgumentError) as error:
        return Refusal(UNREADABLE, f"the driver's answer is unreadable ({type(error).__name__})")


def first(*attempts: Callable[[], Any]) -> Any:
    """Return the first answer among older and newer ways to ask; else the refusal that says most."""
    refused = None
    for attempt in attempts:
        answer = query(attempt)
        if not isinstance(answer, Refusal):
            return answer
        if answer.reach is not Reach.FIELD or not answer.lasting:
            return answer
        refused = answer if refused is None or refused.code == NO_FUNCTION else refused
    return refused


def clean(text: object) -> str | None:
    """Return `text` without control characters and outer blanks; None where nothing is left."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)).strip() or None


def start() -> Refusal | None:
    """Load the library and initialise NVML; return None, or why it refuses. May block for seconds."""
    refused = query(pynvml.nvmlInit)
    if isinstance(refused, Refusal) and refused.code == NO_LIBRARY:
        refused = _start_elsewhere(refused)
    if isinstance(refused, Refusal):
        forget()
        return refused
    return None


def _start_elsewhere(refused: Refusal) -> Any:
    for path in library.candidates():
        loaded = query(ctypes.CDLL, path)
        if not isinstance(loaded, Refusal):
            pynvml.nvmlLib = loaded
            return query(pynvml.nvmlInit)
    return refused


def stop() -> None:
    """Close NVML and let the library go, so that the next start meets what is installed then."""
    query(pynvml.nvmlShutdown)
    forget()


def forget() -> None:
    """Drop the loaded library: a process that keeps it would never see a newer driver.

    pynvml has no call for this; its two module variables are reset and the handle is closed.
    """
    loaded = pynvml.nvmlLib
    pynvml.nvmlLib = None
    pynvml._nvmlGetFunctionPointer_cache.clear()
    pynvml._nvmlLib_refcount = 0
    if loaded is not None:
        query(_ctypes.dlclose, loaded._handle)


def versions() -> dict[str, Any]:
    """Return driver_version, cuda_version and nvml_version, each text or a Refusal."""
    cuda = first(pynvml.nvmlSystemGetCudaDriverVersion_v2, pynvml.nvmlSystemGetCudaDriverVersion)
    return {
        "driver_version": _text(query(pynvml.nvmlSystemGetDriverVersion)),
        "cuda_version": cuda if isinstance(cuda, Refusal) else f"{cuda // 1000}.{cuda % 1000 // 10}",
        "nvml_version": _text(query(pynvml.nvmlSystemGetNVMLVersion)),
    }


def count() -> int | Refusal:
    """Return the number of GPUs that the driver knows."""
    found: int | Refusal = first(pynvml.nvmlDeviceGetCount)
    return found


def handle(index: int) -> Any:
    """Return the driver's handle of GPU number `index`, in the order of the PCI bus, or a Refusal."""
    return query(pynvml.nvmlDeviceGetHandleByIndex, index)


def process_name(pid: int) -> str | None:
    """Return the last part of the executable's name by the driver; None where it does not tell."""
    name = query(pynvml.nvmlSystemGetProcessName, pid)
    return None if isinstance(name, Refusal) else clean(str(name).rsplit("/", 1)[-1])


def _text(answer: Any) -> Any:
    return answer if isinstance(answer, Refusal) else clean(answer) or UNAVAILABLE


def number(value: Any, *, per: int = 1, highest: float | None = None) -> Any:
    """Return `value` / `per`, or a Refusal where it is NVML's mark for none or above what can be."""
    if value in (ABSENT_32, ABSENT_64):
        return UNAVAILABLE
    if highest is not None and value > highest:
        return Refusal(UNREADABLE, f"the driver answered {value}, above the {highest:g} that can be")
    return value if per == 1 else value / per


def field_values(device: Any, ids: Sequence[int]) -> list[Any]:
    """Return the values of NVML's numbered fields, each a number or a Refusal; one call for all."""
    answers = query(pynvml.nvmlDeviceGetFieldValues, device, list(ids))
    if isinstance(answers, Refusal):
        return [answers] * len(ids)
    return [_field_value(answer) for answer in answers]


_MEMBERS = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal", 6: "usVal"}
"""nvmlValueType_t to the member of the union that holds the value."""


def _field_value(answer: Any) -> Any:
    if answer.nvmlReturn != pynvml.NVML_SUCCESS:
        return refusal(answer.nvmlReturn)
    member = _MEMBERS.get(answer.valueType)
    return getattr(answer.value, member) if member else UNAVAILABLE


def identity_of(device: Any) -> tuple[Any, ...]:
    """Return name, UUID and PCI bus id."""
    bus = query(lambda: pynvml.nvmlDeviceGetPciInfo(device).busId)
    if isinstance(bus, bytes):
        bus = bus.decode("utf-8", "replace")
    return (
        _text(query(pynvml.nvmlDeviceGetName, device)),
        _text(query(pynvml.nvmlDeviceGetUUID, device)),
        _text(bus),
    )


def utilization(device: Any) -> tuple[Any, ...]:
    """Return the shares of time, in percent, with a kernel running and with memory being moved."""
    rates = query(pynvml.nvmlDeviceGetUtilizationRates, device)
    if isinstance(rates, Refusal):
        return (rates, rates)
    return number(rates.gpu, highest=100), number(rates.memory, highest=100)


def memory(device: Any) -> tuple[Any, ...]:
    """Return used, free and total bytes; the newer call leaves out what the driver reserves for itself."""
    info = first(
        lambda: pynvml.nvmlDeviceGetMemoryInfo(device, version=pynvml.nvmlMemory_v2),
        lambda: pynvml.nvmlDeviceGetMemoryInfo(device),
    )
    if isinstance(info, Refusal):
        return (info, info, info)
    return number(info.used), number(info.free), number(info.total)


def power_w(device: Any) -> tuple[Any, ...]:
    return (_measured(1000, pynvml.nvmlDeviceGetPowerUsage, device),)


def power_limit_w(device: Any) -> tuple[Any, ...]:
    """Return the limit in force, else the one that is set."""
    limit = first(
        lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(device),
        lambda: pynvml.nvmlDeviceGetPowerManagementLimit(device),
    )
    return (limit if isinstance(limit, Refusal) else number(limit, per=1000),)


def energy_j(device: Any) -> tuple[Any, ...]:
    """Return the counter of joules since the driver was loaded (Volta and newer)."""
    return (_measured(1000, pynvml.nvmlDeviceGetTotalEnergyConsumption, device),)


def temperature_c(device: Any) -> tuple[Any, ...]:
    value = first(
        lambda: pynvml.nvmlDeviceGetTemperature(device, pynvml.NVML_TEMPERATURE_GPU),
        lambda: pynvml.nvmlDeviceGetTemperatureV(device, pynvml.NVML_TEMPERATURE_GPU),
    )
    return (value if isinstance(value, Refusal) else number(value),)


def thresholds_c(device: Any) -> tuple[Any, ...]:
    """Return where the GPU slows down, where it shuts down and the highest temperature to work at.

    Hopper and newer give no such thresholds but a distance to the limit ("T.Limit"); they are made from that.
    """
    kinds = (
        pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,
        pynvml.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN,
        pynvml.NVML_TEMPERATURE_THRESHOLD_GPU_MAX,
    )
    given = tuple(_measured(1, pynvml.nvmlDeviceGetTemperatureThreshold, device, kind) for kind in kinds)
    if any(not isinstance(value, Refusal) for value in given):
        return given
    return _thresholds_by_distance(device) or given


def _thresholds_by_distance(device: Any) -> tuple[Any, ...] | None:
    margin = query(pynvml.nvmlDeviceGetMarginTemperature, device)
    (now,) = temperature_c(device)
    if isinstance(margin, Refusal) or isinstance(now, Refusal):
        return None
    ids = (
        pynvml.NVML_FI_DEV_TEMPERATURE_SLOWDOWN_TLIMIT,
        pynvml.NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT,
        pynvml.NVML_FI_DEV_TEMPERATURE_GPU_MAX_TLIMIT,
    )
    return tuple(
        value if isinstance(value, Refusal) else now + margin - value for value in field_values(device, ids)
    )


def clocks_mhz(device: Any) -> tuple[Any, ...]:
    """Return the clocks of the multiprocessors and of the memory."""
    return tuple(
        _measured(1, pynvml.nvmlDeviceGetClockInfo, device, kind)
        for kind in (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM)
    )


def max_clocks_mhz(device: Any) -> tuple[Any, ...]:
    return tuple(
        _measured(1, pynvml.nvmlDeviceGetMaxClockInfo, device, kind)
        for kind in (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM)
    )


def fan_percent(device: Any) -> tuple[Any, ...]:
    """Return the fan's speed; NVML allows it to exceed 100 %."""
    speed = first(
        lambda: pynvml.nvmlDeviceGetFanSpeed(device), lambda: pynvml.nvmlDeviceGetFanSpeed_v2(device, 0)
    )
    return (speed if isinstance(speed, Refusal) else number(speed),)


def performance_state(device: Any) -> tuple[Any, ...]:
    """Return 0 (fastest) to 15."""
    state = query(pynvml.nvmlDeviceGetPerformanceState, device)
    if state == pynvml.NVML_PSTATE_UNKNOWN:
        return (UNAVAILABLE,)
    return (state if isinstance(state, Refusal) else number(state, highest=15),)


def throttle_bits(device: Any) -> tuple[Any, ...]:
    """Return the mask of reasons for the present clocks; the call changed its name in driver 535."""
    return (
        first(
            lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(device),
            lambda: pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(device),
        ),
    )


def ecc(device: Any) -> tuple[Any, ...]:
    """Return whether ECC is on and the corrected and uncorrected errors since the driver was loaded."""
    mode = query(pynvml.nvmlDeviceGetEccMode, device)
    if isinstance(mode, Refusal):
        return (mode, mode, mode)
    if not mode[0]:
        return (False, ECC_OFF, ECC_OFF)
    kinds = (pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED)
    errors = (
        _measured(1, pynvml.nvmlDeviceGetTotalEccErrors, device, kind, pynvml.NVML_VOLATILE_ECC)
        for kind in kinds
    )
    return (True, *errors)


def pcie_bytes_per_s(device: Any) -> tuple[Any, ...]:
    """Return received and sent bytes a second; the driver counts for 20 ms for each of the two."""
    counters = (pynvml.NVML_PCIE_UTIL_RX_BYTES, pynvml.NVML_PCIE_UTIL_TX_BYTES)
    kilobytes = (_measured(1, pynvml.nvmlDeviceGetPcieThroughput, device, counter) for counter in counters)
    return tuple(value if isinstance(value, Refusal) else value * 1024 for value in kilobytes)


def running(device: Any) -> list[tuple[int, str, int | None, int | None]] | Refusal:
    """Return pid, kind, bytes and MIG instance of each process; a list that grew meanwhile is read again."""
    compute = _listed(
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v3(device),
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v2(device),
    )
    graphics = _listed(
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3(device),
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v2(device),
    )
    if isinstance(compute, Refusal):  # graphics alone would hide what is asked for
        return compute
    found: dict[int, tuple[int, str, int | None, int | None]] = {}
    for kind, processes in (("compute", compute), ("graphics", graphics)):
        for process in () if isinstance(processes, Refusal) else processes:
            both = kind if process.pid not in found else "compute and graphics"
            instance = None if process.gpuInstanceId == ABSENT_32 else process.gpuInstanceId
            used = None if process.usedGpuMemory in (None, ABSENT_64) else process.usedGpuMemory
            found[process.pid] = (process.pid, both, used, instance)
    return list(found.values())


def _listed(*attempts: Callable[[], Any]) -> Any:
    for _ in range(4):
        answer = first(*attempts)
        if not (isinstance(answer, Refusal) and answer.code == INSUFFICIENT_SIZE):
            break
    return answer


def mig_enabled(device: Any) -> bool | Refusal:
    mode = query(pynvml.nvmlDeviceGetMigMode, device)
    return mode if isinstance(mode, Refusal) else bool(mode[0])


def mig_handles(device: Any) -> list[Any] | Refusal:
    """Return the handles of the MIG instances that exist."""
    most = query(pynvml.nvmlDeviceGetMaxMigDeviceCount, device)
    if isinstance(most, Refusal):
        return most
    slots = (query(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, device, slot) for slot in range(most))
    return [slot for slot in slots if not isinstance(slot, Refusal)]


def mig_ids(instance: Any) -> tuple[Any, ...]:
    """Return GPU instance, compute instance and number of multiprocessors of a MIG instance."""
    attributes = query(pynvml.nvmlDeviceGetAttributes, instance)
    return (
        query(pynvml.nvmlDeviceGetGpuInstanceId, instance),
        query(pynvml.nvmlDeviceGetComputeInstanceId, instance),
        attributes if isinstance(attributes, Refusal) else attributes.multiprocessorCount,
    )


def _measured(per: int, call: Callable[..., Any], *arguments: object) -> Any:
    value = query(call, *arguments)
    return value if isinstance(value, Refusal) else number(value, per=per)
