"""Random distortions of handwritten digits, in the training graph. Labels are never touched.

Position and shape (shift, rotation, scale, shear, elastic) are one displacement field and one interpolation;
stroke width, blur, gaps, rests of ruled lines, contrast and noise change the pixels. One image in five stays
as it is.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

SIDE = 28
ROTATION, SHEAR = 0.28, 0.22
"""Largest rotation and shear, in radians: 16 and 12.6 degrees."""
SCALE, ASPECT, SHIFT = 0.18, 0.14, 2.5
"""Largest change of size and of width against height as shares, largest shift in pixels."""
ELASTIC, CONTROL_POINTS = 0.9, 6
"""Standard deviation in pixels of the displacement at each of 6x6 points, smooth between (Simard 2003)."""
THICKER, THINNER, BLUR = 0.8, 0.5, 0.7
"""Largest share of a dilation, an erosion and a 3x3 mean that is mixed in."""
FAINTER, HARDER, NOISE = 0.4, 0.6, 0.35
"""Largest loss and gain of contrast (clipped: harder edges), largest amplitude of the noise."""
GAP, GAP_SHARE, UPRIGHT_SHARE = 1.4, 0.2, 0.3
"""Half the largest width of a strip erased with a ruled line; shares: of images, of those upright strips."""
REST, REST_SHARE = 8.0, 0.1
"""Half the largest length of a piece of ruled line left behind; share of the images with one."""
UNTOUCHED = 0.2
"""Share of images that stay as they are."""


def augmented(images: Any) -> Any:
    """Return distorted (n, 28, 28, 1) float32 images in 0..1, each by its own draw; n must be known."""
    strength = tf.cast(_uniform(images, 0, 1) > UNTOUCHED, tf.float32) * _uniform(images, 0.2, 1)
    inked = _blurred(_stroked(images, strength), strength)
    return _noisy(_torn(_warped(inked, *_field(images.shape[0], strength)), strength), strength)


def moved(images: Any, strength: float) -> Any:
    """Return (n, 28, 28, 1) float32 images in 0..1, n known, displaced up to `strength` of each limit only.

    Gentler than `augmented`, for networks too small to learn what photographs do to digits as well.
    """
    weak = tf.cast(_uniform(images, 0, 1) > UNTOUCHED, tf.float32) * strength
    return _warped(images, *_field(images.shape[0], weak))


def _uniform(images: Any, low: float, high: float) -> Any:
    return tf.random.uniform((images.shape[0], 1, 1, 1), low, high)


def _stroked(images: Any, strength: Any) -> Any:
    """Return the images with thicker or thinner strokes: a dilation or an erosion mixed in."""
    share = _uniform(images, -THINNER, THICKER) * strength
    thick, thin = tf.nn.max_pool2d(images, 3, 1, "SAME"), -tf.nn.max_pool2d(-images, 2, 1, "SAME")
    return images + tf.maximum(share, 0) * (thick - images) + tf.maximum(-share, 0) * (thin - images)


def _blurred(images: Any, strength: Any) -> Any:
    share = tf.maximum(_uniform(images, -BLUR, BLUR), 0) * strength
    return images + share * (tf.nn.avg_pool2d(images, 3, 1, "SAME") - images)


def _torn(images: Any, strength: Any) -> Any:
    """Return the images, some without a strip of rows or columns, some with a piece of a ruled line."""
    rows, columns = _axes()
    along = tf.where(_uniform(images, 0, 1) < UPRIGHT_SHARE, columns, rows)
    half = GAP * strength * _chosen(images, GAP_SHARE)
    kept = tf.abs(along - _uniform(images, SIDE / 4, SIDE * 3 / 4)) >= half
    near = tf.abs(rows - _uniform(images, 2, SIDE - 2)) < 0.6
    inside = tf.abs(columns - _uniform(images, 2, SIDE - 2)) < _uniform(images, 1, REST)
    ink = _uniform(images, 0.2, 0.9) * strength * _chosen(images, REST_SHARE)
    return tf.maximum(images * tf.cast(kept, tf.float32), ink * tf.cast(near & inside, tf.float32))


def _axes() -> tuple[Any, Any]:
    numbers = np.arange(SIDE, dtype=np.float32)
    return tf.constant(numbers.reshape(1, SIDE, 1, 1)), tf.constant(numbers.reshape(1, 1, SIDE, 1))


def _chosen(images: Any, share: float) -> Any:
    return tf.cast(_uniform(images, 0, 1) < share, tf.float32)


def _noisy(images: Any, strength: Any) -> Any:
    gain = 1 + _uniform(images, -FAINTER, HARDER) * strength
    amplitude = tf.maximum(_uniform(images, -NOISE, NOISE), 0) * strength
    noise = tf.random.uniform(tf.shape(images), -1, 1)
    return tf.clip_by_value(gain * images + amplitude * noise, 0, 1)


def _field(count: int, strength: Any) -> tuple[Any, Any]:
    """Return where each output pixel reads from: rows and columns, each (count, 784), in pixels."""
    weak = strength[:, :, 0, 0]
    angle, shear, size, aspect, down, right = (
        weak * tf.random.uniform((count, 1), -limit, limit)
        for limit in (ROTATION, SHEAR, SCALE, ASPECT, SHIFT, SHIFT)
    )
    centre = (SIDE - 1) / 2
    y, x = (tf.constant(axis.reshape(1, -1) - centre, tf.float32) for axis in np.mgrid[:SIDE, :SIDE])
    cos, sin = tf.cos(angle), tf.sin(angle)
    bend_y, bend_x = (
        weak * tf.matmul(tf.random.normal((count, CONTROL_POINTS**2), stddev=ELASTIC), tf.constant(_SMOOTH))
        for _ in "yx"
    )
    rows = (1 + size + aspect) * (cos * y + sin * x) + down + bend_y
    columns = (1 + size - aspect) * (cos * x - sin * y + shear * y) + right + bend_x
    return rows + centre, columns + centre


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _warped(images: Any, rows: Any, columns: Any) -> Any:
    """Return the images read bilinearly at `rows`, `columns`; XLA makes it four times as fast."""
    last = SIDE - 1.001
    rows, columns = tf.clip_by_value(rows, 0.0, last), tf.clip_by_value(columns, 0.0, last)
    top, left = tf.floor(rows), tf.floor(columns)
    offset = tf.range(images.shape[0])[:, None] * SIDE**2
    corner = offset + tf.cast(top * SIDE + left, tf.int32)
    flat = tf.reshape(images, (-1,))
    step = tf.roll(flat, -1, 0) - flat
    upper = tf.gather(flat, corner) + (columns - left) * tf.gather(step, corner)
    lower = tf.gather(flat, corner + SIDE) + (columns - left) * tf.gather(step, corner + SIDE)
    return tf.reshape(upper + (rows - top) * (lower - upper), images.shape)


def _smooth_basis() -> NDArray[np.float32]:
    """Return (36, 784): how much each control point moves each pixel, Gaussians that add up to one."""
    points = np.linspace(0, SIDE - 1, CONTROL_POINTS)
    spacing = points[1] - points[0]
    near = np.exp(-0.5 * ((np.arange(SIDE)[None] - points[:, None]) / (0.7 * spacing)) ** 2)
    near /= near.sum(axis=0)
    return np.kron(near, near).astype(np.float32)


_SMOOTH = _smooth_basis()
