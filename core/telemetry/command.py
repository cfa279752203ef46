"""`python -m core gpu`: the readings of this machine, for people or as one JSON document."""

import json
import sys

import click


@click.command("gpu")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 3600),
    default=1.0,
    show_default=True,
    help="How long to watch.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def gpu(seconds: float, as_json: bool) -> None:
    """Show what GPUs, driver and host say; several seconds add mean and extremes."""
    from core.telemetry.report import lines, report, watched

    snapshot, window = watched(seconds)
    if as_json:
        json.dump(report(snapshot, window), sys.stdout)
        sys.stdout.write("\n")
        return
    for line in lines(snapshot):
        click.echo(line)
