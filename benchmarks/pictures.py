"""Pictures as people send them, made from MNIST test digits: the recipe of the digit benchmark.

Every picture is drawn anew from a seed; `KINDS` maps a kind's name to its recipe. See docs/digits.md.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage
from skimage.morphology import skeletonize

Array = NDArray[np.float32]
Random = np.random.Generator
FRAME = (1200, 900)


@dataclass(frozen=True, slots=True)
class Made:
    """A picture file and the digits that it shows, in reading order."""

    data: bytes
    label: str


def enlarged(digit: NDArray[np.uint8], height: int) -> Array:
    """Return a 28x28 digit as smooth ink 0..1, cut to its box, `height` pixels for its longest side."""
    box = _tight(digit.astype(np.float32) / 255, 0.3)
    fine = ndimage.zoom(np.pad(box, 3), 16, order=3)
    fine = ndimage.gaussian_filter(fine, 6)
    fine = _tight(1 / (1 + np.exp(-(fine - 0.42) * 24)), 0.5)
    return _sized(fine, height)


def stroked(digit: NDArray[np.uint8], height: int, width: float) -> Array:
    """Return a digit drawn by one pen: its skeleton, `width` pixels wide."""
    fine = np.pad(enlarged(digit, 400) > 0.5, 40)
    skeleton = skeletonize(ndimage.gaussian_filter(fine.astype(np.float32), 5) > 0.5)
    distance = ndimage.distance_transform_edt(~skeleton) * (height / 400)
    return np.clip(
        _sized(np.clip(width / 2 - distance + 0.5, 0, 1).astype(np.float32), round(height * 480 / 400)), 0, 1
    )


def _tight(values: Array, level: float) -> Array:
    rows, columns = np.flatnonzero((values > level).any(1)), np.flatnonzero((values > level).any(0))
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _sized(values: Array, longest: int) -> Array:
    scale = longest / max(values.shape)
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale)))
    kind = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    return np.clip(
        np.asarray(Image.fromarray(np.ascontiguousarray(values, np.float32)).resize(size, kind)), 0, 1
    )


def smooth_noise(rng: Random, shape: tuple[int, int], cell: float) -> Array:
    """Return noise of unit deviation whose blotches are about `cell` pixels wide."""
    small = rng.normal(size=(max(2, int(shape[0] / cell) + 2), max(2, int(shape[1] / cell) + 2))).astype(
        np.float32
    )
    return np.asarray(Image.fromarray(small).resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def paper(rng: Random, shape: tuple[int, int], colour: tuple[int, int, int] | None = None) -> Array:
    """Return (h, w, 3) paper 0..255 with fibres and blotches."""
    base = np.array(colour or rng.integers((225, 222, 210), (256, 254, 250)), np.float32)
    grain = sum(smooth_noise(rng, shape, cell) * rng.uniform(0.3, 1.6) for cell in (2, 5, 30))
    return base + grain[..., None]


def inked(page: Array, ink: Array, top: int, left: int, colour: Array, opacity: float = 1.0) -> None:
    """Lay `ink` onto the page where it lies inside, as a pen does: it darkens what is there."""
    h, w = min(ink.shape[0], page.shape[0] - top), min(ink.shape[1], page.shape[1] - left)
    if min(h, w) <= 0:
        return
    cover = (ink[:h, :w] * opacity)[..., None]
    window = page[top : top + h, left : left + w]
    window[:] = window * (1 - cover) + np.minimum(window, colour) * cover


def pen_colour(rng: Random, kind: str = "") -> tuple[Array, float]:
    """Return a pen's colour and how much of the paper it covers."""
    if kind == "pencil":
        grey = rng.uniform(70, 120)
        return np.array([grey, grey, grey + 4], np.float32), rng.uniform(0.5, 0.85)
    pens = ((25, 25, 30), (20, 30, 110), (30, 50, 160), (150, 25, 30), (20, 90, 50), (60, 60, 66))
    return np.array(pens[rng.integers(len(pens) if kind == "any" else 3)], np.float32), rng.uniform(0.8, 1)


