"""`gpu` and `doctor`: what this machine has, does and lacks."""

import importlib.metadata
import platform
import time
from pathlib import Path
from typing import Any

import click

from core.cli.options import json_option, print_json
from core.errors import LabError
from core.records import to_dict
from core.settings import settings

PACKAGES = (
    *("streamlit", "tensorflow", "keras", "numpy", "plotly", "pandas", "mlflow-skinny", "ai-edge-litert"),
    *("onnxruntime", "openvino", "optuna", "dask", "distributed", "nvidia-ml-py", "psutil"),
)


@click.command()
@click.option("--seconds", type=click.FloatRange(0, 3600), default=1.0, show_default=True)
@json_option
def gpu(seconds: float, as_json: bool) -> None:
    """Read GPUs and host for some seconds and print the last readings."""
    found = _gpu(seconds)
    if as_json:
        print_json(found)
    else:
        click.echo(_gpu_text(found))


def _gpu(seconds: float) -> dict[str, Any]:
    from core.telemetry import sampler

    source = sampler()
    try:
        source.wait(10.0, driver=True)
        time.sleep(seconds)
        snapshot = source.latest()
    finally:
        source.close()
    devices = [to_dict(reading) for reading in snapshot.gpus]
    driver = to_dict(snapshot.driver)
    host = to_dict(snapshot.host) if snapshot.host else None
    return {"status": driver["state"], "driver": driver, "devices": devices, "host": host}


def _gpu_text(found: dict[str, Any]) -> str:
    lines = [
        f"driver: {found['status']}{': ' + found['driver']['detail'] if found['driver']['detail'] else ''}"
    ]
    for device in found["devices"]:
        lines.append(
            f"GPU {device['index']} {device['name']}: {device['utilization_percent']} %, "
            f"{device['memory_used_bytes']} bytes, {device['power_w']} W, {device['temperature_c']} C"
        )
    host = found["host"]
    if host:
        lines.append(f"host: CPU {host['cpu_percent']} %, memory {host['memory_used_bytes']:,} bytes")
    return "\n".join(lines)


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Check versions, processor, GPU and driver, runtimes, data set and run store."""
    checks = {"data": _check(_data), "home": _check(_home), "store": _check(_store)}
    found = {
        "ok": all(check["ok"] for check in checks.values()),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": _cpu(),
        "packages": {name: _version(name) for name in PACKAGES},
        "runtimes": _runtimes(),
        "gpu": _gpu(0.2),
        "checks": checks,
    }
    if as_json:
        print_json(found)
    else:
        click.echo(_doctor_text(found))
    return 0 if found["ok"] else 1


def _check(question: Any) -> dict[str, Any]:
    try:
        return {"ok": True, "message": question()}
    except (LabError, OSError) as error:
        return {"ok": False, "message": str(error)}


def _data() -> str:
    from core.learning.data import load

    data = load()
    sizes = f"{len(data.x_train)} training and {len(data.x_test)} test images"
    return f"{settings().data_file}: {sizes}, hash verified"


def _home() -> str:
    from core.engine.home import Home

    home = Home(settings().home)
    if home.is_owned():
        return f"{home.path}: supervised by {home.owner()}"
    home.path.mkdir(parents=True, exist_ok=True)
    probe = home.path / ".probe"
    probe.write_text("")
    probe.unlink()
    return f"{home.path}: can be written, no process supervises it"


def _store() -> str:
    from core.cli.store import store

    found = store()
    if found is None:
        return f"{settings().tracking_uri}: nothing stored yet"
    return f"{settings().tracking_uri}: {len(found.load())} runs"


def _cpu() -> dict[str, Any]:
    import psutil

    names = [
        line.partition(":")[2].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith(("model name", "Model"))
    ]
    return {
        "name": names[0] if names else platform.processor(),
        "num_cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _runtimes() -> list[dict[str, Any]]:
    from core.latency.runtimes import available

    return [to_dict(info) for info in available()]


def _doctor_text(found: dict[str, Any]) -> str:
    cpu = found["cpu"]
    lines = [
        f"python {found['python']} on {found['system']}",
        f"cpu: {cpu['name']}, {cpu['num_cores']} cores, {cpu['memory_bytes'] / 2**30:.1f} GiB memory",
        _gpu_text(found["gpu"]),
        *(f"{name}: {version or 'not installed'}" for name, version in found["packages"].items()),
        *(f"runtime {r['runtime']}: {r['version'] or 'missing; ' + r['command']}" for r in found["runtimes"]),
        *(f"{name}: {'ok' if c['ok'] else 'FAILED'}, {c['message']}" for name, c in found["checks"].items()),
    ]
    return "\n".join(lines)
