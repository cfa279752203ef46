"""Which runtimes are here, with version, or the one command that would add them.

Looks at installed packages only; imports none of them.
"""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from core.errors import MeasurementError
from core.records import GPU_RUNTIMES, Runtime, RuntimeInfo

TENSORFLOW = (Runtime.KERAS_PREDICT, Runtime.KERAS_CALL, Runtime.TF_FUNCTION, Runtime.TF_XLA)
LITERT = (Runtime.LITERT_FP32, Runtime.LITERT_FP16, Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC)
DEFAULT = (Runtime.LITERT_FP32, Runtime.TF_FUNCTION)
"""What every run is measured on, the quickest to start first."""

_PACKAGES: dict[Runtime, tuple[str, ...]] = {
    **dict.fromkeys(TENSORFLOW, ("tensorflow",)),
    **dict.fromkeys(LITERT, ("ai-edge-litert",)),
    Runtime.ONNXRUNTIME: ("onnxruntime", "onnxruntime-gpu"),
    Runtime.OPENVINO: ("openvino",),
}
_PROVIDERS = {
    "providers_cuda": "CUDA",
    "providers_tensorrt": "TensorRT",
    "providers_nv_tensorrt_rtx": "TensorRT RTX",
    "providers_openvino": "OpenVINO",
    "providers_migraphx": "MIGraphX",
    "providers_rocm": "ROCm",
}
"""Part of a library's name to the provider in it; ONNX Runtime loads it when it is asked to."""
_SUFFIXES = {
    ".keras": tuple(Runtime),
    ".tflite": LITERT,
    ".onnx": (Runtime.ONNXRUNTIME, Runtime.OPENVINO),
}


@cache
def available() -> tuple[RuntimeInfo, ...]:
    """Return every runtime of this program, present or not, in the order of the ladder."""
    return tuple(_info(runtime) for runtime in Runtime)


def _info(runtime: Runtime) -> RuntimeInfo:
    packages = _PACKAGES[runtime]
    for package in packages:
        try:
            found = f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
        if runtime is Runtime.ONNXRUNTIME:
            found += f" ({', '.join(providers())})"
        return RuntimeInfo(runtime=runtime, version=found)
    return RuntimeInfo(runtime=runtime, command=f"pip install {packages[0]}")


def providers() -> tuple[str, ...]:
    """Return ONNX Runtime's execution providers, CPU first, by the libraries in its package."""
    found = find_spec("onnxruntime")
    folders = [Path(folder) / "capi" for folder in (found.submodule_search_locations or ())] if found else []
    names = {path.name for folder in folders for path in folder.glob("*onnxruntime_providers_*")}
    others = [title for part, title in _PROVIDERS.items() if any(part in name for name in names)]
    return ("CPU", *others)


def present() -> tuple[Runtime, ...]:
    """Return the runtimes that are installed."""
    return tuple(info.runtime for info in available() if info.is_present)


def named(name: str) -> Runtime:
    """Return the runtime called `name`; raises MeasurementError with what is allowed."""
    try:
        return Runtime(name)
    except ValueError:
        raise MeasurementError(f"runtime is {name!r}; allowed: {', '.join(Runtime)}.") from None


def for_file(path: Path) -> tuple[Runtime, ...]:
    """Return the installed runtimes that can load `path`; raises MeasurementError for other kinds of file."""
    if path.suffix not in _SUFFIXES:
        raise MeasurementError(f"{path.name} is no network file; allowed: {', '.join(_SUFFIXES)}.")
    return tuple(runtime for runtime in _SUFFIXES[path.suffix] if runtime in present())


def device_of(runtime: Runtime, asked: str) -> str:
    """Return where `runtime` is measured when `asked` (cpu or gpu:N) is: on the cpu where it knows no GPU."""
    return asked if runtime in GPU_RUNTIMES else "cpu"


def missing_reason(runtime: Runtime) -> str | None:
    """Return why `runtime` cannot be used here, or None where it can."""
    info = next(info for info in available() if info.runtime is runtime)
    return None if info.is_present else f"{runtime} is not installed here; add it with: {info.command}"
