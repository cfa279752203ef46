import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT

SERVER_ROOMS = (
    "engine",
    "tracking",
    "telemetry",
    "digits",
    "inference",
    "gallery",
    "analysis",
    "report",
    "charts",
)
BASE = ("core.records", "core.settings", "core.errors", "core.text")
TRAINING = ("core.learning", "core.pruning", "core.latency", "core.pipeline")
HEAVY = ("keras", "tensorflow", "tf2onnx", "onnxruntime", "openvino")
ARROWS = {
    "core": (
        "never streamlit, nor the rooms that draw",
        ("streamlit", "ui", "pages", "app"),
    ),
    "core/records": ("only errors", (*(f"core.{room}" for room in SERVER_ROOMS), *TRAINING, "core.text")),
    "core/analysis": (
        "pure: no store, no files, no network",
        (
            "core.tracking",
            "core.engine",
            "core.gallery",
            "core.charts",
            "core.telemetry",
            *TRAINING,
            *HEAVY,
            "plotly",
        ),
    ),
    "core/charts": (
        "figures from records only",
        ("core.tracking", "core.engine", "core.gallery", *TRAINING, *HEAVY),
    ),
    "core/engine": ("starts workers, never imports them", (*TRAINING, "core.worker", *HEAVY)),
    "core/telemetry": ("reads machines only", ("core.engine", "core.tracking", *TRAINING, *HEAVY)),
    "core/digits": ("from bytes to 28x28 only", ("core.engine", "core.tracking", *TRAINING, *HEAVY)),
    "ui": (
        "knows no store, no driver, no network",
        ("pages", "app", "mlflow", "pynvml", "sqlite3", *TRAINING, *HEAVY),
    ),
    "pages": ("knows no store, no driver, no network", ("mlflow", "pynvml", "sqlite3", *TRAINING, *HEAVY)),
    "core/learning": (
        "trains, shows nothing",
        ("core.engine", "core.tracking", "core.charts", "core.gallery"),
    ),
    "core/pruning": (
        "prunes, shows nothing",
        ("core.engine", "core.tracking", "core.charts", "core.gallery"),
    ),
}
READING = "core.learning.data"
"""The data set: read by training and by pages alike, without Keras."""
ONLY = {"mlflow": ("core/tracking.py",), "pynvml": ("core/telemetry/nvml.py",)}


def sources(room: str) -> list[Path]:
    folder = ROOT / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, also within functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, parent: str) -> bool:
    return name == parent or name.startswith(f"{parent}.")


def is_reading(name: str) -> bool:
    return is_below(name, READING) or name == READING.rpartition(".")[0]


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_imports_only_what_its_arrows_allow(room: str) -> None:
    reason, banned = ARROWS[room]
    found = [
        f"{path.relative_to(ROOT)} imports {name} ({reason})"
        for path in sources(room)
        for name in imports(path)
        if any(is_below(name, parent) for parent in banned) and not is_reading(name)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("module", ONLY)
def test_only_one_module_talks_to(module: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for room in ("core", "ui", "pages", "app.py")
        for path in sources(room)
        if any(is_below(name, module) for name in imports(path))
    }
    assert users <= set(ONLY[module])


def test_no_page_defines_the_session_keys_of_others() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("pages")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "st.session_state"
        and isinstance(node.slice, ast.Constant)
    ]
    assert not found


CHANGES = (
    "submit",
    "submit_sweep",
    "cancel",
    "cancel_sweep",
    "retry",
    "move",
    "delete",
    "annotate",
    "study",
    "study_crossing",
    "cancel_study",
    "submit_search",
    "cancel_search",
)


def test_pages_change_runs_only_through_the_visitors_rights() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("ui", "pages")
        for path in sources(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in CHANGES
        and ast.unparse(node.value) == "resources.engine()"
    ]
    assert not found


def test_the_server_process_never_loads_a_training_library(tmp_path: Path) -> None:
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
import app
from ui import resources, shell
resources.painted()
resources.start()
at = AppTest.from_file("ui/main.py", default_timeout=60).run()
for screen in shell.screens()[1:]:
    at.switch_page(f"pages/{{screen.name}}.py".join([{str(ROOT)!r} + "/", ""])).run()
    assert not at.exception, (screen.name, at.exception)
resources.close()
print("LOADED", sorted(set(m.split(".")[0] for m in sys.modules) & set({HEAVY!r})))
"""
    env = {**os.environ, "PRUNING_LAB_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "LOADED []" in done.stdout, done.stdout[-500:]


def test_the_first_page_is_drawn_before_the_store_is_loaded(tmp_path: Path) -> None:
    script = """
import sys
from streamlit.testing.v1 import AppTest
import app
from ui import resources
resources._starting.set()  # as while the engine is being made, by a thread that waits for this page
at = AppTest.from_file("ui/main.py", default_timeout=60).run()
assert not at.exception, at.exception
assert resources._painted.is_set()
print(at.title[0].value, len(at.button), "LOADED", sorted({"mlflow", "sqlalchemy"} & set(sys.modules)))
"""
    env = {**os.environ, "PRUNING_LAB_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("Overview")
    assert "LOADED []" in done.stdout, done.stdout[-500:]
