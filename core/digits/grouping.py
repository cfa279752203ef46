"""Which pieces of ink are digits: broken strokes joined, what is no digit left out, reading order."""

from collections.abc import Sequence

from core.digits.locate import Piece, distance, joined, touches_rim

_MIN_SIZE = 0.02
_NEAR = 1.6
_AT_RIM = 0.06
_LONG = 0.38
_SHARP = 0.09
"""Edges that fall more slowly than this, per pixel, are shadows rather than strokes."""
_CLEARLY, _SHARPER, _NO_SPECK = 1.3, 2.0, 0.3
_LIKE_HEIGHT, _LIKE_STRENGTH, _LIKE_STROKE = 0.5, 0.45, 3.0


Box = tuple[int, int, int, int]


def digits_of(
    pieces: Sequence[Piece], shape: tuple[int, int], *, is_flat: bool, frames: Sequence[Box] = ()
) -> list[Piece]:
    """Return the pieces that may be digits, in reading order; empty where there is none.

    Where printed boxes were found, what is written in them is meant, and not the form's own words.
    """
    least = max(6.0, _MIN_SIZE * max(shape))
    boxed = [p for p in pieces if any(_is_in(p, frame) for frame in frames)]
    if any(p.size >= max(least, 0.15 * _smaller_side(f)) for p in boxed for f in frames if _is_in(p, f)):
        pieces = boxed
    pieces = [p for p in pieces if p.size >= 3]
    if not is_flat:
        pieces = [p for p in pieces if not _is_shadow(p, pieces, shape, least)]
    inside = _without_surroundings(pieces, shape, least, is_flat)
    whole = _joined_strokes(inside, shape)
    candidates = [p for p in whole if p.size >= least and p.area >= 12]
    if not candidates:
        return []
    main = max(candidates, key=lambda p: _score(p, shape, is_flat))
    alike = [p for p in candidates if p is main or _is_like(p, main, shape, is_flat)]
    return reading_order(alike)


def _without_surroundings(
    pieces: list[Piece], shape: tuple[int, int], least: float, is_flat: bool
) -> list[Piece]:
    """Leave out what comes from the rim (table, page border, cut neighbours) where something else is left."""
    rim = [p for p in pieces if touches_rim(p, shape)]
    inner = [p for p in pieces if not touches_rim(p, shape)]
    largest = max((p.size for p in rim), default=0)
    needed = max(least, 0.3 * largest) if is_flat else least
    return inner if any(p.size >= needed and p.area >= 12 for p in inner) else pieces


def _is_shadow(piece: Piece, others: Sequence[Piece], shape: tuple[int, int], least: float) -> bool:
    """Whether a piece is weaker and softer at its edges than another one, no speck and not at the rim."""
    size = least if piece.sharpness < _SHARP else max(least, _NO_SPECK * piece.size)
    return any(
        other.strength > _CLEARLY * piece.strength
        and other.sharpness > _SHARPER * piece.sharpness
        and other.size >= size
        and not touches_rim(other, shape)
        for other in others
    )


def _is_in(piece: Piece, frame: Box) -> bool:
    """Whether a piece's middle lies in a frame and the piece does not leave it by much."""
    y, x = (piece.box[0] + piece.box[2]) / 2, (piece.box[1] + piece.box[3]) / 2
    top, left, bottom, right = frame
    room = 0.25 * _smaller_side(frame)
    near = piece.box[0] >= top - room and piece.box[2] <= bottom + room
    return top <= y <= bottom and left <= x <= right and near


def _smaller_side(frame: Box) -> int:
    return min(frame[2] - frame[0], frame[3] - frame[1])


def _score(piece: Piece, shape: tuple[int, int], is_flat: bool) -> float:
    score = piece.strength * piece.size * min(1.0, piece.sharpness / _SHARP) ** 2
    if touches_rim(piece, shape):
        score *= 0.3
    if not is_flat and _to_rim(piece, shape) < _AT_RIM * min(shape):  # the table's own pattern
        score *= 0.2
    if piece.stroke > 0.45 * piece.size:
        score *= 0.4
    stroke = max(1.0, piece.stroke)
    if piece.size > 25 * stroke:  # a sheet's edge rather than a digit
        is_straight = piece.area < 1.5 * piece.size * stroke
        is_long = piece.size > (_LONG if is_straight else 2 * _LONG) * max(shape)
        score *= 0.02 if is_long else 0.2 if is_straight else 1.0
    if piece.width > 2.5 * piece.height:
        score *= 0.5
    return score


