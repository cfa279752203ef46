"""Distorted test digits by a named recipe, to see what a network withstands. No keras, never in training.

Written apart from the training's augmentation, with other means (SciPy, an image at a time) and partly
beyond its limits, so that a good score is no echo of the training.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.learning.data import Images

Image = NDArray[np.float64]
Distortion = Callable[[np.random.Generator, Image], Image]
CENTRE = np.array([13.5, 13.5])


def distorted(kind: str, images: Images, seed: int = 0) -> Images:
    """Return images (n, 28, 28) uint8 distorted by `kind`, a key of RECIPE; a seed names a set."""
    rng = np.random.default_rng([seed, *kind.encode()])
    changed = np.stack([RECIPE[kind](rng, image / 255.0) for image in images])
    return (changed.clip(0, 1) * 255).round().astype(np.uint8)


def _placed(image: Image, matrix: NDArray[np.float64], shift: NDArray[np.float64] | float = 0.0) -> Image:
    """Return `image` under a 2x2 matrix about its centre, then moved by `shift` pixels (down, right)."""
    inverse = np.linalg.inv(matrix)
    placed: Image = ndimage.affine_transform(image, inverse, CENTRE - inverse @ (CENTRE + shift), order=1)
    return placed


def _shifted(rng: np.random.Generator, image: Image) -> Image:
    return _placed(image, np.eye(2), rng.uniform(-3, 3, 2))


def _rotated(rng: np.random.Generator, image: Image) -> Image:
    angle = np.radians(rng.uniform(-20, 20))
    return _placed(image, np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]))


def _scaled(rng: np.random.Generator, image: Image) -> Image:
    return _placed(image, np.diag(rng.uniform(0.7, 1.2, 2)))


def _sheared(rng: np.random.Generator, image: Image) -> Image:
    return _placed(image, np.array([[1, 0], [rng.uniform(-0.35, 0.35), 1]]))


def _thick(rng: np.random.Generator, image: Image) -> Image:
    thick: Image = image + rng.uniform(0.5, 1) * (ndimage.grey_dilation(image, 3) - image)
    return thick


def _thin(rng: np.random.Generator, image: Image) -> Image:
    thin: Image = image + rng.uniform(0.4, 0.8) * (ndimage.grey_erosion(image, (2, 2)) - image)
    return thin


def _elastic(rng: np.random.Generator, image: Image) -> Image:
    """Simard, Steinkraus & Platt 2003: random displacements, smoothed over 4 pixels, times 34."""
    field = [ndimage.gaussian_filter(rng.uniform(-1, 1, image.shape), 4, mode="constant") * 34 for _ in "yx"]
    bent: Image = ndimage.map_coordinates(image, np.mgrid[:28, :28] + np.array(field), order=1)
    return bent


def _blurred(rng: np.random.Generator, image: Image) -> Image:
    soft: Image = ndimage.gaussian_filter(image, rng.uniform(0.6, 1.3))
    return soft


def _noisy(rng: np.random.Generator, image: Image) -> Image:
    return image + rng.normal(0, rng.uniform(0.05, 0.25), image.shape)


def _faint(rng: np.random.Generator, image: Image) -> Image:
    return image * rng.uniform(0.35, 0.8)


def _broken(rng: np.random.Generator, image: Image) -> Image:
    """A ruled line was removed and took a strip of one or two pixels of the digit with it."""
    broken, row, height = image.copy(), rng.integers(7, 20), rng.integers(1, 3)
    broken[row : row + height] = 0
    return broken


def _everything(rng: np.random.Generator, image: Image) -> Image:
    """Four of the others, drawn anew for each image, one after the other."""
    for name in rng.choice(sorted(_SINGLE), 4, replace=False):
        image = _SINGLE[name](rng, image).clip(0, 1)
    return image


_SINGLE: dict[str, Distortion] = {
    "shifted": _shifted,
    "rotated": _rotated,
    "scaled": _scaled,
    "sheared": _sheared,
    "thick": _thick,
    "thin": _thin,
    "elastic": _elastic,
    "blurred": _blurred,
    "noisy": _noisy,
    "faint": _faint,
    "broken": _broken,
}
RECIPE: dict[str, Distortion] = {**_SINGLE, "four at once": _everything}
"""Each kind's function of (random generator, 28x28 image in 0..1); limits are in the functions."""
