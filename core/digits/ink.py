"""From an RGB picture to how much ink lies on each pixel, whatever the light, the paper and the pen.

The ground (paper, screen) is what most of each neighbourhood shows; ink is what departs from it in the one
direction of colour that carries most of the departure. So polarity is found, not assumed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.filters import rank

from core.records.digit import Bytes, Floats

_GROUND_SIDE = 160
_REFINE_SIDE = 320
_FLAT, _EXACT = 7, 1
_THUMBNAIL = 160
_BRUSH, _WIDE_BRUSH = 0.16, 0.4
_FITS, _ON_SURFACE, _MOSTLY, _RIM_ON_IT = 12, 12.0, 0.5, 0.6
_LEAST = 0.05
"""Departures from the ground below this share of full scale are no ink in any light."""


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """strength: (h, w) float32, 0 is ground, 1 full contrast; noise: its standard deviation on the ground."""

    strength: Floats
    ground: Bytes
    noise: float
    light: bool
    is_flat: bool


def find_ink(pixels: Bytes, *, light: bool | None = None) -> Ink:
    """Return the ink of an (h, w, 3) uint8 picture; `light` forces light ink on dark or the reverse."""
    values = pixels.astype(np.float32)
    flat = flat_ground(values)
    ground = np.broadcast_to(flat, values.shape) if flat is not None else _ground(pixels)
    departure: Floats = ((values - ground) / 255).astype(np.float32)
    axis, is_light = _ink_direction(departure, light)
    signed: Floats = departure @ axis
    if not is_light:  # ink takes away a share of the light that falls on it: shadow weakens its contrast
        signed /= np.clip(ground.mean(axis=-1) / 255, 0.15, 1).astype(np.float32)
    noise = _noise(signed)
    return Ink(
        strength=np.maximum(signed, 0).astype(np.float32),
        ground=ground.astype(np.uint8),
        noise=max(noise, 0.004),
        light=is_light,
        is_flat=flat is not None,
    )


def _noise(signed: Floats) -> float:
    """Return the ground's standard deviation, from the departures away from the ink, where no ink can be."""
    away = -signed[signed <= 0]
    return float(1.4826 * np.median(away)) if away.size else 0.0


def flat_ground(values: Floats) -> Floats | None:
    """Return the one colour of the ground where the rim is nearly all of one colour, as in drawings."""
    rim = np.concatenate(
        [
            values[:2].reshape(-1, 3),
            values[-2:].reshape(-1, 3),
            values[:, :2].reshape(-1, 3),
            values[:, -2:].reshape(-1, 3),
        ]
    )
    colour = np.median(rim, axis=0)
    apart = np.abs(rim - colour).max(axis=1)
    close_all = (np.abs(values[::2, ::2] - colour).max(axis=-1) <= _FLAT).mean()
    if max(values.shape[:2]) <= _THUMBNAIL and _is_one_tone(values, apart, colour):
        least = 0.0  # in so few pixels a thick digit leaves little of the ground
    elif (apart <= _EXACT).mean() >= 0.5:
        least = 0.2  # around a canvas
    elif (apart <= _FLAT).mean() >= 0.8:
        least = 0.6  # an evenly lit photograph has such a rim as well, but not such a middle
    else:
        return None
    return colour.astype(np.float32) if close_all >= least else None


def _is_one_tone(values: Floats, apart: Floats, colour: Floats) -> bool:
    """Whether the rim differs little from `colour`, seen against what the ink differs by."""
    contrast = float(np.percentile(np.abs(values - colour).max(axis=-1), 90))
    return contrast > 40 and bool((apart <= 0.15 * contrast).mean() >= 0.75)


def _ground(pixels: Bytes) -> Floats:
    """Return the paper under the ink: a wide median first, then the mean of what agrees with it nearby."""
    tiny = resized(pixels, scaled_size(pixels, _GROUND_SIDE))
    smooth = _even_light(tiny.astype(np.float32))
    coarse = _wide_median(tiny) if smooth is None else smooth
    rough = resized(coarse, scaled_size(pixels, _REFINE_SIDE))
    small = resized(pixels, scaled_size(pixels, _REFINE_SIDE)).astype(np.float32)
    gap = np.abs(small - rough).max(axis=-1)
    spread = float(1.4826 * np.median(gap))
    brush = _BRUSH if smooth is None else _WIDE_BRUSH
    is_ink = (gap > max(12.0, 3 * spread)) & (_narrow(small, brush) > max(10.0, 2 * spread))
    is_paper = ~ndimage.binary_dilation(is_ink, iterations=2)
    near = mean_where(small, is_paper, sigma=5)
    wide = mean_where(small, is_paper, sigma=24)
    fill = np.where(np.isfinite(wide), wide, rough.astype(np.float32))
    return upsampled(np.where(np.isfinite(near), near, fill), pixels.shape[:2])


