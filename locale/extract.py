"""Bring locale/*.po up to date: `python locale/extract.py` adds new texts, empty, and drops unused ones.

The texts are the literal first arguments of `t(...)` and `mark(...)`, found in the syntax tree. Exits with 1
where a text has no translation yet.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
SOURCES = ("core", "ui", "pages", "app.py")
CALLS = frozenset(("t", "mark"))


def texts(root: Path = HERE.parent) -> dict[str, list[str]]:
    """Return every text with the files that use it, in order of appearance."""
    found: dict[str, list[str]] = {}
    for path in _files(root):
        for text in _texts(ast.parse(path.read_text())):
            users = found.setdefault(text, [])
            name = str(path.relative_to(root))
            if name not in users:
                users.append(name)
    return found


def unreadable(root: Path = HERE.parent) -> list[str]:
    """Return the calls whose text is put together, and so cannot be found; `t(x)` of a marked text may be."""
    return [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in _files(root)
        for node in ast.walk(ast.parse(path.read_text()))
        if _is_call(node) and node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]


def _files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = root / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if _is_call(node) and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS


def updated(old: Catalog, wanted: dict[str, list[str]]) -> Catalog:
    """Return a catalogue of just the `wanted` texts, with the translations that `old` has."""
    new = Catalog(locale=old.locale, project="Pruning Lab", fuzzy=False, creation_date=old.creation_date)
    for text, users in wanted.items():
        entry = old.get(text)
        new.add(text, entry.string if entry else "", locations=[(user, 0) for user in users])
    return new


def main() -> int:
    wanted, missing = texts(), 0
    for path in sorted(HERE.glob("*.po")):
        with path.open("rb") as file:
            old = read_po(file, locale=path.stem)
        new = updated(old, wanted)
        with path.open("wb") as file:
            write_po(file, new, include_lineno=False, omit_header=False, width=110)
        empty = [text for text in wanted if not new[text].string]
        missing += len(empty)
        print(f"{path.name}: {len(wanted)} texts, {len(empty)} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
