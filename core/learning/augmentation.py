"""Random distortions of handwritten digits, in the training graph. Labels are never touched."""

from typing import Any

import tensorflow as tf

ROTATION, SHEAR, SCALE, SHIFT = 0.2, 0.15, 0.15, 2.5
"""Largest rotation and shear in radians, scale as a share, shift in pixels."""


def augmented(images: Any) -> Any:
    """Return distorted (n, 28, 28, 1) float32 images in 0..1, each by its own draw."""
    count = tf.shape(images)[0]
    return tf.clip_by_value(_warped(images, count), 0.0, 1.0)


def _warped(images: Any, count: Any) -> Any:
    angle, shear, height, width = (
        tf.random.uniform((count,), -limit, limit) for limit in (ROTATION, SHEAR, SCALE, SCALE)
    )
    shift_x, shift_y = (tf.random.uniform((count,), -SHIFT, SHIFT) for _ in "xy")
    cos, sin = tf.cos(angle), tf.sin(angle)
    a, b = cos * (1 + width), -sin + shear
    c, d = sin, cos * (1 + height)
    centre = 13.5
    e = centre - a * centre - b * centre + shift_x
    f = centre - c * centre - d * centre + shift_y
    zeros = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, e, c, d, f, zeros, zeros], axis=1),
        output_shape=tf.constant((28, 28)),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
