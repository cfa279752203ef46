"""How networks read distorted test digits, kind by kind: what augmentation is worth.

    python -m benchmarks.robustness FILE.tflite ... [--images 2000]

The recipe of each kind is in core/learning/distortion.py. Two more rows: MNIST's test images as they are, and
scikit-learn's 8x8 digits, by other people and another scanner, enlarged to 28x28 (where it is installed).
"""

import importlib.util
from pathlib import Path

import click
import numpy as np
from skimage.transform import resize

from benchmarks.results import conditions, store, table
from core.inference import Network
from core.learning.data import Images, Labels, loaded
from core.learning.distortion import RECIPE, distorted


def kinds(num_images: int) -> dict[str, tuple[Images, Labels]]:
    """Return images and labels of each kind, from the first test images."""
    arrays = loaded()
    x, y = arrays.x_test[:num_images], arrays.y_test[:num_images]
    found = {"as they are": (x, y), **{kind: (distorted(kind, x), y) for kind in RECIPE}}
    if importlib.util.find_spec("sklearn"):
        found["scikit-learn 8x8"] = enlarged_digits(num_images)
    return found


def enlarged_digits(num_images: int) -> tuple[Images, Labels]:
    """Return scikit-learn's 1,797 digits (8x8, 0..16) as 28x28: 20 pixels high as MNIST's, in its middle."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    small, labels = digits.images[:num_images] / 16, digits.target[:num_images].astype(np.uint8)
    enlarged = np.stack([np.pad(resize(image, (20, 20), order=3), 4) for image in small])
    return (enlarged.clip(0, 1) * 255).round().astype(np.uint8), labels


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--images", "num_images", default=2_000, help="Test images of each kind.")
@click.option("--keep/--no-keep", default=True, help="Store the figures in benchmarks/results.")
def main(files: tuple[Path, ...], num_images: int, keep: bool) -> None:
    """Print the share read right, a row for each kind, a column for each file."""
    networks = {file.stem: Network(file, file.name) for file in files}
    rows = []
    for kind, (images, labels) in kinds(num_images).items():
        right = {
            name: float((network.probabilities(images)[0].argmax(axis=1) == labels).mean())
            for name, network in networks.items()
        }
        rows.append({"kind": kind, **{name: f"{share:.2%}" for name, share in right.items()}})
    click.echo(table(rows))
    if keep:
        figures = {"rows": rows, "images": num_images, "conditions": conditions()}
        click.echo(store("robustness", figures), err=True)


if __name__ == "__main__":
    main()