def textured(rng: Random, ink: Array, rough: float) -> Array:
    """Return ink with the gaps that graphite and dry pens leave."""
    return np.clip(ink * (1 - rough * np.clip(smooth_noise(rng, ink.shape, 3), 0, 2)), 0, 1)


def ruled(rng: Random, page: Array, spacing: float, *, squared: bool = False, margin: bool = False) -> None:
    """Print lines onto the page: ruled, or squared; with a red margin line if asked."""
    colours = (
        (120, 150, 205),
        (150, 170, 200),
        (160, 160, 165),
        (110, 165, 190),
        (175, 185, 205),
        (90, 120, 190),
    )
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    width = rng.uniform(1.2, max(2.0, spacing / 28))
    height, across = page.shape[:2]
    strength = rng.uniform(0.6, 1)
    for axis in (0, 1) if squared else (0,):
        length = (height, across)[axis]
        for place in np.arange(rng.uniform(0, spacing), length, spacing):
            _line(page, axis, place, width, colour, strength)
    if margin:
        _line(
            page, 1, across * rng.uniform(0.08, 0.25), width * 1.2, np.array([225, 110, 115], np.float32), 0.9
        )


def _line(page: Array, axis: int, place: float, width: float, colour: Array, strength: float) -> None:
    cells = np.arange(page.shape[axis])
    cover = np.clip(width / 2 - np.abs(cells - place) + 0.5, 0, 1) * strength
    near = np.flatnonzero(cover)
    cover = cover[near][:, None, None] if axis == 0 else cover[near][None, :, None]
    index = (near, slice(None)) if axis == 0 else (slice(None), near)
    page[index] = page[index] * (1 - cover) + np.minimum(page[index], colour) * cover


def photographed(rng: Random, page: Array, *, table: bool = True, steep: float = 1.0) -> Image.Image:
    """Return the page as a hand-held phone takes it: turned, in perspective, unevenly lit, blurred, noisy."""
    height, width = page.shape[:2]
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    angle = np.deg2rad(np.clip(rng.normal(0, 4 * steep), -12, 12))
    zoom = rng.uniform(0.98, 1.12) if table and rng.random() < 0.4 else rng.uniform(0.72, 0.9)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float) * (width / 2, height / 2) * zoom
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    corners = (
        corners @ turn.T
        + (width / 2, height / 2)
        + rng.uniform(-0.03, 0.03, (4, 2)) * (width, height) * steep
    )
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    wood = tuple(int(v) for v in rng.integers((40, 30, 20), (120, 100, 90)))
    image = image.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        homography(frame, corners),
        Image.Resampling.BICUBIC,
        fillcolor=wood,
    )
    values = np.asarray(image).astype(np.float32) * lit(rng, (height, width))[..., None]
    values *= rng.uniform((0.94, 0.95, 0.84), (1.02, 1.0, 1.02)).astype(np.float32)
    return _sensor(rng, values)


def lit(rng: Random, shape: tuple[int, int]) -> Array:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    y, x = y / shape[0] - 0.5, x / shape[1] - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    light = 1 + rng.uniform(0, 0.5) * along - rng.uniform(0, 0.5) * (x * x + y * y)
    if rng.random() < 0.5:  # the shadow of a hand or phone, with a soft edge
        edge = (
            np.cos(angle + 1) * x
            + np.sin(angle + 1) * y
            + 0.05 * np.sin(9 * along)
            - rng.uniform(-0.25, 0.25)
        )
        light *= 1 - rng.uniform(0.15, 0.45) / (1 + np.exp(-edge * rng.uniform(12, 70)))
    return light * rng.uniform(0.6, 0.98)


def _sensor(rng: Random, values: Array) -> Image.Image:
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.2)))
    noise = rng.normal(0, rng.uniform(1, 6), (*values.shape[:2], 3)).astype(np.float32)
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def homography(target: NDArray[np.float64], source: NDArray[np.float64]) -> tuple[float, ...]:
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)))


def encoded(rng: Random, image: Image.Image, kind: str = "JPEG") -> bytes:
    content = io.BytesIO()
    if kind == "JPEG":
        image.convert("RGB").save(content, kind, quality=int(rng.integers(55, 93)))
    else:
        image.save(content, kind)
    return content.getvalue()


