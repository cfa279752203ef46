"""`python -m core.gallery`: record the gallery anew on this machine (about an hour on two cores)."""

from dataclasses import replace
from pathlib import Path

import click

from core.engine import Engine
from core.errors import LabError
from core.gallery import build
from core.settings import settings


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Where its runs live meanwhile.")
@click.option("--only", help="Record just the runs whose name contains this; the others go.")
def main(home: Path | None, only: str | None) -> None:
    """Train, prune and measure every run of the gallery and store them in gallery/."""
    options = settings()
    home = (home or options.home / "gallery").resolve()
    options = replace(options, home=home, tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    wanted = [spec for spec in build.specs() if not only or only in build.name_of(spec)]
    engine = Engine(options)
    try:
        size = build.record(engine, options.gallery, wanted, click.echo)
    except LabError as error:
        raise click.ClickException(str(error)) from None
    finally:
        engine.close()
    click.echo(f"{len(wanted)} runs, {size / 1e6:.1f} MB in {options.gallery}")


if __name__ == "__main__":
    main()
