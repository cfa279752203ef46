"""Printed boxes around digits: an outline of four straight sides around a hollow is cut off, insides stay.

A row of cells is one long outline with walls in it; the walls go as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.digits.lines import line_width
from core.digits.locate import Mask, Piece, pieces_of, rims, touches_rim
from core.records.digit import Floats

Box = tuple[int, int, int, int]
_STRAIGHT = 0.62
"""Share of a side that must lie on one straight line; handwriting reaches 0.5 on two sides at most."""
_HOLLOW = 0.14
_LONGEST = 16
_ROW = 1.2
"""What is so much wider than high may be a row of cells."""
_WALL = 0.88
"""Share of the way from edge to edge that a wall between two cells covers."""
_MOST_OF_SIDE, _SLIVER = 0.6, 0.9
_LEANS = np.linspace(-0.3, 0.3, 31)


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
    frames: list[Box]


def without_frames(
    pieces: Sequence[Piece], strength: Floats, *, is_flat: bool, may_be_cut: bool = True
) -> Unframed:
    """Return the pieces with printed boxes cut away; what is written inside or across a box stays.

    may_be_cut: a box may go on beyond one side of the picture, as two ruled lines seem to. On a photo, what
    reaches several sides is the table around the page, which is a hollow rectangle as well.
    """
    kept: list[Piece] = []
    frames: list[Box] = []
    for piece in pieces:
        top, left, bottom, right = piece.box
        window = strength[top:bottom, left:right]
        inside = _inside_of(piece, window, strength.shape, is_flat, may_be_cut)
        if inside is None:
            kept.append(piece)
            continue
        frames.append(piece.box)
        parts = [_moved(part, top, left) for part in pieces_of(window, inside)]
        least = 0.12 * min(_levelled(piece.mask)[0].shape)
        kept += [part for part in parts if part.size >= least]  # smaller ones are a corner's rounding
    return Unframed(kept, frames)


def _inside_of(
    piece: Piece, window: Floats, shape: tuple[int, ...], is_flat: bool, may_be_cut: bool
) -> Mask | None:
    """Return what a box holds; where the picture's border cuts the box, a side is put in there."""
    if is_flat or not touches_rim(piece, shape):
        return _cut_open(piece, window)
    ends = np.array(rims(piece, shape))
    height, width = piece.mask.shape
    along, of = (height, shape[0]) if ends[1].any() else (width, shape[1])
    if not may_be_cut or ends.sum() != 1 or along > _MOST_OF_SIDE * of:
        return None
    thick = max(2, round(piece.stroke))
    rooms = [(thick * int(before), thick * int(after)) for before, after in ends]
    mask = np.pad(piece.mask, rooms, constant_values=True)
    inside = _cut_open(replace(piece, mask=mask), np.pad(window, rooms, mode="edge"))
    (above, _), (before, _) = rooms
    return None if inside is None else inside[above : above + height, before : before + width]


def _moved(piece: Piece, down: int, across: int) -> Piece:
    top, left, bottom, right = piece.box
    box = (top + down, left + across, bottom + down, right + across)
    return replace(piece, box=box)


def _cut_open(piece: Piece, window: Floats) -> Mask | None:
    """Return the piece's mask without its frame, or None where it is not framed."""
    height, width = piece.mask.shape
    if min(height, width) < 16 or width > _LONGEST * height or height > 4 * width:
        return None
    if piece.area > 0.55 * height * width:
        return None
    level, back = _levelled(piece.mask)
    inside = hollow(level)
    if inside is None:
        return None
    kept = back(inside)
    printed = window[piece.mask & ~kept]
    most = 1.6 * float(np.median(printed))
    if width >= _ROW * height:  # its walls, two cells' sides, are stronger
        most = max(most, 1.2 * float(np.percentile(printed, 90)))
    brush = np.ones((max(1, round(0.5 * piece.stroke)),) * 2)
    on_top: Mask = ndimage.binary_opening(piece.mask & (window > most), brush)
    return kept | on_top


