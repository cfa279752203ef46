import ast
from collections.abc import Iterator

from core.settings import ROOT

UNSAFE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
LOADS_OUR_NETWORKS = {
    "core/cli/export.py",
    "core/cli/study.py",
    "core/latency/export.py",
    "core/latency/loading.py",
}
"""In worker and command line, for files that runs left; nothing of the server is among them."""


def programs() -> Iterator[tuple[str, ast.AST]]:
    for folder in ("core", "ui", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def allows_pickles(node: ast.AST) -> bool:
    is_asked = isinstance(node, ast.keyword) and node.arg == "allow_pickle"
    return is_asked and not (isinstance(node.value, ast.Constant) and node.value.value is False)


def test_nothing_is_unpickled() -> None:
    found = []
    for path, tree in programs():
        found += [f"{path} imports {name}" for name in imported(tree) & UNSAFE]
        found += [
            f"{path}:{node.value.lineno} allows pickles" for node in ast.walk(tree) if allows_pickles(node)
        ]
    assert not found


def test_keras_files_are_loaded_only_where_they_are_our_own() -> None:
    found = {path for path, tree in programs() for _ in calls(tree, "load_model")}
    assert found <= LOADS_OUR_NETWORKS


def test_an_upload_is_read_by_modules_that_know_no_network_library() -> None:
    libraries = {"keras", "tensorflow", "onnx", "onnxruntime", "h5py"}
    readers = [tree for path, tree in programs() if path.startswith(("core/digits/", "ui/digit/", "pages/"))]
    assert readers
    assert not set().union(*(imported(tree) for tree in readers)) & libraries


def test_the_guard_itself_sees_what_it_looks_for() -> None:
    tree = ast.parse(
        "import pickle\nimport numpy as np\nnp.load(f, allow_pickle=True)\nkeras.models.load_model(f)"
    )
    assert imported(tree) & UNSAFE == {"pickle"}
    assert len(list(calls(tree, "load_model"))) == 1
    assert any(allows_pickles(node) for node in ast.walk(tree))
