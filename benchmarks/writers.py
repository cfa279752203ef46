"""Digits as pen paths, in ways that MNIST's writers seldom used: crossed sevens, ones with a foot.

They make the digit benchmark depend on more than MNIST's own shapes. Each call bends, slants and shakes anew.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.learning.letters import bowed, curve

Random = np.random.Generator
Points = tuple[tuple[float, float], ...]
SIDE = 400
CORNER = "corner"
BENT = "bent"
"""Mark a stroke whose points are joined by straight lines, and one that is bent through its points."""

PATHS: dict[int, tuple[tuple[tuple[str, Points], ...], ...]] = {
    0: (
        ((BENT, ((0.5, 0.0), (0.1, 0.3), (0.1, 0.7), (0.5, 1.0), (0.9, 0.7), (0.9, 0.3), (0.48, 0.01))),),
        ((BENT, ((0.6, 0.03), (0.2, 0.2), (0.1, 0.65), (0.45, 1.0), (0.85, 0.6), (0.8, 0.2), (0.4, 0.0))),),
    ),
    1: (
        ((CORNER, ((0.5, 0.0), (0.47, 1.0))),),
        ((CORNER, ((0.25, 0.25), (0.55, 0.0), (0.53, 1.0))),),
        ((CORNER, ((0.3, 0.2), (0.55, 0.0), (0.55, 1.0))), (CORNER, ((0.3, 1.0), (0.8, 1.0)))),
        ((CORNER, ((0.02, 0.55), (0.55, 0.0), (0.52, 1.0))),),
    ),
    2: (
        (
            (BENT, ((0.1, 0.25), (0.4, 0.0), (0.8, 0.2), (0.55, 0.6), (0.05, 1.0))),
            (CORNER, ((0.05, 1.0), (0.9, 0.98))),
        ),
        (
            (
                BENT,
                (
                    (0.15, 0.2),
                    (0.5, 0.0),
                    (0.8, 0.25),
                    (0.5, 0.65),
                    (0.12, 0.92),
                    (0.25, 0.8),
                    (0.5, 0.95),
                    (0.95, 0.92),
                ),
            ),
        ),
    ),
    3: (
        (
            (BENT, ((0.15, 0.15), (0.5, 0.0), (0.8, 0.2), (0.42, 0.46))),
            (BENT, ((0.42, 0.46), (0.85, 0.68), (0.5, 1.0), (0.1, 0.85))),
        ),
        (
            (CORNER, ((0.15, 0.02), (0.8, 0.0), (0.42, 0.42))),
            (BENT, ((0.42, 0.42), (0.85, 0.65), (0.5, 1.0), (0.1, 0.88))),
        ),
    ),
    4: (
        ((CORNER, ((0.35, 0.0), (0.1, 0.6), (0.9, 0.6))), (CORNER, ((0.7, 0.2), (0.66, 1.0)))),
        ((CORNER, ((0.7, 1.0), (0.7, 0.0), (0.08, 0.68), (0.95, 0.68))),),
        ((CORNER, ((0.15, 0.0), (0.15, 0.5), (0.8, 0.48))), (CORNER, ((0.8, 0.0), (0.78, 1.0)))),
    ),
    5: (
        (
            (CORNER, ((0.25, 0.0), (0.2, 0.45))),
            (BENT, ((0.2, 0.45), (0.6, 0.38), (0.85, 0.68), (0.5, 1.0), (0.1, 0.9))),
            (CORNER, ((0.25, 0.02), (0.85, 0.0))),
        ),
        (
            (CORNER, ((0.85, 0.0), (0.25, 0.02), (0.2, 0.42))),
            (BENT, ((0.2, 0.42), (0.6, 0.4), (0.8, 0.7), (0.45, 1.0), (0.08, 0.88))),
        ),
    ),
    6: (
        (
            (
                BENT,
                ((0.7, 0.0), (0.3, 0.3), (0.12, 0.75), (0.45, 1.0), (0.8, 0.78), (0.5, 0.55), (0.15, 0.75)),
            ),
        ),
        (
            (
                BENT,
                ((0.5, 0.0), (0.18, 0.45), (0.2, 0.9), (0.55, 1.0), (0.82, 0.75), (0.5, 0.52), (0.18, 0.68)),
            ),
        ),
    ),
    7: (
        ((CORNER, ((0.1, 0.03), (0.85, 0.0), (0.4, 1.0))),),
        ((CORNER, ((0.1, 0.03), (0.85, 0.0), (0.4, 1.0))), (CORNER, ((0.35, 0.5), (0.85, 0.46)))),
        ((CORNER, ((0.12, 0.18), (0.12, 0.02), (0.85, 0.0), (0.45, 1.0))),),
        (
            (CORNER, ((0.1, 0.15), (0.12, 0.0), (0.9, 0.0), (0.45, 1.0))),
            (CORNER, ((0.3, 0.5), (0.9, 0.48))),
        ),
    ),
    8: (
        (
            (
                BENT,
                (
                    (0.75, 0.15),
                    (0.45, 0.0),
                    (0.2, 0.2),
                    (0.5, 0.47),
                    (0.8, 0.75),
                    (0.5, 1.0),
                    (0.15, 0.77),
                    (0.5, 0.47),
                    (0.76, 0.17),
                ),
            ),
        ),
        (
            (BENT, ((0.5, 0.46), (0.2, 0.22), (0.5, 0.0), (0.78, 0.22), (0.5, 0.46))),
            (BENT, ((0.5, 0.46), (0.12, 0.75), (0.5, 1.0), (0.86, 0.75), (0.5, 0.46))),
        ),
    ),
    9: (
        (
            (BENT, ((0.8, 0.2), (0.5, 0.0), (0.18, 0.25), (0.45, 0.5), (0.8, 0.22))),
            (CORNER, ((0.8, 0.15), (0.72, 1.0))),
        ),
        (
            (
                BENT,
                (
                    (0.8, 0.2),
                    (0.5, 0.0),
                    (0.18, 0.25),
                    (0.45, 0.48),
                    (0.8, 0.2),
                    (0.8, 0.6),
                    (0.6, 0.95),
                    (0.2, 0.92),
                ),
            ),
        ),
    ),
}


def skeleton(rng: Random, label: int) -> NDArray[np.bool_]:
    """Return the path of a pen that writes `label`, one pixel wide, its longest side near SIDE pixels."""
    variants = PATHS[label]
    return line_of(rng, variants[rng.integers(len(variants))])


def line_of(rng: Random, strokes: tuple[tuple[str, Points], ...]) -> NDArray[np.bool_]:
    """Return strokes as a hand writes them, one pixel wide, their longest side near SIDE pixels."""
    slant, aspect, turn = rng.normal(0, 0.14), np.exp(rng.normal(-0.35, 0.18)), rng.normal(0, 0.06)
    bend = rng.normal(0, 0.03, 4)
    image = Image.new("1", (SIDE + 240, SIDE + 240))
    pen = ImageDraw.Draw(image)
    for kind, points in strokes:
        places = np.array(points) + rng.normal(0, 0.022, (len(points), 2))
        fine = curve(places, 80) if kind != CORNER else bowed(rng, places, 20, 0.04)
        x, y = (fine[:, 0] - 0.5) * aspect, fine[:, 1] - 0.5
        x, y = x - slant * y + bend[0] * np.sin(3 * y) + bend[1] * y * y, y + bend[2] * np.sin(3 * x)
        x, y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
        pen.line(
            [(a * SIDE + SIDE / 2 + 120, b * SIDE + SIDE / 2 + 120) for a, b in zip(x, y, strict=True)],
            fill=1,
        )
    mask = np.asarray(image)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
