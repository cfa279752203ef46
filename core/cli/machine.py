"""`doctor`: what this machine has, does and lacks."""

import importlib.metadata
import platform
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
        "gpu": _gpu(),
        "checks": checks,
    }
    if as_json:
        print_json(found)
    else:
        click.echo(_doctor_text(found))
    return 0 if found["ok"] else 1


def _gpu() -> dict[str, Any]:
    from core.telemetry.report import report, watched

    return report(*watched(0.2))


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

    from core.latency.conditions import cpu_name

    return {
        "name": cpu_name(),
        "num_cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _runtimes() -> list[dict[str, Any]]:
    from core.runtimes import available

    return [to_dict(info) for info in available()]


def _doctor_text(found: dict[str, Any]) -> str:
    cpu = found["cpu"]
    lines = [
        f"python {found['python']} on {found['system']}",
        f"cpu: {cpu['name']}, {cpu['num_cores']} cores, {cpu['memory_bytes'] / 2**30:.1f} GiB memory",
        f"GPU: {found['gpu']['message']}",
        *(f"{name}: {version or 'not installed'}" for name, version in found["packages"].items()),
        *(f"runtime {r['runtime']}: {r['version'] or 'missing; ' + r['command']}" for r in found["runtimes"]),
        *(f"{name}: {'ok' if c['ok'] else 'FAILED'}, {c['message']}" for name, c in found["checks"].items()),
    ]
    return "\n".join(lines)
