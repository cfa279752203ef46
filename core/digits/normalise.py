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


def normalised(strength: Floats, piece: Piece) -> Bytes:
    """Return the piece as 28x28 uint8, white ink on black."""
    return centred(_boxed(_even_strokes(_cut(strength, piece))))


def _cut(strength: Floats, piece: Piece) -> Floats:
    """Return the piece's ink, 0..1, with the soft rim of its strokes, scaled to a fine grid of fixed size."""
    top, left, bottom, right = piece.box
    room = max(1, round(piece.stroke * 0.4))
    mask = np.pad(piece.mask, room)
    near = ndimage.binary_dilation(mask, iterations=room)
    padded = np.pad(strength, room)
    window = padded[top : bottom + 2 * room, left : right + 2 * room] * near
    soft = np.clip((window / piece.strength - 0.1) / 0.8, 0, 1).astype(np.float32)
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
