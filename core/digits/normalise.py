"""From a piece of ink to MNIST's own form: 20x20 box, anti-aliased, centre of mass at the centre of 28x28."""

import numpy as np
from PIL import Image
from scipy import ndimage

from core.digits.locate import Piece
from core.records.digit import Bytes, Floats

SIDE, BOX = 28, 20
THINNEST, THICKEST = 1.7, 4.2
"""Stroke widths in pixels of the 28x28 grid that MNIST's writers span; others are brought to these."""
_FINE = 160


def normalised(strength: Floats, piece: Piece, *, is_coarse: bool = False) -> Bytes:
    """Return the piece as 28x28 uint8, white ink on black.

    is_coarse: the picture has so few pixels that a grey one is a stroke's share of it, not its blurred edge;
    grey then stays grey.
    """
    if is_coarse:
        return centred(
            _boxed(_cut(strength, piece, room=max(2, round(piece.stroke * 0.7)), low=0.0, full=1.0))
        )
    fine = _cut(strength, piece, room=max(1, round(piece.stroke * 0.4)), low=0.1, full=0.9)
    return centred(_boxed(_even_strokes(fine)))


def _cut(strength: Floats, piece: Piece, *, room: int, low: float, full: float) -> Floats:
    """Return the piece's ink, 0..1, with the soft rim of its strokes, scaled to a fine grid of fixed size.

    `low` and `full` are the shares of the piece's strength that become 0 and 1.
    """
    top, left, bottom, right = piece.box
    near = ndimage.binary_dilation(np.pad(piece.mask, room), iterations=room)
    padded = np.pad(strength, room)
    window = padded[top : bottom + 2 * room, left : right + 2 * room] * near
    soft = np.clip((window / piece.strength - low) / (full - low), 0, 1).astype(np.float32)
    scale = _FINE / max(piece.height, piece.width)
    size = (max(1, round(soft.shape[1] * scale)), max(1, round(soft.shape[0] * scale)))
    kind = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    fine: Floats = np.clip(np.asarray(Image.fromarray(soft).resize(size, kind)), 0, 1)
    return fine


def _even_strokes(fine: Floats) -> Floats:
    """Thicken hairlines and thin markers towards the widths that the training digits have."""
    mask = fine > 0.5
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))
    inside = distance[distance > 0]
    if not inside.size:
        return fine
    cell = _FINE / BOX
    width = (4 * float(inside.mean()) - 1) / cell
    if width < THINNEST:
        radius = (THINNEST - width) / 2 * cell
        grown = np.pad(mask, int(radius) + 2)
        thick: Floats = (ndimage.distance_transform_edt(~grown) <= radius).astype(np.float32)
        return thick
    if width > THICKEST:
        radius = min((width - THICKEST) / 2 * cell, 0.45 * float(inside.max()))
        slim: Floats = (distance > radius).astype(np.float32)
        return slim
    return fine


def _boxed(fine: Floats) -> Floats:
    rows, columns = np.flatnonzero((fine > 0.4).any(1)), np.flatnonzero((fine > 0.4).any(0))
    if not rows.size:
        return np.zeros((BOX, BOX), np.float32)
    tight = fine[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(tight.shape)
    size = (max(1, round(tight.shape[1] * scale)), max(1, round(tight.shape[0] * scale)))
    small: Floats = np.asarray(
        Image.fromarray(np.ascontiguousarray(tight)).resize(size, Image.Resampling.BOX)
    )
    inked = small[small > 0.05]
    full = float(np.percentile(inked, 90)) if inked.size else 1.0
    return small / np.float32(max(full, 0.3))


def centred(small: Floats) -> Bytes:
    """Return a box of at most 20x20 ink values (0..1) with its centre of mass at the centre of 28x28."""
    small = np.clip(small, 0, 1)
    height, width = small.shape
    mass = small.sum() or 1
    y = float((small.sum(1) * np.arange(height)).sum() / mass)
    x = float((small.sum(0) * np.arange(width)).sum() / mass)
    top = min(max(round(SIDE / 2 - 0.5 - y), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - 0.5 - x), 0), SIDE - width)
    out = np.zeros((SIDE, SIDE), np.uint8)
    out[top : top + height, left : left + width] = np.round(small * 255)
    return out


def is_mnist_form(pixels: Bytes, *, light: bool) -> Bytes | None:
    """Return an RGB picture as it is, in grey and white on black, where it has MNIST's own form already.

    That is 28x28, an empty rim, the longest side near 20 and the centre of mass near the centre. Else None.
    """
    if pixels.shape[:2] != (SIDE, SIDE) or np.ptp(pixels, axis=-1).max() > 8:
        return None
    grey = pixels.max(axis=-1)
    image = grey if light else 255 - grey
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    rows, columns = np.flatnonzero((image > 40).any(1)), np.flatnonzero((image > 40).any(0))
    if np.mean(rim > 24) > 0.15 or not rows.size:
        return None
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    centre = ndimage.center_of_mass(image.astype(np.float64))
    is_centred = all(abs(place - (SIDE - 1) / 2) < 2 for place in centre)
    return image if 17 <= longest <= 22 and is_centred and image.max() > 200 else None
