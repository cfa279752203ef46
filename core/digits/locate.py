"""Where the digits are: connected ink, its stroke width, broken strokes put together, the reading order."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from core.records.digit import Floats

Mask = NDArray[np.bool_]
_LOOSE = 0.06
_SHARE = 0.42
"""A stroke's edge lies where the ink falls to this share of the stroke's own strength: near half, a little
lower because thin strokes are blurred."""
_CLEARLY, _WIDER = 1.5, 1.7
"""A pen in a shadow is so much stronger than the shadow, and the shadow so much wider than the pen."""
_SOFT = 0.15
"""What the edge of a shadow falls by a pixel at most, as a share of its strength."""
_LEAST_SHADOW = 400
_SMALLEST = 0.02
_MOST_PIECES = 400


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Ink that belongs together. box: top, left, bottom, right (exclusive); mask: the box's own pixels.

    gap: the widest way between its parts; sharpness: how steeply its edges fall, per pixel, as a share of its
    strength (a pen's edge falls within a few pixels, a shadow's does not).
    """

    box: tuple[int, int, int, int]
    mask: Mask
    strength: float
    stroke: float
    parts: int = 1
    gap: float = 0.0
    sharpness: float = 1.0

    @property
    def fill(self) -> float:
        """Return the share of the box that is ink."""
        return float(self.mask.mean())

    @property
    def height(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def width(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def size(self) -> int:
        return max(self.height, self.width)

    @property
    def area(self) -> int:
        return int(self.mask.sum())


def find_pieces(
    strength: Floats, noise: float, threshold: float | None = None, *, has_shadows: bool = False
) -> list[Piece]:
    """Return connected pieces of ink above the noise, each cut at a share of its own strength.

    has_shadows: what is much wider and weaker than a stroke that it meets is shadow, and left out.
    """
    least = max(_LOOSE, 5 * noise)
    labels, count = ndimage.label(strength > least, np.ones((3, 3)))
    if not count:
        return []
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    peak, shade = _own_strength(strength, labels, sizes, has_shadows)
    edge = np.maximum(np.maximum(least, shade[labels]), (threshold or _SHARE) * peak[labels])
    mask = (strength > edge) & (labels > 0)
    return pieces_of(strength, mask)


def _own_strength(
    strength: Floats, labels: NDArray[np.int32], sizes: NDArray[np.int64], has_shadows: bool
) -> tuple[Floats, Floats]:
    """Return per label a high quantile of its ink, the level of its strokes' middle, and what is shadow."""
    peak, shade = np.zeros(len(sizes), np.float32), np.zeros(len(sizes), np.float32)
    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None or sizes[index] < 6:
            continue
        own = labels[window] == index
        if has_shadows:
            shade[index] = _shadow_under(strength[window], own)
        inside = strength[window][own & (strength[window] > shade[index])]
        peak[index] = np.percentile(inside, 85)
    peak[peak == 0] = 9
    return peak, shade


def _shadow_under(strength: Floats, own: Mask) -> float:
    """Return the level that parts strokes from a shadow across them; 0 where no shadow is seen."""
    values = strength[own].astype(np.float64)  # nearly equal ones leave single precision no room for bins
    if values.size < _LEAST_SHADOW:
        return 0.0
    middle = threshold_otsu(values)
    for level in (middle, threshold_otsu(values[values >= middle])):
        pen, weak = own & (strength > level), own & (strength <= level)
        if pen.any() and _is_shade(strength, weak, pen):
            return float(level)
    return 0.0


def _is_shade(strength: Floats, weak: Mask, pen: Mask) -> bool:
    """Whether `weak` is clearly weaker than the strokes, much wider, and falls off softly away from them."""
    level = float(np.median(strength[weak]))
    if np.median(strength[pen]) < _CLEARLY * level or stroke_width(weak) < _WIDER * stroke_width(pen):
        return False
    apart = weak & (strength > 0.5 * level) & ~ndimage.binary_dilation(pen, iterations=2)
    return _edge_sharpness(strength, apart, level) < _SOFT


def pieces_of(strength: Floats, mask: Mask) -> list[Piece]:
    """Return the connected pieces of a mask, largest first."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    windows = ndimage.find_objects(labels)
    largest = np.argsort(sizes[1:])[::-1][:_MOST_PIECES]
    found = []
    for index in largest:
        if sizes[index + 1] < 6:
            break
        window = windows[index]
        own = labels[window] == index + 1
        box = (window[0].start, window[1].start, window[0].stop, window[1].stop)
        level = float(np.percentile(strength[window][own], 80))
        edge = _edge_sharpness(strength[window], own, level)
        found.append(Piece(box, own, level, stroke_width(own), sharpness=edge))
    return found


def _edge_sharpness(window: Floats, mask: Mask, level: float) -> float:
    """Return the median fall of ink across the mask's rim, per pixel, as a share of `level`."""
    if min(mask.shape) < 3:
        return 1.0
    down, across = np.gradient(window)
    rim = mask & ~ndimage.binary_erosion(mask, border_value=1)
    steep = np.hypot(down, across)[rim]
    return float(np.median(steep) / level) if steep.size else 1.0


def stroke_width(mask: Mask) -> float:
    """Return the mean width of a mask's strokes in pixels: four times the mean distance to their edge."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))
    inside = distance[distance > 0]
    return float(4 * inside.mean() - 1) if inside.size else 0.0


def joined(first: Piece, second: Piece) -> Piece:
    """Return both pieces as one."""
    top, left = min(first.box[0], second.box[0]), min(first.box[1], second.box[1])
    bottom, right = max(first.box[2], second.box[2]), max(first.box[3], second.box[3])
    mask = np.zeros((bottom - top, right - left), bool)
    for piece in (first, second):
        t, l, b, r = piece.box  # noqa: E741
        mask[t - top : b - top, l - left : r - left] |= piece.mask
    larger = first if first.area >= second.area else second
    return replace(
        larger,
        box=(top, left, bottom, right),
        mask=mask,
        parts=first.parts + second.parts,
        gap=max(first.gap, second.gap, distance(first, second)),
    )


def distance(first: Piece, second: Piece) -> float:
    """Return the shortest way between two pieces' ink in pixels."""
    top, left = min(first.box[0], second.box[0]), min(first.box[1], second.box[1])
    bottom, right = max(first.box[2], second.box[2]), max(first.box[3], second.box[3])
    ground = np.ones((bottom - top, right - left), bool)
    t0, l0, b0, r0 = first.box
    ground[t0 - top : b0 - top, l0 - left : r0 - left] &= ~first.mask
    way = ndimage.distance_transform_edt(ground)
    t1, l1, b1, r1 = second.box
    return float(way[t1 - top : b1 - top, l1 - left : r1 - left][second.mask].min()) - 1


def touches_rim(piece: Piece, shape: tuple[int, ...]) -> bool:
    """Whether a piece reaches the edge of the picture."""
    return any(map(any, rims(piece, shape)))


def rims(piece: Piece, shape: tuple[int, ...]) -> tuple[tuple[bool, bool], tuple[bool, bool]]:
    """Return which edges of the picture a piece reaches: (top, bottom), (left, right)."""
    top, left, bottom, right = piece.box
    return (top <= 1, bottom >= shape[0] - 1), (left <= 1, right >= shape[1] - 1)