def _placed(rng: Random, shape: tuple[int, int], ink: Array, spread: float = 0.5) -> tuple[int, int]:
    room = (shape[0] - ink.shape[0], shape[1] - ink.shape[1])
    return tuple(int(max(0, r) * (0.5 + rng.uniform(-0.5, 0.5) * spread)) for r in room)  # type: ignore[return-value]


def _handwriting(rng: Random, digit: NDArray[np.uint8], height: int, pen: float | None = None) -> Array:
    if pen is None and rng.random() < 0.5:
        return enlarged(digit, height)
    return stroked(digit, height, height * (pen or rng.uniform(0.035, 0.13)))


def _page(
    rng: Random,
    digit: NDArray[np.uint8],
    *,
    lines: str = "",
    pen: str = "",
    colour: tuple[int, int, int] | None = None,
) -> Array:
    page = paper(rng, FRAME, colour)
    height = int(FRAME[1] * np.exp(rng.uniform(np.log(0.08), np.log(0.6))))
    if lines:
        spacing = np.clip(height / rng.uniform(0.7, 3.2), 22, 260)
        ruled(rng, page, spacing, squared=lines == "squared", margin=lines == "ruled" and rng.random() < 0.5)
    ink = _handwriting(rng, digit, height)
    colours, opacity = pen_colour(rng, pen)
    ink = textured(rng, ink, rng.uniform(0.2, 0.5) if pen == "pencil" else rng.uniform(0, 0.15))
    inked(page, ink, *_placed(rng, FRAME, ink), colours, opacity)
    return page


