"""How much an image looks like the training digits: its nearest ones, their distance, whether they agree.

Nearest neighbours in the leading principal components of slightly blurred images of unit length; what the
components leave out counts as distance too. Computed from data/mnist.npz once a process.
"""

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.learning.data import load
from core.records.digit import Bytes, Floats

NUM_KNOWN, NUM_REFERENCE = 20_000, 1_500
_NUM_COMPONENTS, _NUM_FOR_BASIS = 40, 6_000
_NUM_NEIGHBOURS, _NUM_MEASURED = 10, 3
_BLOCK = 250
_INKED = 96
NUM_TESTS = 1_000
_SIDE = 28
_one_at_a_time = Lock()
"""Who asks while another computes what is known waits for that instead of computing it too."""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """neighbours: places in the training set, nearest first; rank: share of unseen training digits that are
    nearer to their own neighbours; agreement: share of the neighbours that have the commonest label; apart:
    the Hausdorff distance of the strokes to those of the neighbour that fits best, in pixels of 28."""

    neighbours: tuple[int, ...]
    distance: float
    rank: float
    agreement: float
    apart: float


def likeness(images: Bytes) -> tuple[Likeness, ...]:
    """Return how each of (n, 28, 28) uint8 images compares with the training digits."""
    if not len(images):
        return ()
    known = _known()
    distances, places = known.nearest(images)
    measured = distances[:, :_NUM_MEASURED].mean(axis=1)
    found = []
    for row in range(len(images)):
        labels = known.labels[places[row]]
        found.append(
            Likeness(
                neighbours=tuple(int(place) for place in places[row]),
                distance=float(measured[row]),
                rank=float((known.reference < measured[row]).mean()),
                agreement=float(np.bincount(labels, minlength=10).max() / len(labels)),
                apart=_apart(images[row], [known.image(place) for place in places[row]]),
            )
        )
    return tuple(found)


def _apart(image: Bytes, neighbours: list[Bytes]) -> float:
    """Return how far the strokes reach from those of the best neighbour, or its from them, at their furthest.

    A letter shares most of its strokes with some digit; it is the one stroke too many or too few that tells.
    """
    strokes, near = _strokes(image)
    if not strokes.any():
        return 0.0
    known = map(_strokes, neighbours)
    return min(float(max(away[strokes].max(), near[other].max())) for other, away in known)


def _strokes(image: Bytes) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return where strokes are, and each pixel's distance to them."""
    strokes = image > _INKED
    return strokes, ndimage.distance_transform_edt(~strokes)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    mean: Floats
    basis: Floats
    points: Floats
    squares: Floats
    images: int
    """Descriptor of a temporary file: memory holds the few that are looked at, not 16 MB."""
    labels: NDArray[np.uint8]
    tests: tuple[Bytes, NDArray[np.uint8]]
    reference: Floats

    def image(self, place: int) -> Bytes:
        """Return the known digit at `place`, (28, 28)."""
        size = _SIDE * _SIDE
        content = os.pread(self.images, size, int(place) * size)
        return np.frombuffer(content, np.uint8).reshape(_SIDE, _SIDE)

    def nearest(self, images: Bytes) -> tuple[Floats, NDArray[np.int64]]:
        """Return distances and places of the nearest known digits, nearest first."""
        inputs = _features(images) - self.mean
        points = inputs @ self.basis
        rest = np.maximum((inputs**2).sum(1) - (points**2).sum(1), 0)
        # einsum, not BLAS: for a few rows its threads cost more than the arithmetic on a busy machine
        products = np.einsum("ik,jk->ij", points, self.points)
        squared = (points**2).sum(1)[:, None] + self.squares[None, :] - 2 * products
        places = np.argpartition(squared, _NUM_NEIGHBOURS, axis=1)[:, :_NUM_NEIGHBOURS]
        near = np.take_along_axis(squared, places, axis=1)
        order = near.argsort(axis=1)
        distances = np.sqrt(np.maximum(np.take_along_axis(near, order, axis=1), 0) + rest[:, None])
        return distances.astype(np.float32), np.take_along_axis(places, order, axis=1)


def _known() -> _Known:
    with _one_at_a_time:
        return _compute()


@cache
def _compute() -> _Known:
    arrays = load().first(NUM_KNOWN + NUM_REFERENCE, NUM_TESTS)
    features = _features(arrays.x_train[:NUM_KNOWN])
    mean = features.mean(axis=0)
    features -= mean
    # NumPy's, although it finds all of them: SciPy's BLAS is another, and would keep buffers of its own.
    _, vectors = np.linalg.eigh(features[:_NUM_FOR_BASIS].T @ features[:_NUM_FOR_BASIS])
    basis = np.ascontiguousarray(vectors[:, -_NUM_COMPONENTS:])
    # A block at a time: for the whole product BLAS would keep 30 MB of buffers.
    points = np.concatenate([block @ basis for block in np.array_split(features, NUM_KNOWN // _BLOCK)])
    squares = (points**2).sum(1)
    unseen = arrays.x_train[NUM_KNOWN : NUM_KNOWN + NUM_REFERENCE]
    reference = np.concatenate(
        [_mean_distances(_features(block) - mean, basis, points, squares) for block in np.split(unseen, 10)]
    )
    images, labels = _on_disk(arrays.x_train[:NUM_KNOWN]), arrays.y_train[:NUM_KNOWN].copy()
    tests = arrays.x_test.copy(), arrays.y_test.copy()
    return _Known(mean, basis, points, squares, images, labels, tests, reference)


def _on_disk(images: Bytes) -> int:
    with tempfile.TemporaryFile() as file:
        images.tofile(file)
        file.flush()
        return os.dup(file.fileno())


def _mean_distances(inputs: Floats, basis: Floats, points: Floats, squares: Floats) -> Floats:
    """Return for each of many inputs the mean distance to its _NUM_MEASURED nearest points."""
    own = inputs @ basis
    within = (own**2).sum(1)[:, None]
    rest = np.maximum((inputs**2).sum(1)[:, None] - within, 0)
    squared = np.empty((len(own), len(points)), np.float32)
    for start in range(0, len(points), _BLOCK):  # BLAS keeps buffers as large as the largest product
        part = slice(start, start + _BLOCK)
        squared[:, part] = within + squares[part] - 2 * (own @ points[part].T)
    squared.partition(_NUM_MEASURED - 1, axis=1)
    means: Floats = np.sqrt(np.maximum(squared[:, :_NUM_MEASURED], 0) + rest).mean(axis=1)
    return means


def _features(images: Bytes) -> Floats:
    """Return (n, 784), blurred and of unit length; a block at a time, as what lies between is large."""
    features = np.empty((len(images), images[0].size), np.float32)
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].astype(np.float32) / 255
        soft = ndimage.gaussian_filter(block, (0, 1, 1)).reshape(len(block), -1)
        lengths = np.linalg.norm(soft, axis=1, keepdims=True)
        features[start : start + _BLOCK] = soft / np.maximum(lengths, 1e-6)
    return features


def training_image(place: int) -> tuple[Bytes, int]:
    """Return a training image and its label, for showing what is nearest."""
    known = _known()
    return known.image(place), int(known.labels[place])


def unseen_digits() -> tuple[Bytes, NDArray[np.uint8]]:
    """Return NUM_TESTS digits that no network has trained on, (n, 28, 28), and their labels."""
    return _known().tests
