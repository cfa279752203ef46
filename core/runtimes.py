"""Which runtimes are here, with version, or the one command that would add them.

Looks at installed packages only; imports none of them.
"""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.errors import MeasurementError
from core.records import Runtime, RuntimeInfo

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
_SUFFIXES = {
    ".keras": tuple(Runtime),
    ".tflite": (Runtime.LITERT_FP32,),
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
            return RuntimeInfo(runtime=runtime, version=f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return RuntimeInfo(runtime=runtime, command=f"pip install {packages[0]}")


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


def missing_reason(runtime: Runtime) -> str | None:
    """Return why `runtime` cannot be used here, or None where it can."""
    info = next(info for info in available() if info.runtime is runtime)
    return None if info.is_present else f"{runtime} is not installed here; add it with: {info.command}"
