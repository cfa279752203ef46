"""What happens between a pen and a file: ink on a page, a table under it, light, shadows, a lens, JPEG."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from benchmarks.pictures import Array, Random, enlarged, homography, lit, smooth_noise, stroked

Digit = NDArray[Any]
"""A 28x28 MNIST image, or a pen's path as benchmarks/writers.py draws it."""


def hand(rng: Random, digit: Digit, height: int, pen: float) -> Array:
    """Return ink 0..1, `height` pixels for its longest side, by a pen `pen` times as wide as that."""
    if digit.shape != (28, 28):
        return _traced(digit, height, pen * height)
    if pen > 0.05 and rng.random() < 0.35:
        return enlarged(digit, height)
    return stroked(digit, height, height * pen)


def _traced(path: Digit, height: int, width: float) -> Array:
    scale = max(path.shape) / height
    room = int(width * scale) + 8
    distance = ndimage.distance_transform_edt(~np.pad(path, room)) / scale
    cover = np.clip(width / 2 - distance + 0.5, 0, 1).astype(np.float32)
    size = (max(1, round(cover.shape[1] / scale)), max(1, round(cover.shape[0] / scale)))
    return np.asarray(
        Image.fromarray(cover).resize(size, Image.Resampling.BOX if scale > 1 else Image.Resampling.BICUBIC)
    ).clip(0, 1)


def lay(
    page: Array,
    ink: Array,
    top: float,
    left: float,
    colour: Any,
    opacity: float = 1.0,
    *,
    light: bool = False,
) -> None:
    """Lay ink onto the page: a pen darkens, chalk lightens what is there."""
    y, x = int(top), int(left)
    a, b = max(0, -y), max(0, -x)
    window = page[max(0, y) : y + ink.shape[0], max(0, x) : x + ink.shape[1]]
    cover = (ink[a : a + window.shape[0], b : b + window.shape[1]] * opacity)[..., None]
    value = np.asarray(colour, np.float32)
    window[:] = window * (1 - cover) + (np.maximum if light else np.minimum)(window, value) * cover


def middle(rng: Random, page: Array, ink: Array, spread: float = 0.5) -> tuple[float, float]:
    room = page.shape[0] - ink.shape[0], page.shape[1] - ink.shape[1]
    return tuple(max(0.0, r * (0.5 + rng.uniform(-0.5, 0.5) * spread)) for r in room)  # type: ignore[return-value]


def rule(page: Array, axis: int, place: float, width: float, colour: Any, strength: float = 1.0) -> None:
    """Print a straight line across (axis 0) or down (axis 1) the page."""
    cells = np.arange(page.shape[axis])
    cover = np.clip(width / 2 - np.abs(cells - place) + 0.5, 0, 1) * strength
    cover = cover[:, None, None] if axis == 0 else cover[None, :, None]
    page[:] = page * (1 - cover) + np.minimum(page, np.asarray(colour, np.float32)) * cover


def table(rng: Random, shape: tuple[int, int]) -> Array:
    """Return what a page lies on: wood with grain, cloth with checks, or one colour; dark or light."""
    base = rng.integers(30, 215, 3).astype(np.float32)
    ground = np.broadcast_to(base, (*shape, 3)).copy()
    style = rng.integers(3)
    if style == 0:
        grain = ndimage.gaussian_filter1d(smooth_noise(rng, shape, 6), 40, axis=1)
        ground += grain[..., None] * rng.uniform(10, 60)
    elif style == 1:
        y, x = np.mgrid[: shape[0], : shape[1]] // int(rng.integers(30, 90))
        ground += (((x + y) % 2) * rng.uniform(10, 60))[..., None]
    return ground + smooth_noise(rng, shape, 3)[..., None] * rng.uniform(1, 6)


def plain_table(rng: Random, shape: tuple[int, int]) -> Array:
    """Return a table of one colour, mostly dark, with hardly any grain."""
    base = rng.integers(15, 70, 3) if rng.random() < 0.6 else rng.integers(60, 190, 3)
    grain = smooth_noise(rng, shape, 60) * rng.uniform(0, 3) + smooth_noise(rng, shape, 2) * rng.uniform(0, 2)
    return np.asarray(base + grain[..., None], np.float32)


