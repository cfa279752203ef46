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
_NUM_DASHES, _THIN = 10, 0.12


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
            outline = np.zeros_like(ink)
            outline[window] = own & ~inside
            thin = _THIN * min(own.shape) * cell
            on_it = [
                piece
                for piece, (rows, columns) in zip(inner, places, strict=True)
                if min(piece.height, piece.width) <= thin and outline[rows, columns].mean() > 0.5
            ]
            if len(on_it) >= _NUM_DASHES:
                dashes += on_it
                down, across = window
                frames.append((down.start * cell, across.start * cell, down.stop * cell, across.stop * cell))
        if frames:
            return Unframed([p for p in pieces if not any(p is dash for dash in dashes)], frames)
    return None


def _coarse(piece: Piece, cell: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