def _narrow(small: Floats, share: float) -> Floats:
    """Return how far each pixel departs from what a wide brush leaves: strokes do, edges of shadows not."""
    grey = small.mean(axis=-1)
    brush = max(3, round(share * max(grey.shape)))
    closed = ndimage.grey_closing(grey, brush)
    opened = ndimage.grey_opening(grey, brush)
    narrow: Floats = np.maximum(closed - grey, grey - opened)
    return narrow


def _even_light(small: Floats) -> Bytes | None:
    """Return the surface of second degree that most of the picture and of its rim lies on, or None.

    A digit that fills the picture is more than a median can look past; such pictures show one smooth sheet.
    """
    height, width = small.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1).reshape(-1, 6)
    values = small.reshape(-1, 3)
    weights = np.ones(len(values))
    for _ in range(_FITS):  # least absolute deviations: what is less than half of the picture has little say
        weighed = terms * weights[:, None]
        surface = terms @ np.linalg.lstsq(weighed.T @ terms, weighed.T @ values, rcond=None)[0]
        gap = np.abs(values - surface).max(axis=-1)
        weights = 1 / np.maximum(gap, 2.0)
    on_it = (gap < _ON_SURFACE).reshape(height, width)
    rim = np.concatenate([on_it[0], on_it[-1], on_it[:, 0], on_it[:, -1]])
    if on_it.mean() < _MOSTLY or rim.mean() < _RIM_ON_IT:
        return None
    ground: Bytes = np.clip(surface, 0, 255).astype(np.uint8).reshape(small.shape)
    return ground


def _wide_median(small: Bytes) -> Bytes:
    window = np.ones((max(small.shape[:2]) * 2 // 5 | 1,) * 2, np.uint8)
    return np.stack([rank.median(np.ascontiguousarray(small[..., c]), window) for c in range(3)], axis=-1)


def mean_where(values: Floats, mask: NDArray[np.bool_], sigma: float) -> Floats:
    """Return the Gaussian mean of `values` over `mask`; NaN where too little of it is near."""
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma, mode="nearest", truncate=3)
    total = ndimage.gaussian_filter(values * mask[..., None], (sigma, sigma, 0), mode="nearest", truncate=3)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight[..., None] > 0.02, total / weight[..., None], np.nan).astype(np.float32)


def _ink_direction(departure: Floats, light: bool | None) -> tuple[Floats, bool]:
    """Return the unit direction of colour in which the ink departs, and whether that is towards light."""
    step = max(1, max(departure.shape[:2]) // 400)
    sample = departure[::step, ::step]
    size = np.abs(sample).max(axis=-1)
    noise = 3 * float(np.percentile(size, 25))
    is_strong = size > max(_LEAST, 1.2 * noise, 0.25 * float(size.max()))
    strong = sample[is_strong]
    grey = np.full(3, 1 / 3, np.float32)
    if len(strong) < 4:
        return (grey, True) if light else (-grey, False)
    steep = _steepness(size)[is_strong]
    if light is not None and ((strong.mean(axis=-1) > 0) == light).any():
        towards = (strong.mean(axis=-1) > 0) == light
        strong, steep = strong[towards], steep[towards]
    weights = np.abs(strong).max(axis=-1, keepdims=True) * steep[:, None]
    _, vectors = np.linalg.eigh((strong * weights).T @ strong)
    axis = vectors[:, -1]
    along = strong @ axis
    votes = np.square(along) * steep
    if votes[along < 0].sum() > votes[along > 0].sum():
        axis = -axis
    towards_light = float((strong[strong @ axis > 0]).mean()) > 0
    if light is not None and towards_light != light:
        axis, towards_light = -axis, light
    return (axis / np.abs(axis).sum()).astype(np.float32), towards_light


def _steepness(size: Floats) -> Floats:
    """Return 0..1: how much of each departure is gone a few pixels away: a pen's is, a shadow's is not."""
    near = ndimage.maximum_filter(size, 5) - ndimage.minimum_filter(size, 5)
    steep: Floats = np.square(np.clip(near / np.maximum(size, 1e-6), 0, 1)) + 1e-3
    return steep


def scaled_size(pixels: Bytes, side: int) -> tuple[int, int]:
    """Return the width and height of a picture brought to at most `side` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def resized(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """Return a picture in another size (width, height): the mean of what falls together, or bilinear."""
    return np.asarray(
        Image.fromarray(pixels).resize(
            size, Image.Resampling.BOX if size[0] < pixels.shape[1] else Image.Resampling.BILINEAR
        )
    )


def upsampled(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Return (h, w, 3) values brought to `shape`, bilinear."""
    size = (shape[1], shape[0])
    planes = [
        Image.fromarray(np.ascontiguousarray(values[..., c])).resize(size, Image.Resampling.BILINEAR)
        for c in range(3)
    ]
    return np.stack([np.asarray(p) for p in planes], axis=-1)
