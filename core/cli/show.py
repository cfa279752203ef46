"""`runs` and `show`: what is stored."""

import click

from core.cli.document import document, summary, table
from core.cli.options import json_option, print_json
from core.cli.store import find, own_runs


@click.command()
@json_option
def runs(as_json: bool) -> None:
    """List all runs, newest first."""
    records = own_runs()
    if as_json:
        print_json([document(record) for record in records])
    elif records:
        click.echo(table(records))
    else:
        click.echo("no runs yet; `python -m core run` makes one")


@click.command()
@click.argument("run")
@json_option
def show(run: str, as_json: bool) -> None:
    """Show one run; RUN is its id or the beginning of it."""
    record = find(run)
    if as_json:
        print_json(document(record))
    else:
        click.echo(summary(record))
