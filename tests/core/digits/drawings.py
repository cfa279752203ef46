"""Drawings at random: lines, boxes, grids, noise and slopes on any ground, of any size and mode."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from core.digits import read
from core.errors import ImageError
from core.records import ReadOptions
from tests.core.digits.pictures import file_of

Mark = tuple[str, tuple[float, float, float, float], int, int]
"""What kind, between which two points (as shares of the sides), how thick or strong, how light."""


def _stroke(image: Image.Image, mark: Mark) -> Image.Image:
    kind, (x0, y0, x1, y1), thick, light = mark
    pen, (width, height) = ImageDraw.Draw(image), image.size
    ends = (x0 * width, y0 * height, x1 * width, y1 * height)
    upright = (*sorted(ends[::2]), *sorted(ends[1::2]))
    box = (upright[0], upright[2], upright[1], upright[3])
    match kind:
        case "line":
            pen.line(ends, fill=light, width=thick)
        case "ellipse":
            pen.ellipse(box, outline=light, width=thick)
        case "box":
            pen.rectangle(box, fill=light)
        case "grid":
            for at in range(0, max(image.size), thick + 4):
                pen.line((at, 0, at, height), fill=light)
                pen.line((0, at, width, at), fill=light)
    return image


def _tone(image: Image.Image, mark: Mark) -> Image.Image:
    kind, _, thick, light = mark
    if kind == "blur":
        return image.filter(ImageFilter.GaussianBlur(thick / 4))
    values = np.asarray(image).astype(float)
    if kind == "noise":
        values += np.random.default_rng(light).integers(-thick, thick + 1, values.shape)
    else:
        values += np.linspace(-light / 3, light / 3, values.shape[1])
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _file(size: tuple[int, int], ground: int, marks: list[Mark], mode: str) -> bytes:
    image = Image.new("L", size, ground)
    for mark in marks:
        image = (_tone if mark[0] in TONES else _stroke)(image, mark)
    match mode:
        case "F":
            return file_of(Image.fromarray(np.asarray(image, np.float32) / 255), "TIFF")
        case "I;16":
            return file_of(Image.fromarray(np.asarray(image, np.uint16) * 251))
        case "CMYK":
            return file_of(image.convert("CMYK"), "JPEG")
    return file_of(image.convert(mode))


STROKES, TONES = ("line", "ellipse", "box", "grid"), ("noise", "slope", "blur")
_SIDES, _PLACES, _SHARES = st.integers(1, 260), st.floats(-0.2, 1.2), st.floats(0, 1)
_MARKS = st.tuples(
    st.sampled_from(STROKES + TONES), st.tuples(*[_PLACES] * 4), st.integers(1, 24), st.integers(0, 255)
)
drawings = st.builds(
    _file,
    st.tuples(_SIDES, _SIDES),
    st.integers(0, 255),
    st.lists(_MARKS, max_size=7),
    st.sampled_from(["L", "RGB", "RGBA", "1", "P", "F", "I;16", "CMYK"]),
)
overrides = st.builds(
    ReadOptions,
    invert=st.sampled_from([None, True, False]),
    threshold=st.none() | _SHARES,
    crop=st.none() | st.tuples(*[_SHARES] * 4),
    remove_lines=st.booleans(),
    split=st.booleans(),
)


def is_read_or_refused(data: bytes, options: Any = None) -> None:
    """Assert that digits come in MNIST's form, or one sentence that says why not."""
    said = "."
    try:
        digits = read(data, "drawn", options).digits
    except ImageError as problem:
        digits, said = (), str(problem)
    assert said.endswith(".")
    assert all(digit.image.shape == (28, 28) and digit.image.max() > 0 for digit in digits)
