"""The sheet on a screen: of a drawing program, the canvas is read and not the window around it."""

import numpy as np
from scipy import ndimage

from core.digits.ink import flat_ground
from core.digits.locate import Mask
from core.records.digit import Bytes

_APART = 8
_LEAST, _MOST = 0.1, 0.97
_NARROWEST = 16
"""Pixels across the smallest canvas: beside its border it has room for a digit."""
_FULL = 0.985
_PLAIN = 0.4


def canvas(pixels: Bytes) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of an upright plain rectangle on a plain ground, or None.

    Its own ground must be plain as well: at least 0.4 of it of one colour, so that a filled letter is none.
    """
    values = pixels.astype(np.float32)
    ground = flat_ground(values)
    if ground is None:
        return None
    departs = np.abs(values - ground).max(axis=-1)
    usual = float(np.median(departs[departs > _APART])) if (departs > _APART).any() else 0.0
    labels, count = ndimage.label(departs > max(_APART, 0.4 * usual))
    if not count:
        return None
    largest = int(np.bincount(labels.ravel())[1:].argmax()) + 1
    rows, columns = ndimage.find_objects(labels)[largest - 1]
    mask = labels[rows, columns] == largest
    if not _LEAST <= mask.size / labels.size <= _MOST or min(mask.shape) < _NARROWEST:
        return None
    inside = values[rows, columns]
    colour = np.median(inside[mask], axis=0)
    plain = (np.abs(inside - colour).max(axis=-1) <= _APART).mean()
    if ndimage.binary_fill_holes(mask).mean() < _FULL or mask.mean() < _PLAIN or plain < _PLAIN:
        return None
    edge = _border(np.abs(inside - colour).max(axis=-1) <= _APART)
    left, top, right, bottom = columns.start, rows.start, columns.stop, rows.stop
    return left + edge, top + edge, right - edge, bottom - edge


def _border(is_plain: Mask) -> int:
    """Return how many pixels the canvas' own border takes: the first ring in which most is plain."""
    for edge in range(1, max(2, min(is_plain.shape) // 10)):
        ring = is_plain[edge : len(is_plain) - edge, edge : is_plain.shape[1] - edge]
        sides = (ring[0], ring[-1], ring[:, 0], ring[:, -1])
        if min(side.mean() for side in sides) > 0.8:
            return edge + 1
    return 2