def _levelled(mask: Mask) -> tuple[Mask, Callable[[Mask], Mask]]:
    """Return a long outline sheared so that its upper side is level, and the way back."""
    height, width = mask.shape
    if width < 1.8 * height:
        return mask, lambda level: level
    columns = np.flatnonzero(mask.any(axis=0))
    first = mask[:, columns].argmax(axis=0).astype(np.float64)
    _, slope = _straight(columns.astype(np.float64), first, 2.0, width)
    down = np.round(slope * (np.arange(width) - (width - 1 if slope > 0 else 0))).astype(np.int64)
    tall = np.pad(mask, ((int(-down.min()), int(-down.min())), (0, 0)))
    rows = np.arange(len(tall))[:, None]
    level = tall[np.clip(rows + down, 0, len(tall) - 1), np.arange(width)]
    used = np.flatnonzero(level.any(axis=1))
    start, stop = int(used[0]), int(used[-1]) + 1

    def back(changed: Mask) -> Mask:
        whole = np.zeros_like(tall)
        whole[start:stop] = changed
        restored: Mask = whole[np.clip(rows - down, 0, len(tall) - 1), np.arange(width)]
        lift = int(-down.min())
        return restored[lift : lift + height]

    return level[start:stop], back


def hollow(mask: Mask) -> Mask | None:
    """Return what lies within an upright outline, without walls; None where the mask is no outline."""
    turned = [np.rot90(mask, turns) for turns in range(4)]
    sides = [_side(each) for each in turned]
    good = sum(side.share >= _STRAIGHT for side in sides)
    thin = float(np.median([side.width for side in sides])) <= _HOLLOW * min(mask.shape)
    nearly = good == 3 and min(side.share for side in sides) >= 0.4
    if not thin or not (good == 4 or nearly):
        return None
    inside = mask.copy()
    for turns, (each, side) in enumerate(zip(turned, sides, strict=True)):
        inside &= ~np.rot90(_border(each, side), -turns)
    width = float(np.median([side.width for side in sides]))
    inside = _without_walls(inside, width)
    return None if _num_lines(inside) >= 3 else inside


def _without_walls(inside: Mask, width: float) -> Mask:
    """Return the inside of a row of cells without the walls between them: straight, from edge to edge."""
    used = np.flatnonzero(inside.any(axis=1))
    if inside.shape[1] < _ROW * inside.shape[0] or not used.size:
        return inside
    cells = inside[used[0] : used[-1] + 1]
    walls = np.zeros_like(inside)
    walls[used[0] : used[-1] + 1] = max((_walls(cells, lean, width) for lean in _LEANS), key=np.count_nonzero)
    thick = max(2.2 * width + 1, 1.4 * line_width((inside & walls).T) + 1)  # two cells' sides side by side
    runs = ndimage.binary_opening(inside, np.ones((1, max(2, round(thick)))))
    open_: Mask = inside & (~walls | runs)  # a stroke across a wall stays
    return open_ & ~_slivers(open_, ndimage.binary_dilation(walls, np.ones((1, 2 * round(thick) + 1))))


def _slivers(inside: Mask, near: Mask) -> Mask:
    """Return the parts of the inside that lie near walls only: the blurred edges of these."""
    labels, count = ndimage.label(inside, np.ones((3, 3)))
    shares = ndimage.mean(near, labels, np.arange(1, count + 1)) if count else []
    sliver: Mask = np.isin(labels, np.flatnonzero(np.asarray(shares) > _SLIVER) + 1)
    return sliver


def _walls(cells: Mask, lean: float, width: float) -> Mask:
    """Return where columns that lean by `lean` are inked from end to end, no wider than two sides."""
    height, across = cells.shape
    places = np.arange(across)[None, :] + np.round(lean * np.arange(height)[:, None]).astype(np.int64)
    level = cells[np.arange(height)[:, None], np.clip(places, 0, across - 1)]
    full = ndimage.binary_dilation(level, np.ones((1, 3))).mean(axis=0) >= _WALL
    for (wall,) in ndimage.find_objects(ndimage.label(full)[0]):
        around = slice(max(0, wall.start - round(2 * width)), wall.stop + round(2 * width))
        if np.median(level[:, around].sum(axis=1)) > 2.2 * width + 1.5:  # the stroke of a pen
            full[wall] = False
    full = ndimage.binary_dilation(full, iterations=2)
    rows, columns = np.nonzero(np.broadcast_to(full, cells.shape))
    found = np.zeros_like(cells)
    found[rows, np.clip(places[rows, columns], 0, across - 1)] = True
    return found


def _num_lines(inside: Mask) -> int:
    """Return how many lines run all across: with several, it is squared paper and no box."""
    full = inside.mean(axis=1) >= 0.6
    return int((np.diff(full.astype(np.int8), prepend=0) == 1).sum())


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
