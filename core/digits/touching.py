"""Digits that touch: one piece of ink becomes two where both halves look like digits and the whole does not.

Strokes that never met: two pieces become one where the whole looks more like a digit than the pieces do.

The cut is a straight line, upright or leaning, that crosses the ink in one place, as where two strokes meet.
No network is asked; what cannot be split with evidence stays whole and is doubted.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.digits.likeness import Likeness, likeness
from core.digits.locate import Mask, Piece, joined, pieces_of, stroke_width
from core.records.digit import Bytes, Floats

_WIDE, _VERY_WIDE = 0.8, 1.15
"""Width by height from which what a cut leaves may still be several, and from which a piece is hardly one."""
_STRANGE, _GOOD = 0.95, 0.93
"""Ranks of likeness: the whole must be stranger than the first, both halves nearer than the second."""
_ONE_WIDE, _ONE_GAP, _HAIR, _LIKELY = 1.05, 0.2, 0.04, 0.7
"""Two pieces may be one digit up to this width and gap by height, and this rank of the whole."""
_STRAIGHT = 0.6
_LEANS = (-0.3, -0.15, 0.0, 0.15, 0.3)
_HOLLOW = 0.04
_MOST_CUTS = 12
_MOST_PARTS = 6
Normalise = Callable[[Piece], Bytes]


def parted(pieces: Sequence[Piece], strength: Floats, normalise: Normalise) -> list[Piece]:
    """Return the pieces, those that are several touching digits cut apart from left to right."""
    return [part for piece in pieces for part in _parts(piece, strength, normalise, _MOST_PARTS)]


def mended(pieces: Sequence[Piece], normalise: Normalise) -> list[Piece]:
    """Return the pieces, two strokes of one digit that lie side by side and never met put together."""
    if len(pieces) != 2:
        return list(pieces)
    whole = joined(*pieces)
    if whole.width > _ONE_WIDE * whole.height or whole.gap > _ONE_GAP * whole.height:
        return list(pieces)
    likes = likeness(np.stack([normalise(piece) for piece in (whole, *pieces)]))
    strangest = max(like.rank for like in likes[1:])
    is_one = likes[0].rank < min(_LIKELY, strangest - 0.1) and likes[0].agreement >= 0.6
    nearly_meet = whole.gap <= _HAIR * whole.height and likes[0].rank < _STRANGE and likes[0].agreement >= 0.9
    return [whole] if is_one or nearly_meet else list(pieces)


def looks_joined(piece: Piece) -> bool:
    """Whether a piece is wider than any digit is written, so that it may be several; one stroke is not."""
    is_wide = piece.width > _VERY_WIDE * piece.height and piece.height > 3 * piece.stroke
    return is_wide and _thickness(piece) > _STRAIGHT * piece.stroke


def _thickness(piece: Piece) -> float:
    """Return the standard deviation of the ink across its longest direction; 0.29 pen widths for a line."""
    spread = np.linalg.eigvalsh(np.cov(np.argwhere(piece.mask).T))
    return float(np.sqrt(max(spread[0], 0.0)))


def _parts(piece: Piece, strength: Floats, normalise: Normalise, most: int) -> list[Piece]:
    if most < 2 or not looks_joined(piece):
        return [piece]
    whole = likeness(normalise(piece)[None])[0]
    if whole.rank < _STRANGE:
        return [piece]
    for left, right in _cut_in_two(piece, strength, normalise):
        rest = _parts(right, strength, normalise, most - 1)
        likes = likeness(np.stack([normalise(part) for part in rest]))
        if all(_is_digit(like) for like in likes):
            return [left, *rest]
    return [piece]


def _cut_in_two(piece: Piece, strength: Floats, normalise: Normalise) -> list[tuple[Piece, Piece]]:
    """Return the few best cuts whose left half is a digit, the best first."""
    loop = _nearly_closed(piece)
    sides = [side for side in _cuts(piece) if not _is_split(loop, side)]
    cuts = [halves for side in sides if (halves := _halves(piece, side, strength))]
    if not cuts:
        return []
    likes = likeness(np.stack([normalise(half) for halves in cuts for half in halves]))
    judged = []
    for place, (_, right) in enumerate(cuts):
        first, second = likes[2 * place], likes[2 * place + 1]
        is_last = right.width < _WIDE * right.height
        worst = max(first.rank, second.rank) if is_last else (first.rank + 1) / 2
        if _is_digit(first) and (not is_last or _is_digit(second)):
            judged.append((worst, place))
    return [cuts[place] for _, place in sorted(judged)[:3]]


def _nearly_closed(piece: Piece) -> Mask:
    """Return the largest hollow of the piece, or of what it were with gaps of a pen's width closed."""
    room = round(piece.stroke) + 2
    ground = ndimage.distance_transform_edt(~np.pad(piece.mask, room))
    grown = ground <= 0.6 * piece.stroke
    labels, count = ndimage.label(ndimage.binary_fill_holes(grown) & ~grown)
    if not count:
        return np.zeros_like(piece.mask)
    largest: Mask = labels == int(np.bincount(labels.ravel())[1:].argmax()) + 1
    return largest[room:-room, room:-room]


