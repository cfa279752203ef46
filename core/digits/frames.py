"""Printed boxes around digits: an outline of four straight sides around a hollow is cut off, insides stay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.digits.locate import Mask, Piece, pieces_of, touches_rim
from core.records.digit import Floats

_STRAIGHT = 0.62
"""Share of a side that must lie on one straight line; handwriting reaches 0.5 on two sides at most."""
_HOLLOW = 0.14


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One side of an outline seen from outside: depth of the first ink per step along it, its run."""

    depth: NDArray[np.float64]
    run: NDArray[np.int64]
    line: NDArray[np.float64]
    share: float
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Unframed:
    """pieces: what is left; frames: the boxes that were cut away, as top, left, bottom, right."""

    pieces: list[Piece]
    frames: list[tuple[int, int, int, int]]


def without_frames(pieces: Sequence[Piece], strength: Floats, *, is_flat: bool) -> Unframed:
    """Return the pieces with printed boxes cut away; what is written inside or across a box stays.

    On a photo, what reaches the rim is the table around the page, which is a hollow rectangle as well.
    """
    kept: list[Piece] = []
    frames: list[tuple[int, int, int, int]] = []
    for piece in pieces:
        inside = _cut_open(piece) if is_flat or not touches_rim(piece, strength.shape) else None
        if inside is None:
            kept.append(piece)
            continue
        frames.append(piece.box)
        top, left, bottom, right = piece.box
        window = strength[top:bottom, left:right]
        kept += [_moved(part, top, left) for part in pieces_of(window, inside)]
    return Unframed([p for p in kept if not _is_rest(p, frames)], frames)


def _moved(piece: Piece, down: int, across: int) -> Piece:
    top, left, bottom, right = piece.box
    box = (top + down, left + across, bottom + down, right + across)
    return replace(piece, box=box)


def _cut_open(piece: Piece) -> Mask | None:
    """Return the piece's mask without its frame, or None where it is not framed."""
    height, width = piece.mask.shape
    if min(height, width) < 16 or max(height, width) > 4 * min(height, width):
        return None
    if piece.area > 0.55 * height * width:
        return None
    turned = [np.rot90(piece.mask, turns) for turns in range(4)]
    sides = [_side(mask) for mask in turned]
    good = sum(side.share >= _STRAIGHT for side in sides)
    thin = float(np.median([side.width for side in sides])) <= _HOLLOW * min(height, width)
    nearly = good == 3 and min(side.share for side in sides) >= 0.4
    if not thin or not (good == 4 or nearly):
        return None
    inside = piece.mask.copy()
    for turns, (mask, side) in enumerate(zip(turned, sides, strict=True)):
        inside &= ~np.rot90(_border(mask, side), -turns)
    return inside


def _side(mask: Mask) -> _Side:
    """Return the upper outline of a mask and the straight line that most of it lies on."""
    columns = np.flatnonzero(mask.any(axis=0))
    first = mask[:, columns].argmax(axis=0).astype(np.float64)
    run = _first_run(mask[:, columns], first.astype(int))
    depth = np.full(mask.shape[1], np.nan)
    depth[columns] = first
    line = _straight(columns.astype(np.float64), first, max(1.5, 0.012 * max(mask.shape)), mask.shape[1])
    places = np.arange(mask.shape[1]) * line[1] + line[0]
    near = np.abs(depth - places) <= max(1.5, 0.015 * max(mask.shape))
    share = float(near.mean()) if abs(line[1]) < 0.35 and places.max() < 0.4 * mask.shape[0] else 0.0
    runs = np.zeros(mask.shape[1], np.int64)
    runs[columns] = run
    width = float(np.median(runs[near])) if near.any() else float(mask.shape[0])
    return _Side(depth, runs, line, share, width)


def _first_run(mask: Mask, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many pixels of ink follow from each column's first one."""
    rows = np.arange(mask.shape[0])[:, None]
    gap = ~mask & (rows > first[None, :])
    ends = np.where(gap.any(axis=0), gap.argmax(axis=0), mask.shape[0])
    runs: NDArray[np.int64] = ends - first
    return runs


def _straight(x: NDArray[np.float64], y: NDArray[np.float64], near: float, width: int) -> NDArray[np.float64]:
    """Return offset and slope of the line through most points: the best of lines through pairs of them."""
    picks = np.linspace(0, len(x) - 1, min(len(x), 25)).astype(int)
    i, j = np.triu_indices(len(picks), 1)
    a, b = picks[i], picks[j]
    far = x[b] - x[a] >= 0.3 * width
    if not far.any():
        return np.array([float(np.median(y)), 0.0])
    a, b = a[far], b[far]
    slope = (y[b] - y[a]) / (x[b] - x[a])
    offset = y[a] - slope * x[a]
    hits = (np.abs(y[None, :] - slope[:, None] * x[None, :] - offset[:, None]) <= near).sum(axis=1)
    best = int((hits - np.abs(slope)).argmax())
    return np.array([offset[best], slope[best]])


def _border(mask: Mask, side: _Side) -> Mask:
    """Return the pixels of the frame's upper side: its own width below the line, from outside inwards."""
    rows = np.arange(mask.shape[0])[:, None]
    places = (np.arange(mask.shape[1]) * side.line[1] + side.line[0])[None, :]
    reach = 1.25 * side.width + 1.5
    band: Mask = (rows <= places + reach) & mask
    return band


def _is_rest(piece: Piece, frames: Sequence[tuple[int, int, int, int]]) -> bool:
    """Whether a piece is what cutting left over: a corner's rounding, or a wall between two cells."""
    for top, left, bottom, right in frames:
        height, width = bottom - top, right - left
        inside = (
            piece.box[0] >= top and piece.box[1] >= left and piece.box[2] <= bottom and piece.box[3] <= right
        )
        if not inside:
            continue
        if piece.size < 0.12 * min(height, width):
            return True
        wall = piece.height >= 0.86 * height and piece.width <= 0.1 * height
        if wall and piece.width <= 2.2 * piece.stroke + 0.05 * piece.height:
            return True
    return False
