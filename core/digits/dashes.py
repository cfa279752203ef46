"""Printed boxes in dots or dashes: many small pieces that outline a box once the gaps are closed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.digits.frames import Unframed, hollow
from core.digits.locate import Mask, Piece, touches_rim

_SIDE = 400
_REACHES = (2, 4, 7)
"""Half the gaps that are closed, in pixels of _SIDE to the longer side of the picture."""
_LEAST_SIDE, _LONGEST = 16, 2.5
_NUM_DASHES, _MOST_WITHIN, _THIN = 10, 6, 0.1
Places = tuple[NDArray[np.int64], NDArray[np.int64]]


def without_dashes(pieces: Sequence[Piece], shape: tuple[int, ...]) -> Unframed | None:
    """Return the pieces without the dots or dashes of printed boxes; None where there are no such boxes."""
    inner = [piece for piece in pieces if not touches_rim(piece, shape)]
    if len(inner) <= _NUM_DASHES:
        return None
    cell = max(1, round(max(shape) / _SIDE))
    places = [_coarse(piece, cell) for piece in inner]
    ink = np.zeros((shape[0] // cell + 1, shape[1] // cell + 1), bool)
    for rows, columns in places:
        ink[rows, columns] = True
    for reach in _REACHES:
        dashes: list[Piece] = []
        frames = []
        labels, _ = ndimage.label(_closed(ink, reach), np.ones((3, 3)))
        for index, window in enumerate(ndimage.find_objects(labels), start=1):
            own = labels[window] == index
            inside = _inside(own)
            if inside is None:
                continue
            on_it, within = _sorted(inner, places, window, own, inside)
            if len(within) > _MOST_WITHIN:
                continue  # squared paper
            if len(on_it) >= _NUM_DASHES:
                dashes += on_it
                down, across = window
                frames.append((down.start * cell, across.start * cell, down.stop * cell, across.stop * cell))
        if frames:
            return Unframed([p for p in pieces if not any(p is dash for dash in dashes)], frames)
    return None


def _sorted(
    pieces: list[Piece], places: list[Places], window: tuple[slice, slice], own: Mask, inside: Mask
) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces that lie on a box's outline, and those within it."""
    on_it: list[Piece] = []
    within: list[Piece] = []
    down, across = window
    for piece, (rows, columns) in zip(pieces, places, strict=True):
        if not (down.start <= rows.min() and rows.max() < down.stop):
            continue
        if not (across.start <= columns.min() and columns.max() < across.stop):
            continue
        here = rows - down.start, columns - across.start
        is_thin = min(np.ptp(rows), np.ptp(columns)) <= _THIN * min(own.shape)
        outlines = (own & ~inside)[here].mean() > 0.5
        (on_it if is_thin and outlines else within).append(piece)
    return on_it, within


def _coarse(piece: Piece, cell: int) -> Places:
    rows, columns = np.nonzero(piece.mask)
    return (rows + piece.box[0]) // cell, (columns + piece.box[1]) // cell


def _closed(ink: Mask, reach: int) -> Mask:
    near = ndimage.distance_transform_edt(~np.pad(ink, reach + 1)) <= reach
    closed: Mask = ndimage.distance_transform_edt(near) > reach - 0.5
    return closed[reach + 1 : -reach - 1, reach + 1 : -reach - 1] | ink


def _inside(mask: Mask) -> Mask | None:
    short, long = sorted(mask.shape)
    if short < _LEAST_SIDE or long > _LONGEST * short or mask.mean() > 0.55:
        return None
    return hollow(mask)
