"""The embedded MNIST: loaded, verified, never downloaded. Imports no keras, so that the server may use it."""

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.settings import settings

SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
NAMES = ("x_train", "y_train", "x_test", "y_test")

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class MnistArrays:
    """Images (n, 28, 28) and labels (n,), uint8, white on black, read-only."""

    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels

    def first(self, num_train: int, num_test: int) -> "MnistArrays":
        """Return the first images of both parts, for quick trials that say so."""
        return MnistArrays(
            self.x_train[:num_train], self.y_train[:num_train], self.x_test[:num_test], self.y_test[:num_test]
        )


def load(path: Path | None = None) -> MnistArrays:
    """Return MNIST from `path` (default: the project's file); DataError where missing or damaged."""
    path = path or settings().data_file
    content = _read(path)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DataError(
            f"The data set {path} is damaged: its sha256 is {found[:12]}..., expected {SHA256[:12]}... "
            "Restore the file, for example with: git checkout -- data/mnist.npz"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = [archive[name] for name in NAMES]
    for array in arrays:
        array.flags.writeable = False
    return MnistArrays(*arrays)


@cache
def loaded() -> MnistArrays:
    """Return the project's MNIST, read once a process and kept (55 MB), for those that ask often."""
    return load()


def scaled(images: Images) -> NDArray[np.float32]:
    """Return (n, 28, 28) uint8 as (n, 28, 28, 1) float32 in 0..1, which is what every network here takes."""
    return (images.astype(np.float32) / np.float32(255))[..., None]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The data set {path} cannot be read: {error.strerror}. "
            "It comes with the project as data/mnist.npz; restore it from there."
        ) from None