def _to_rim(piece: Piece, shape: tuple[int, int]) -> float:
    """Return the way from a piece's middle to the nearest rim of the picture."""
    y, x = (piece.box[0] + piece.box[2]) / 2, (piece.box[1] + piece.box[3]) / 2
    return min(y, x, shape[0] - y, shape[1] - x)


def _is_like(piece: Piece, main: Piece, shape: tuple[int, int], is_flat: bool) -> bool:
    tall = _LIKE_HEIGHT * main.height <= piece.height <= main.height / _LIKE_HEIGHT
    strong = piece.strength >= _LIKE_STRENGTH * main.strength
    pen = main.stroke / _LIKE_STROKE <= piece.stroke <= main.stroke * _LIKE_STROKE
    return tall and strong and pen and _score(piece, shape, is_flat) >= 0.3 * _score(main, shape, is_flat)


def _joined_strokes(pieces: list[Piece], shape: tuple[int, int]) -> list[Piece]:
    """Join what one digit's strokes left apart: largest first, until nothing joins any more."""
    pieces = sorted(pieces, key=lambda p: p.area, reverse=True)
    if not pieces:
        return []
    tallest = max((p.height for p in pieces if not touches_rim(p, shape)), default=pieces[0].height)
    changed = True
    while changed:
        changed = False
        for i, first in enumerate(pieces):
            partner = next((j for j in range(i + 1, len(pieces)) if _belong(first, pieces[j], tallest)), None)
            if partner is not None:
                pieces[i] = joined(first, pieces.pop(partner))
                changed = True
                break
    return pieces


def _belong(large: Piece, small: Piece, tallest: int) -> bool:
    """Whether two pieces are strokes of one digit: close, of one pen, not two digits side by side."""
    if small.strength < 0.4 * large.strength or large.strength < 0.4 * small.strength:
        return False
    if small.area < 0.02 * large.area:
        return False
    if small.stroke > 2.5 * large.stroke or small.stroke < 0.3 * large.stroke:
        return False
    apart_y = max(large.box[0], small.box[0]) - min(large.box[2], small.box[2])
    apart_x = max(large.box[1], small.box[1]) - min(large.box[3], small.box[3])
    overlap_x = -apart_x / max(1, min(large.width, small.width))
    height = max(large.box[2], small.box[2]) - min(large.box[0], small.box[0])
    reach = _NEAR * max(large.stroke, small.stroke)
    if max(apart_x, apart_y) <= reach and _is_broken(large, small):
        return True
    if large.height > 0.8 * tallest and small.height > 0.8 * tallest and overlap_x < 0.6:
        return False
    if apart_x <= 0 and apart_y <= 0:
        return True
    if overlap_x >= 0.3 and apart_y <= max(reach, 0.22 * height) and height <= 1.35 * tallest + reach:
        return True
    is_part = small.height < 0.75 * large.height
    return is_part and apart_x <= reach and apart_y <= reach


def _is_broken(first: Piece, second: Piece) -> bool:
    """Whether a gap shorter than a pen's width parts two pieces that lie one above the other."""
    lower, upper = sorted((first, second), key=lambda p: p.box[0], reverse=True)
    above = lower.box[0] >= upper.box[2] - 0.35 * min(first.height, second.height)
    return above and distance(first, second) <= max(first.stroke, second.stroke)


def reading_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces row by row from the top, each row from the left."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.box[0] + p.box[2]):
        middle = (piece.box[0] + piece.box[2]) / 2
        row = next(
            (
                r
                for r in rows
                if r[-1].box[0] - 0.1 * r[-1].height <= middle <= r[-1].box[2] + 0.1 * r[-1].height
            ),
            None,
        )
        if row is None:
            rows.append([piece])
        else:
            row.append(piece)
    return [piece for row in rows for piece in sorted(row, key=lambda p: p.box[1])]
