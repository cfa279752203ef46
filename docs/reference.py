"""Writes docs/api.md: the public names of core as their docstrings tell them. `make docs` runs it.

Reads the sources (griffe), imports none of them: no framework is loaded.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "api.md"
HEAD = """# API reference

`core` is a library without the browser; nothing in it imports Streamlit. This page is made from docstrings by
`make docs`. Times are in the unit of their name, ratios and shares in 0..1.
"""
MODULES = (
    "core.pruning",
    "core.learning.data",
    "core.learning.models",
    "core.learning.training",
    "core.learning.evaluation",
    "core.latency.measurement",
    "core.latency.export",
    "core.runtimes",
    "core.engine",
    "core.gallery",
    "core.inference",
    "core.digits",
    "core.telemetry",
    "core.analysis.statistics",
    "core.analysis.pareto",
    "core.analysis.constraints",
    "core.records.spec",
    "core.records.run",
    "core.records.latency",
    "core.records.network",
    "core.errors",
)


def page() -> str:
    """Return the whole page as Markdown."""
    core = griffe.load("core", search_paths=[ROOT], resolve_aliases=True, allow_inspection=False)
    modules = [core[name.removeprefix("core.")] for name in MODULES]
    index = "\n".join(f"- [{module.path}](#{module.path.replace('.', '')})" for module in modules)
    return "\n".join([HEAD, index, *(line for module in modules for line in _module(module))]) + "\n"


def _module(module: Any) -> Iterator[str]:
    yield f"\n## {module.path}\n"
    yield _told(module)
    for member in _public(module):
        yield f"\n### {member.name}\n"
        yield from _function(member) if member.is_function else _class(member)


def _public(module: Any) -> list[Any]:
    """Return functions and classes: those that `__all__` names, else those that the module itself defines."""
    named = set(module.exports or ())
    found = [m for m in module.members.values() if m.name in named or (not named and _is_own(m))]
    resolved = [m.final_target if m.is_alias else m for m in found]
    return [m for m in resolved if m.is_function or m.is_class]


def _is_own(member: Any) -> bool:
    return not member.is_alias and not member.name.startswith("_")


def _function(function: Any) -> Iterator[str]:
    yield f"```python\n{function.signature()}\n```"
    yield _told(function)


def _class(shape: Any) -> Iterator[str]:
    yield _told(shape) + "\n"
    inherited = (member.final_target for member in shape.inherited_members.values())
    for member in (*shape.members.values(), *inherited):
        if member.name.startswith("_") or member.is_class:
            continue
        yield f"- `{_line(member)}`" + (f": {first}" if (first := _told(member).split("\n\n")[0]) else "")


def _line(member: Any) -> str:
    if member.is_function:
        return member.signature()
    kind = f": {member.annotation}" if member.annotation else ""
    value = f" = {member.value}" if member.value is not None and "property" not in member.labels else ""
    return f"{member.name}{kind}{value}"


def _told(thing: Any) -> str:
    return thing.docstring.value.strip() if thing.docstring else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