def photo(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    return encoded(rng, photographed(rng, _page(rng, digit)))


def pencil_photo(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    return encoded(rng, photographed(rng, _page(rng, digit, pen="pencil")))


def ruled_photo(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    return encoded(rng, photographed(rng, _page(rng, digit, lines="ruled")))


def squared_photo(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    return encoded(rng, photographed(rng, _page(rng, digit, lines="squared")))


def coloured_photo(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    papers = ((250, 240, 150), (250, 200, 210), (190, 225, 250), (200, 240, 200), (240, 220, 190))
    return encoded(rng, photographed(rng, _page(rng, digit, pen="any", colour=papers[rng.integers(5)])))


def scan(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    page = paper(rng, (1100, 800), (247, 247, 246))
    ink = _handwriting(rng, digit, int(rng.uniform(60, 500)))
    colour, opacity = pen_colour(rng, rng.choice(["", "any", "pencil"]))
    inked(page, ink, *_placed(rng, page.shape[:2], ink, 0.8), colour, opacity)
    for _ in range(rng.integers(0, 12)):  # dust
        y, x = rng.integers(5, 1090), rng.integers(5, 790)
        page[y : y + rng.integers(1, 4), x : x + rng.integers(1, 4)] *= rng.uniform(0.3, 0.8)
    if rng.random() < 0.3:  # the lid's shadow
        page[:, : rng.integers(4, 30)] *= rng.uniform(0.2, 0.7)
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)).rotate(
        rng.normal(0, 2), Image.Resampling.BICUBIC, fillcolor=(246, 246, 246)
    )
    return encoded(rng, image.convert("L") if rng.random() < 0.5 else image)


def drawing(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    side = int(rng.choice([200, 280, 400, 560]))
    height = int(side * rng.uniform(0.35, 0.85))
    pen = float(np.clip(side / 280 * np.exp(rng.uniform(np.log(2), np.log(32))), 1, height * 0.2))
    ink = stroked(digit, height, pen)
    cover = np.zeros((side, side), np.float32)
    top, left = _placed(rng, cover.shape, ink, 0.9)
    h, w = min(ink.shape[0], side - top), min(ink.shape[1], side - left)
    cover[top : top + h, left : left + w] = ink[:h, :w]
    return _drawn(rng, cover)


def _drawn(rng: Random, cover: Array) -> bytes:
    style = rng.integers(4)
    if style == 0:
        return encoded(rng, Image.fromarray(((1 - cover) * 255).astype(np.uint8)), "PNG")
    if style == 1:
        return encoded(rng, Image.fromarray((cover * 255).astype(np.uint8)), "PNG")
    if style == 2:  # transparent, black or white ink
        ink = 255 * rng.integers(2)
        grey = np.full((*cover.shape, 3), ink, np.uint8)
        return encoded(rng, Image.fromarray(np.dstack([grey, (cover * 255).astype(np.uint8)])), "PNG")
    dark, light = rng.integers(0, 110, 3), rng.integers(170, 256, 3)
    front, back = (dark, light) if rng.random() < 0.5 else (light, dark)
    colour = back + (front - back) * cover[..., None]
    return encoded(rng, Image.fromarray(colour.astype(np.uint8)), rng.choice(["PNG", "JPEG"]))


def small(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    side = int(rng.integers(20, 41))
    ink = enlarged(digit, max(12, int(side * rng.uniform(0.6, 0.95))))
    cover = np.zeros((side, side), np.float32)
    top, left = _placed(rng, cover.shape, ink)
    cover[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    values = (1 - cover if rng.random() < 0.5 else cover) * rng.uniform(0.6, 1)
    return encoded(rng, Image.fromarray((values * 255).astype(np.uint8)), rng.choice(["PNG", "JPEG"]))


def boxed(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    shape = (600, 500)
    page = paper(rng, shape, (250, 250, 249))
    height = int(rng.uniform(60, 260))
    ink = _handwriting(rng, digit, height)
    side = int(max(ink.shape) * rng.uniform(1.02, 1.7))
    top, left = _placed(rng, shape, np.zeros((side, side), np.float32), 0.7)
    edge = int(rng.integers(1, max(3, side // 22)))
    colour = tuple(
        int(v)
        for v in (
            rng.integers(0, 120, 3) if rng.random() < 0.6 else rng.integers((60, 90, 150), (140, 170, 256))
        )
    )
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    wide = side if rng.random() < 0.6 else int(side * rng.uniform(0.8, 1.3))
    radius = int(rng.choice([0, 0, side // 10]))
    pen.rounded_rectangle((left, top, left + wide, top + side), radius, outline=colour, width=edge)
    if rng.random() < 0.4:
        pen.text(
            (left, max(0, top - 22)),
            rng.choice(["Number", "Q1", "Answer:", "Age"]),
            fill=(30, 30, 30),
            font_size=16,
        )
    page = np.asarray(image).astype(np.float32)
    y = top + (side - ink.shape[0]) * rng.uniform(0.1, 0.9)
    x = left + (wide - ink.shape[1]) * rng.uniform(0.1, 0.9)
    pen_rgb, opacity = pen_colour(rng)
    inked(page, ink, max(0, int(y)), max(0, int(x)), pen_rgb, opacity)
    if rng.random() < 0.5:
        return encoded(rng, photographed(rng, page, steep=0.6))
    return encoded(rng, Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)))


def raw(rng: Random, digit: NDArray[np.uint8]) -> bytes:
    return encoded(rng, Image.fromarray(digit if rng.random() < 0.5 else 255 - digit), "PNG")


Recipe = Callable[[Random, NDArray[np.uint8]], bytes]
KINDS: dict[str, Recipe] = {
    "photo": photo,
    "pencil": pencil_photo,
    "ruled": ruled_photo,
    "squared": squared_photo,
    "coloured": coloured_photo,
    "scan": scan,
    "drawing": drawing,
    "small": small,
    "boxed": boxed,
    "raw": raw,
}


def number(rng: Random, digits: NDArray[np.uint8]) -> bytes:
    """Return a photo of several digits written side by side."""
    page = paper(rng, FRAME)
    height = int(rng.uniform(50, 110))
    y, x = rng.integers(150, FRAME[0] - 400), rng.integers(170, 250)
    colour, opacity = pen_colour(rng)
    pen = rng.uniform(0.035, 0.13)
    for digit in digits:
        ink = _handwriting(rng, digit, int(height * rng.uniform(0.85, 1.1)), pen)
        inked(page, ink, int(y + rng.normal(0, height * 0.05)), int(x), colour, opacity)
        x += ink.shape[1] + height * rng.uniform(0.15, 0.5)
    return encoded(rng, photographed(rng, page, steep=0.7))
