"""`export`: a run's network as a file."""

import tempfile
from pathlib import Path

import click

from core.cli.options import say
from core.cli.store import content, find
from core.errors import StoreError
from core.records import RunRecord

FORMATS = ("tflite", "onnx", "keras")


@click.command()
@click.argument("run")
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="kind of file")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def export(run: str, kind: str, output: Path) -> None:
    """Write the network of RUN to a file; ONNX is made on demand."""
    data = network(find(run), kind)
    try:
        output.write_bytes(data)
    except OSError as error:
        raise StoreError(f"cannot write {output}: {error.strerror}.") from error
    say(f"{output}: {len(data):,} bytes")


def network(record: RunRecord, kind: str) -> bytes:
    """Return a run's network as tflite, onnx or keras; raises StoreError where the run left none."""
    name = f"model.{kind}"
    if kind != "onnx" or name in record.artifacts:
        return content(record, name)
    import keras

    from core.latency.export import export as write

    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        source = Path(folder) / "model.keras"
        source.write_bytes(content(record, source.name))
        model = keras.models.load_model(source, compile=False)
        return write(model, Path(folder) / "out", [kind])[kind].read_bytes()
