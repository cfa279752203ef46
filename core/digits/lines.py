"""Ruled and squared lines: long, thin, straight and many; taken out without breaking what crosses them.

A line is thin across and long along. The opening across the line is what stays where it is removed: a stroke
that crosses keeps its ink, because it goes on above and below.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.records.digit import Floats

Mask = NDArray[np.bool_]
_CELL_SIDE = 300
_WIDEST = 0.018
"""Lines wider than this share of the picture's longer side are strokes."""
_STEEPEST, _PARALLEL = 0.4, 0.05
_FULL = 0.72
"""Share of a window along the line that must show it; strokes that cross take the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """strength: ink without lines; lines: where they were; count: rows, columns; slope: of the rows."""

    strength: Floats
    lines: Mask | None
    count: tuple[int, int] = (0, 0)
    slope: float | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    label: int
    start: int
    stop: int
    slope: float

    @property
    def length(self) -> int:
        return self.stop - self.start


def without_lines(strength: Floats, noise: float) -> Cleaned:
    """Return the ink with printed lines taken out, those across the picture first, then those down it."""
    clean, found, count, slope = _without_rows(strength, noise)
    turned, found_down, count_down, _ = _without_rows(np.ascontiguousarray(clean.T), noise)
    return Cleaned(np.ascontiguousarray(turned.T), found | found_down.T, (count, count_down), slope)


def _without_rows(strength: Floats, noise: float) -> tuple[Floats, Mask, int, float | None]:
    nothing = np.zeros(strength.shape, bool)
    widest = max(5, round(_WIDEST * max(strength.shape)) | 1)
    thin = strength - _opened(strength, widest)
    least = max(0.035, 4 * noise)
    marked = thin > least
    cell = max(1, round(max(strength.shape) / _CELL_SIDE))
    coarse = _block_any(marked, cell)
    evidence, slopes = _evidence(coarse)
    lines, labels = _lines(coarse & (evidence >= _FULL), slopes)
    kept = _printed(lines, coarse.shape)
    if not kept:
        return strength, nothing, 0, None
    chosen = np.isin(labels, [line.label for line in kept])
    owner = _fitted(np.kron(_spread(np.where(chosen, labels, 0)), np.ones((cell, cell), int)), strength.shape)
    band = owner > 0
    core = band & marked
    if not core.any():
        return strength, nothing, 0, None
    width = line_width(core)
    level = _levels(thin, owner, core)
    under = _opened(strength, round(1.5 * width) + 2)
    darker = np.where(strength > 1.6 * level, strength - level, 0)  # ink on top of the line
    clean = np.where(band, np.minimum(strength, np.maximum(under, darker)), strength)
    return clean.astype(np.float32), core, len(kept), float(np.median([line.slope for line in kept]))


def _spread(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return labels grown by one cell all around."""
    grown: NDArray[np.int32] = ndimage.maximum_filter(labels, 3)
    return grown


def _levels(thin: Floats, owner: NDArray[np.int64], core: Mask) -> Floats:
    """Return at each pixel its line's strength, at least the usual one: some lines are printed darker."""
    values, owners = thin[core], owner[core]
    usual = float(np.percentile(values, 60))
    levels = np.full(int(owner.max()) + 1, usual, np.float32)
    for line in np.unique(owners):
        levels[line] = max(usual, float(np.percentile(values[owners == line], 60)))
    return levels[owner]


def _opened(strength: Floats, height: int) -> Floats:
    """Return the opening across rows: what is thinner than `height` pixels down the picture is gone."""
    low = ndimage.minimum_filter1d(strength, height, axis=0)
    high: Floats = ndimage.maximum_filter1d(low, height, axis=0, origin=-1 if height % 2 == 0 else 0)
    return high


