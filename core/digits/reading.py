"""The whole way from the bytes of a file to digits in MNIST's form, each step kept to look at."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from core.digits.dashes import without_dashes
from core.digits.decode import decode
from core.digits.doubt import digit_doubts, measured, picture_doubts
from core.digits.frames import Unframed, without_frames
from core.digits.grouping import digits_of
from core.digits.ink import Ink, find_ink
from core.digits.likeness import likeness
from core.digits.lines import Cleaned, without_lines
from core.digits.locate import Piece, find_pieces
from core.digits.normalise import is_mnist_form, normalised
from core.digits.paper import sheet_of
from core.digits.sheet import canvas
from core.digits.signs import other_sign
from core.digits.touching import mended, parted
from core.errors import ImageError
from core.records.digit import Bytes, Digit, Floats, Picture, Reading, ReadOptions, Step

_SMALL_SIDE = 160
_LEAST_FOR_LINES = 64
"""Pictures smaller than this show one digit and no page."""
_SQUARED = 6
"""With so many lines across and so many down it is squared paper, whose squares are no boxes."""


def read(data: bytes, filename: str = "", options: ReadOptions | None = None) -> Reading:
    """Return the digits that the file shows; raises ImageError where it is no picture that can be read."""
    return read_picture(decode(data, filename), options)


def read_picture(picture: Picture, options: ReadOptions | None = None) -> Reading:
    """Return the digits of a decoded picture."""
    options = options or ReadOptions()
    pixels, left, top = _cropped(picture.pixels, options.crop)
    if options.crop is None and max(pixels.shape[:2]) >= _LEAST_FOR_LINES:
        pixels, left, top = _on_its_sheet(pixels)
    factor = 1.0
    if max(pixels.shape[:2]) < _SMALL_SIDE:
        factor = _SMALL_SIDE / max(pixels.shape[:2])
        pixels = _enlarged(pixels, factor)
    ink = find_ink(pixels, light=options.invert)
    found = _found(ink, options, is_page=max(picture.pixels.shape[:2]) >= _LEAST_FOR_LINES)
    strength, unframed = found.cleaned.strength, found.unframed
    chosen = digits_of(unframed.pieces, strength.shape, is_flat=ink.is_flat, frames=unframed.frames)
    frame = _Frame(left, top, factor, picture.width / picture.pixels.shape[1])
    whole = is_mnist_form(picture.pixels, light=ink.light) if options == ReadOptions() else None
    is_coarse = max(picture.pixels.shape[:2]) < _LEAST_FOR_LINES
    normalise = partial(normalised, strength, is_coarse=is_coarse)
    chosen = mended(chosen, normalise)
    if whole is None and options.split:
        chosen = parted(chosen, strength, normalise)
    images = [normalise(piece) for piece in chosen]
    if whole is not None and len(chosen) == 1:
        images = [whole]
    digits = _digits(images, chosen, strength.shape, frame)
    doubts = picture_doubts(ink, strength, unframed.pieces, chosen)
    if any(doubt.is_fatal for doubt in doubts):
        digits = ()
    return Reading(
        filename=picture.filename,
        picture=picture,
        digits=digits,
        steps=_steps(pixels, ink, found, chosen),
        doubts=doubts,
        light_ink=ink.light,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What stands on the page, and what was taken away to see it."""

    cleaned: Cleaned
    pieces: list[Piece]
    unframed: Unframed


def _found(ink: Ink, options: ReadOptions, *, is_page: bool) -> _Found:
    """Return the pieces without printed boxes or, where there are none, without ruled lines."""
    as_it_is = Cleaned(ink.strength, None)
    has_shadows = is_page and not ink.is_flat
    pieces = find_pieces(ink.strength, ink.noise, options.threshold, has_shadows=has_shadows)
    if not options.remove_lines:
        return _Found(as_it_is, pieces, Unframed(pieces, []))
    cleaned = without_lines(ink.strength, ink.noise) if is_page else as_it_is
    if min(cleaned.count) < _SQUARED:
        is_ruled = max(cleaned.count) > 2 > min(cleaned.count)
        unframed = without_frames(pieces, ink.strength, is_flat=ink.is_flat, may_be_cut=not is_ruled)
        if is_page and not unframed.frames and (undashed := without_dashes(pieces, ink.strength.shape)):
            unframed = undashed
        if unframed.frames or cleaned.lines is None or not cleaned.lines.any():
            return _Found(as_it_is, pieces, unframed)
    pieces = find_pieces(cleaned.strength, ink.noise, options.threshold, has_shadows=has_shadows)
    unframed = without_frames(pieces, cleaned.strength, is_flat=ink.is_flat, may_be_cut=False)
    return _Found(cleaned, pieces, unframed)


