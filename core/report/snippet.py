"""A run as a Python program that does it again without the dashboard, and as the command line for it."""

from dataclasses import fields

from core.records import RunRecord, RunSpec

_PROGRAM = '''"""Does again: {title}
{what}
Run it in the project's folder with the project's Python: .venv/bin/python rebuild.py
It trains, prunes, fine-tunes, evaluates and measures like the dashboard, and leaves model.keras and
model.tflite here. Equal seeds give equal weights on the same machine; another processor may round otherwise.
"""

import base64
from pathlib import Path

from core.pipeline import run
from core.records import EventKind, Job, RunResult, RunSpec, from_dict

spec = RunSpec(
{arguments}
)
files, results = {{}}, []


def listen(kind, data):
    if kind is EventKind.ARTIFACT:
        files[data["name"]] = data["base64"]
    elif kind is EventKind.RESULT:
        results.append(from_dict(RunResult, data["result"]))
    elif kind in (EventKind.STAGE, EventKind.EPOCH):
        print(kind, data)


{steps}
for name in ("model.keras", "model.tflite"):
    Path(name).write_bytes(base64.b64decode(files[name]))
result = results[-1]
print(result.errors, "errors on", result.num_test_images, "test images,", result.parameters, "parameters")
for row in result.latency:
    print(row.runtime, row.p50_ms, "ms, speed-up", row.speedup, *row.warnings)
'''

_DENSE = 'run(Job(run_id="again", spec=spec), listen)'
_PRUNED = """run(Job(run_id="dense", spec=spec.baseline()), listen)
job = Job(run_id="again", spec=spec, baseline_model=files["model.keras"], baseline_result=results[-1])
run(job, listen)"""


def snippet(record: RunRecord) -> str:
    """Return a program that makes the network of `record` again; no text of a visitor is in it."""
    spec = record.spec
    arguments = [f"    {field.name}={_literal(getattr(spec, field.name))}," for field in fields(RunSpec)]
    return _PROGRAM.format(
        title=spec.title,
        what=_measured(record),
        arguments="\n".join(arguments),
        steps=_DENSE if spec.is_baseline else _PRUNED,
    )


def command(record: RunRecord) -> str:
    """Return the command line that asks for the same run; options at their default are left out."""
    spec = record.spec
    default = RunSpec(architecture=spec.architecture, conv=spec.conv, method=spec.method, ratio=spec.ratio)
    words = ["python -m core run"]
    for field in fields(RunSpec):
        value = getattr(spec, field.name)
        always = field.name in ("architecture", "conv", "method", "ratio")
        if always or value != getattr(default, field.name):
            words += _option(field.name.replace("_", "-"), value)
    return " ".join(words)


def _option(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, tuple):
        return [f"--{name} {item}" for item in value]
    return [f"--{name} {value:g}" if isinstance(value, float) else f"--{name} {value}"]


def _literal(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else repr(value)


def _measured(record: RunRecord) -> str:
    if record.result is None:
        return "The run has no result to compare with."
    result = record.result
    return (
        f"Run {record.run_id} made {result.errors} errors on {result.num_test_images:,} test images "
        f"with {result.parameters:,} parameters."
    )