def _block_any(mask: Mask, cell: int) -> Mask:
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % cell), (0, -width % cell)))
    blocks: Mask = np.any(padded.reshape(padded.shape[0] // cell, cell, -1, cell), axis=(1, 3))
    return blocks


def _fitted(mask: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    return mask[: shape[0], : shape[1]]


def _evidence(coarse: Mask) -> tuple[Floats, Floats]:
    """Return per pixel the fullest straight window through it (0..1) and that window's slope."""
    height, width = coarse.shape
    length = max(12, round(0.28 * width)) | 1
    step = 1.0 / length
    slopes = np.arange(-_STEEPEST, _STEEPEST + step / 2, step)
    sheared = _Sheared(coarse, length)
    scores = np.array([(sheared.means(slope)[0] >= _FULL).sum() for slope in slopes[::2]], np.float64)
    if scores.max() == 0:
        return np.zeros(coarse.shape, np.float32), np.zeros(coarse.shape, np.float32)
    good = np.flatnonzero(scores >= max(0.2 * scores.max(), 1))
    wanted = sorted({int(i) for j in good for i in range(2 * j - 2, 2 * j + 3) if 0 <= i < len(slopes)})
    best = np.zeros(coarse.shape, np.float32)
    slope_of = np.zeros(coarse.shape, np.float32)
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    for index in wanted:
        mean, offset = sheared.means(slopes[index])
        through = ndimage.maximum_filter1d(mean, length, axis=1)
        back = rows - offset[None, :] + _pad(height)
        here = through[np.clip(back, 0, through.shape[0] - 1), columns]
        better = here > best
        best[better] = here[better]
        slope_of[better] = slopes[index]
    return best, slope_of


def _pad(height: int) -> int:
    return height // 3


class _Sheared:
    """Means of windows of `length` pixels along lines of any slope up to _STEEPEST; outside is nothing."""

    def __init__(self, coarse: Mask, length: int) -> None:
        height, self._width = coarse.shape
        self._length = length
        reach = _pad(height) + int(np.ceil(_STEEPEST * self._width / 2)) + 1
        self._flat = np.pad(coarse.astype(np.float32), ((reach, reach), (0, 0))).ravel()
        rows = np.arange(reach - _pad(height), reach + height + _pad(height))
        self._places = rows[:, None] * self._width + np.arange(self._width)

    def means(self, slope: float) -> tuple[Floats, NDArray[np.int64]]:
        """Return the mean of the window around each pixel, sheared by `slope`, and the columns' offsets."""
        offset = np.round(slope * (np.arange(self._width) - self._width / 2)).astype(np.int64)
        sheared = self._flat.take(self._places + offset * self._width)
        return ndimage.uniform_filter1d(sheared, self._length, axis=1, mode="nearest"), offset


def _lines(support: Mask, slopes: Floats) -> tuple[list[_Line], NDArray[np.int32]]:
    """Return the connected stretches of support, gaps of crossing strokes bridged, as lines."""
    reach = max(9, support.shape[1] // 6) | 1
    bridged = ndimage.binary_dilation(support, np.ones((3, 3)))
    bridged = ndimage.binary_closing(np.pad(bridged, ((0, 0), (reach, reach))), np.ones((1, reach)))[
        :, reach:-reach
    ]
    labels, _ = ndimage.label(bridged | support, np.ones((3, 3)))
    labels = np.where(support, labels, 0)
    found = []
    for label, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        own = labels[window] == label
        found.append(_Line(label, window[1].start, window[1].stop, float(np.median(slopes[window][own]))))
    return found, labels


def _printed(lines: list[_Line], shape: tuple[int, ...]) -> list[_Line]:
    """Return the lines that are printed on the paper, not strokes of a digit: they cross it, or are many."""
    width = shape[1]
    rim = max(2, round(0.03 * width))
    crossing = [line for line in lines if line.start <= rim and line.stop >= width - rim]
    long = [line for line in lines if line.length >= 0.3 * width]
    if not long:
        return []
    usual = float(np.median([line.length for line in long]))
    alike = [line for line in long if line.length >= 0.75 * usual]
    slope = float(np.median([line.slope for line in alike]))
    parallel = sum(abs(line.slope - slope) <= _PARALLEL for line in alike)  # the strokes of a large 5 are not
    many = alike if parallel >= 3 else []
    if not crossing and not many:
        return []
    # what is printed on this paper for certain vouches for shorter stretches of the same kind
    shortest = 0.8 * min(line.length for line in (many or crossing))
    return [line for line in lines if line in crossing or line.length >= min(shortest, 0.5 * width)]


def line_width(mask: Mask) -> float:
    """Return the median height of the vertical runs of a mask in pixels; 0 where it is empty."""
    padded = np.pad(mask, ((1, 1), (0, 0))).astype(np.int8)
    change = np.diff(padded, axis=0)
    starts = np.argwhere(change.T == 1)[:, 1]
    stops = np.argwhere(change.T == -1)[:, 1]
    return float(np.median(stops - starts)) if starts.size else 0.0