def _cropped(pixels: Bytes, crop: tuple[float, float, float, float] | None) -> tuple[Bytes, int, int]:
    if crop is None:
        return pixels, 0, 0
    height, width = pixels.shape[:2]
    left, top, right, bottom = (min(max(v, 0.0), 1.0) for v in crop)
    x0, x1, y0, y1 = round(left * width), round(right * width), round(top * height), round(bottom * height)
    if x1 - x0 < 4 or y1 - y0 < 4:
        raise ImageError("The crop leaves fewer than 4 pixels; choose a larger part of the picture.")
    return np.ascontiguousarray(pixels[y0:y1, x0:x1]), x0, y0


def _on_its_sheet(pixels: Bytes) -> tuple[Bytes, int, int]:
    """Return the canvas of a drawing program or the sheet on a table, with its place; else all of it."""
    if drawn := canvas(pixels):
        left, top, right, bottom = drawn
        return np.ascontiguousarray(pixels[top:bottom, left:right]), left, top
    if sheet := sheet_of(pixels):
        return sheet.pixels, sheet.box[0], sheet.box[1]
    return pixels, 0, 0


def _enlarged(pixels: Bytes, factor: float) -> Bytes:
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


@dataclass(frozen=True, slots=True)
class _Frame:
    """How places in the working picture become places in the file: crop, enlargement, reduction."""

    left: int
    top: int
    factor: float
    scale: float

    def box(self, piece: Piece) -> tuple[int, int, int, int]:
        top, left, _, _ = piece.box
        return (
            round((left / self.factor + self.left) * self.scale),
            round((top / self.factor + self.top) * self.scale),
            max(1, round(piece.width / self.factor * self.scale)),
            max(1, round(piece.height / self.factor * self.scale)),
        )


def _digits(
    images: list[Bytes], chosen: list[Piece], shape: tuple[int, ...], frame: _Frame
) -> tuple[Digit, ...]:
    if not images:
        return ()
    stacked = np.stack(images)
    likes, others = likeness(stacked), other_sign(stacked).tolist()
    found = []
    for piece, image, like, other in zip(chosen, images, likes, others, strict=True):
        measures = measured(piece, image, like, other)
        found.append(
            Digit(
                box=frame.box(piece),
                image=image,
                measures=measures,
                doubts=digit_doubts(piece, measures, shape),
                neighbours=like.neighbours,
            )
        )
    return tuple(found)


def _steps(pixels: Bytes, ink: Ink, found: _Found, chosen: list[Piece]) -> tuple[Step, ...]:
    steps = [
        Step(name="picture", image=pixels),
        Step(name="ground", image=ink.ground),
        Step(
            name="ink",
            image=_grey(ink.strength),
            note="light ink on dark" if ink.light else "dark ink on light",
        ),
    ]
    cleaned = found.cleaned
    if cleaned.lines is not None:
        steps.append(Step(name="lines", image=cleaned.lines.astype(np.uint8) * 255))
        steps.append(Step(name="clean", image=_grey(cleaned.strength)))
    steps.append(Step(name="pieces", image=_painted(found.pieces, ink.strength.shape)))
    steps.append(Step(name="digits", image=_painted(chosen, ink.strength.shape)))
    return tuple(steps)


def _grey(strength: Floats) -> Bytes:
    return (np.clip(strength, 0, 1) * 255).astype(np.uint8)


def _painted(pieces: list[Piece], shape: tuple[int, ...]) -> Bytes:
    out = np.zeros(shape[:2], np.uint8)
    for piece in pieces:
        top, left, bottom, right = piece.box
        out[top:bottom, left:right][piece.mask] = 255
    return out