def curled(rng: Random, page: Array) -> Array:
    """Return a page that does not lie flat: its lines bend, and light falls unevenly on it."""
    height, width = page.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave, phase = rng.uniform(0.5, 1.3) * np.pi, rng.uniform(0, 6)
    down = rng.uniform(0.003, 0.02) * height * np.sin(wave * x / width + phase) * (0.4 + 0.6 * y / height)
    bent = [ndimage.map_coordinates(page[..., c], [y + down, x], order=1, mode="nearest") for c in range(3)]
    shade = 1 + 0.1 * np.cos(wave * x / width + phase)
    return np.asarray(np.stack(bent, axis=-1) * shade[..., None], np.float32)


def shoot(
    rng: Random,
    page: Array,
    *,
    tilt: float = 1.0,
    zoom: tuple[float, float] = (0.75, 1.1),
    shadow: str = "soft",
    blur: tuple[float, float] = (0.4, 1.8),
    quality: tuple[int, int] = (55, 93),
    noise: float = 5,
    motion: float = 0,
    ground: Array | None = None,
) -> bytes:
    """Return the page as a phone takes it, on `ground` or a table: perspective, light, blur, noise, JPEG."""
    height, width = page.shape[:2]
    corners = (
        np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float) * (width / 2, height / 2) * rng.uniform(*zoom)
    )
    angle = np.deg2rad(np.clip(rng.normal(0, 5 * tilt), -18, 18))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    corners = (
        corners @ turn.T + (width / 2, height / 2) + rng.uniform(-0.04, 0.04, (4, 2)) * (width, height) * tilt
    )
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    way = homography(frame, corners)
    seen = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)).transform(
        (width, height), Image.Transform.PERSPECTIVE, way, Image.Resampling.BICUBIC
    )
    where = Image.new("L", (width, height), 255).transform(
        (width, height), Image.Transform.PERSPECTIVE, way, Image.Resampling.BILINEAR
    )
    cover = np.asarray(where, np.float32)[..., None] / 255
    under = table(rng, (height, width)) if ground is None else ground
    values = np.asarray(seen, np.float32) * cover + under * (1 - cover)
    values = (
        values
        * lit(rng, (height, width))[..., None]
        * rng.uniform((0.9, 0.93, 0.8), (1.03, 1.0, 1.03)).astype(np.float32)
    )
    if shadow == "hard":
        values *= _cast(rng, (height, width))[..., None]
    return finish(rng, values, blur=blur, quality=quality, noise=noise, motion=motion)


def _cast(rng: Random, shape: tuple[int, int]) -> Array:
    """Return the hard shadow of fingers and a phone: stripes and a block with a narrow soft edge."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    y, x = y / shape[0] - 0.5, x / shape[1] - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    along, across = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    depth = rng.uniform(0.35, 0.68)
    edge = along + rng.uniform(-0.2, 0.2) + 0.04 * np.sin(across * rng.uniform(4, 25))
    shade = 1 - depth / (1 + np.exp(-edge * rng.uniform(40, 200)))
    if rng.random() < 0.5:
        finger = np.abs(across - rng.uniform(-0.3, 0.3)) - rng.uniform(0.04, 0.1)
        shade *= 1 - rng.uniform(0.2, 0.5) / (1 + np.exp(np.clip(finger * rng.uniform(60, 150), -30, 30))) * (
            along < rng.uniform(-0.2, 0.3)
        )
    return np.asarray(shade, np.float32)


def finish(
    rng: Random,
    values: Array,
    *,
    blur: tuple[float, float] = (0.3, 1.5),
    quality: tuple[int, int] = (55, 93),
    noise: float = 5,
    motion: float = 0,
) -> bytes:
    if motion:
        kernel = np.asarray(
            Image.fromarray(_streak(motion)).rotate(rng.uniform(0, 180), Image.Resampling.BICUBIC)
        )
        values = np.stack(
            [ndimage.convolve(values[..., c], kernel / kernel.sum(), mode="nearest") for c in range(3)],
            axis=-1,
        )
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(*blur))
    )
    grain = rng.normal(0, rng.uniform(0.5, noise), (*values.shape[:2], 3))
    image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=int(rng.integers(*quality)))
    return content.getvalue()


def _streak(length: float) -> Array:
    side = int(length) * 2 + 5
    kernel = np.zeros((side, side), np.float32)
    kernel[side // 2, side // 2 - int(length) // 2 : side // 2 + int(length) // 2 + 1] = 1
    return kernel
