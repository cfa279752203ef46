"""Why a picture, or what was found in it, does not look like an MNIST digit: reasons, no network's veto."""

from collections.abc import Sequence

import numpy as np

from core.digits.ink import Ink
from core.digits.likeness import Likeness
from core.digits.locate import Piece
from core.digits.touching import looks_joined
from core.records.digit import Bytes, Doubt, Floats, Measures

APART, OTHER_SIGN = 3.5, 0.5
"""Pixels of 28 by which a stroke may miss those of the best fitting of the nearest training digits, and how
probably it may be some other sign; chosen on `python -m benchmarks.letters --seed 5`. See docs/digits.md."""
_THINNEST, _WIDEST = 0.35, 8.0
_MOST_PARTS = 3
_CROWD = 12
_SOFT = 0.04
"""No pen leaves an edge that falls by less than this a pixel, unless the photo is far out of focus."""
_ROUGH = 0.08
"""A ground whose own deviation is above this share of full scale is no paper."""


def measured(piece: Piece, image: Bytes, like: Likeness, other_sign: float) -> Measures:
    """Return what the doubts about one digit rest on."""
    return Measures(
        stroke_width=piece.stroke * 20 / max(1, piece.size),
        ink_share=float(image.mean() / 255),
        parts=piece.parts,
        distance=like.distance,
        distance_rank=like.rank,
        agreement=like.agreement,
        apart=like.apart,
        other_sign=other_sign,
        sharpness=piece.sharpness,
    )


def digit_doubts(piece: Piece, measures: Measures, shape: tuple[int, ...]) -> tuple[Doubt, ...]:
    """Return the doubts about one thing found."""
    found = []
    if piece.fill > 0.8 and min(piece.height, piece.width) > 0.45 * piece.size:
        found.append(Doubt.SOLID)
    elif not _THINNEST <= measures.stroke_width <= _WIDEST:
        found.append(Doubt.THIN)
    if piece.parts >= _MOST_PARTS or piece.gap > 1.5 * max(piece.stroke, 2.0):
        found.append(Doubt.PARTS)
    if measures.apart > APART or measures.other_sign > OTHER_SIGN:
        found.append(Doubt.STRANGE)
    if Doubt.STRANGE in found and looks_joined(piece):
        found.append(Doubt.JOINED)
    if _is_cut_off(piece, shape):
        found.append(Doubt.EDGE)
    return tuple(found)


def _is_cut_off(piece: Piece, shape: tuple[int, ...]) -> bool:
    """Whether a broad part of the piece ends at the rim, as where the picture cuts through a stroke."""
    top, left, bottom, right = piece.box
    ends = []
    if top <= 0:
        ends.append(piece.mask[0].mean())
    if bottom >= shape[0]:
        ends.append(piece.mask[-1].mean())
    if left <= 0:
        ends.append(piece.mask[:, 0].mean())
    if right >= shape[1]:
        ends.append(piece.mask[:, -1].mean())
    return bool(ends) and max(ends) > 0.12


def picture_doubts(
    ink: Ink, strength: Floats, pieces: Sequence[Piece], chosen: Sequence[Piece]
) -> tuple[Doubt, ...]:
    """Return the doubts about the whole picture: blank, noise, a photograph, two strokes that never meet."""
    if not chosen:
        noisy = ink.noise > _ROUGH or _is_noise(strength, pieces)
        return (Doubt.NOISE,) if noisy else (Doubt.BLANK,)
    if _is_noise(strength, pieces):
        return (Doubt.NOISE,)
    if _is_photograph(ink, strength, pieces, chosen):
        return (Doubt.PHOTOGRAPH,)
    if max(piece.sharpness for piece in chosen) < _SOFT:
        return (Doubt.PHOTOGRAPH,)
    found = []
    others = [p for p in pieces if p.size >= 0.5 * max(c.size for c in chosen)]
    if len(others) > len(chosen) + _CROWD or len(chosen) > 2 * _CROWD:
        found.append(Doubt.CROWDED)
    if _are_loose_strokes(chosen):
        found.append(Doubt.PARTS)
    return tuple(found)


def _is_noise(strength: Floats, pieces: Sequence[Piece]) -> bool:
    """Whether ink is everywhere in crumbs, none of which is much larger than the rest."""
    if len(pieces) < 40:
        return False
    areas = np.sort([p.area for p in pieces])[::-1]
    return bool(areas[0] < 12 * np.median(areas[:40]) and areas[0] < max(60, 1e-4 * strength.size))


def _is_photograph(ink: Ink, strength: Floats, pieces: Sequence[Piece], chosen: Sequence[Piece]) -> bool:
    """Whether much of the picture departs from any ground, in many shades: no pen on a page."""
    if ink.is_flat:
        return False
    down, across = strength.shape[0] // 8, strength.shape[1] // 8
    inside = strength[down : -down or None, across : -across or None]
    covered = float((inside > 0.12).mean())
    drawn = sum(piece.area for piece in chosen) / strength.size
    large = [piece for piece in pieces if piece.size > 0.05 * max(strength.shape)]
    return covered > 0.45 or (covered > 0.12 and covered > 4 * drawn and len(large) >= 6)


def _are_loose_strokes(chosen: Sequence[Piece]) -> bool:
    """Whether there are just two plain strokes close to each other: a broken digit as well as an 11."""
    if len(chosen) != 2:
        return False
    first, second = chosen
    apart = max(0, max(first.box[1], second.box[1]) - min(first.box[3], second.box[3]))
    near = apart < 0.8 * max(first.size, second.size)
    return near and all(_is_straight(piece) for piece in chosen)


def _is_straight(piece: Piece) -> bool:
    """Whether it is one plain stroke, however it leans: along its axes about as wide as the pen, and long."""
    spread = np.cov(np.nonzero(piece.mask))
    if piece.area < 2 or not np.isfinite(spread).all():
        return False
    width, length = np.sqrt(12 * np.maximum(np.linalg.eigvalsh(spread), 0))  # of an even bar
    return bool(width < 1.8 * piece.stroke and length > 2.9 * width)
