"""The command line. With --json, stdout holds exactly one document; all else goes to stderr.

Exit 0: ok; 1: failed; 2: bad usage, nothing was done. What is heavy is imported by the verb that needs it.
"""

import json
from collections.abc import Sequence

import click

from core.cli.export import export
from core.cli.machine import doctor
from core.cli.measure import measure
from core.cli.order import cancel, run, search, sweep
from core.cli.predict import predict
from core.cli.show import runs, show
from core.errors import LabError, SpecError
from core.telemetry.command import gpu

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def lab() -> None:
    """Train, prune, measure and use small networks for handwritten digits."""


for _command in (run, sweep, search, runs, show, cancel, export, measure, predict, gpu, doctor):
    lab.add_command(_command)


def main(arguments: Sequence[str]) -> int:
    """Run a verb and return the exit code."""
    try:
        code = lab.main(list(arguments), prog_name="python -m core", standalone_mode=False)
    except click.exceptions.Abort:
        return _refuse(arguments, "interrupted", 1)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        usage = f"{context.get_usage()}\n" if context else ""
        return _refuse(arguments, error.format_message(), error.exit_code, usage)
    except SpecError as error:
        return _refuse(arguments, str(error), 2)
    except LabError as error:
        return _refuse(arguments, str(error), 1)
    return code if isinstance(code, int) else 0


def _refuse(arguments: Sequence[str], message: str, code: int, usage: str = "") -> int:
    click.echo(f"{usage}error: {message}", err=True)
    if "--json" in arguments:
        click.echo(json.dumps({"error": message}))
    return code