def _is_split(loop: Mask, is_left: Mask) -> bool:
    """Whether a cut goes through a hollow: a nought that does not close, rather than two digits."""
    left, whole = int((loop & is_left).sum()), int(loop.sum())
    return whole > _HOLLOW * loop.size and 0.2 * whole < left < 0.8 * whole


def _is_digit(like: Likeness) -> bool:
    return like.rank < _GOOD and like.agreement >= 0.6


def _cuts(piece: Piece) -> list[Mask]:
    """Return, for the most promising cuts, which pixels of the piece's box lie to their left."""
    height, width = piece.mask.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    ranked: list[tuple[int, float, NDArray[np.float64]]] = []
    for lean in _LEANS:
        places = columns - lean * (rows - height / 2)
        ink = np.bincount(np.clip(np.round(places[piece.mask]).astype(int), 0, width - 1), minlength=width)
        bridges = _long_runs(ink <= 1.4 * piece.stroke, round(max(0.2 * height, 2.5 * piece.stroke)))
        for column in range(round(0.15 * width), round(0.85 * width)):
            near = ink[max(0, column - 3) : column + 4]
            is_neck = ink[column] == near.min() and 0 < ink[column] <= 2.4 * piece.stroke
            if is_neck and not bridges[column]:
                ranked.append((int(ink[column]), abs(lean), places - column))
    ranked.sort(key=lambda cut: cut[:2])
    return [away < 0 for _, _, away in _apart(ranked, width)]


def _long_runs(thin: Mask, length: int) -> Mask:
    """Return where `thin` holds for `length` places on end: a bar that joins two strokes, as in H."""
    long: Mask = ndimage.binary_opening(thin, np.ones(max(1, length)))
    return long


def _apart(
    ranked: list[tuple[int, float, NDArray[np.float64]]], width: int
) -> list[tuple[int, float, NDArray[np.float64]]]:
    """Return the first cuts that are not nearly the same as a better one."""
    chosen: list[tuple[int, float, NDArray[np.float64]]] = []
    for cut in ranked:
        if all(
            abs(float((cut[2] - other[2]).mean())) > 0.04 * width or cut[1] != other[1] for other in chosen
        ):
            chosen.append(cut)
        if len(chosen) == _MOST_CUTS:
            break
    return chosen


def _halves(piece: Piece, is_left: Mask, strength: Floats) -> tuple[Piece, Piece] | None:
    halves = []
    for side in (is_left, ~is_left):
        half = _largest(piece, piece.mask & side, strength)
        if half is None or half.height < 0.5 * piece.height or half.width < 0.6 * piece.stroke:
            return None
        halves.append(half)
    return halves[0], halves[1]


def _largest(piece: Piece, mask: Mask, strength: Floats) -> Piece | None:
    """Return the connected part that is nearly all of one side; None where a cut leaves several."""
    top, left, bottom, right = piece.box
    parts = pieces_of(strength[top:bottom, left:right], mask)
    if not parts or parts[0].area < 0.9 * mask.sum():
        return None
    t, l, b, r = parts[0].box  # noqa: E741
    return replace(
        parts[0],
        box=(t + top, l + left, b + top, r + left),
        strength=piece.strength,
        stroke=min(piece.stroke, stroke_width(parts[0].mask)),
    )
