"""The options that describe a run, shared by `run` and `sweep`, and the words that several verbs use."""

import json
from collections.abc import Callable
from typing import Any

import click

from core.records import Architecture, Convolution, Cost, Criterion, Method, RunSpec, Schedule, Scope
from core.records.spec import spec_fields

Command = Callable[..., Any]

_OPTIONS: tuple[tuple[str, Any, str], ...] = (
    ("--architecture", str, f"network: {', '.join(Architecture)}"),
    ("--conv", str, f"convolutions: {', '.join(Convolution)}"),
    ("--method", str, f"what to do: {', '.join(Method)}"),
    (
        "--ratio",
        float,
        "share to remove, 0 <= R < 1: channels (structured), weights, cost (lagrangian)",
    ),
    ("--criterion", str, f"importance: {', '.join(Criterion)}"),
    ("--scope", str, f"where the ratio holds: {', '.join(Scope)}"),
    ("--cost", str, f"what lagrangian saves: {', '.join(Cost)}"),
    ("--round-to", int, "keep a multiple of N channels"),
    ("--schedule", str, f"how pruning proceeds: {', '.join(Schedule)}"),
    ("--epochs", int, "passes of the dense training"),
    ("--finetune-epochs", int, "passes after pruning"),
    ("--batch-size", int, "images a step"),
    ("--seed", int, "random seed"),
    ("--device", str, "cpu or gpu:N"),
)
_FLAGS = (
    ("--distill", "fine-tune with the dense network as teacher"),
    ("--augment/--no-augment", "distort the training images, or not"),
)


def spec_options(command: Command) -> Command:
    """Add one option for each field of a spec."""
    for name, help_text in reversed(_FLAGS):
        command = click.option(name, is_flag=True, default=None, help=help_text)(command)
    command = click.option("--ignore", multiple=True, metavar="LAYER", help="leave a layer whole")(command)
    for name, kind, help_text in reversed(_OPTIONS):
        command = click.option(name, type=kind, help=help_text)(command)
    return command


def spec_choices(command: Command) -> Command:
    """Add the same options, each repeatable."""
    for name, help_text in reversed(_FLAGS):
        command = click.option(name, is_flag=True, default=None, help=help_text)(command)
    command = click.option("--ignore", multiple=True, metavar="LAYER", help="leave a layer whole")(command)
    for name, kind, help_text in reversed(_OPTIONS):
        command = click.option(name, type=kind, multiple=True, help=f"{help_text}; repeatable")(command)
    return command


def spec_of(given: dict[str, Any]) -> RunSpec:
    """Return the spec of a command's options; raises SpecError. Method none takes no ratio."""
    chosen = {name: given[name] for name in spec_fields() if given.get(name) is not None}
    if chosen.get("method") == Method.NONE:
        chosen.setdefault("ratio", 0.0)
    return RunSpec(**chosen)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="print one JSON document on stdout")(command)


def say(text: str) -> None:
    """Print progress on stderr."""
    click.echo(text, err=True)


def print_json(document: object) -> None:
    """Print the one document of a command with --json."""
    click.echo(json.dumps(document, allow_nan=False))
