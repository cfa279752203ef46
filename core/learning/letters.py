"""Signs that are no digit, as pen paths: letters without a double among the digits, marks, small figures.

The doubter learns from them what MNIST's digits are not (`core.learning.doubter`). Left out on purpose,
because people write digits like them: B, b, C, c, D, G, g, I, i, J, j, L, l, O, o, Q, q, S, s, U, Y, y, Z, z.
"""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

Places = NDArray[np.float64]
Random = np.random.Generator

SIGNS: dict[str, tuple[str, ...]] = {
    "A": (
        "0,1 .5,0 1,1 | .2,.6 .8,.6",
        "~0,1 .15,.4 .5,0 .85,.4 1,1 | .1,.6 .9,.55",
        "0,1 .5,0 .9,1 .95,.9 | 0,.7 1,.6",
    ),
    "E": (
        "1,0 0,0 0,1 1,1 | 0,.5 .8,.5",
        "~1,.1 .4,0 .1,.2 .5,.45 .05,.7 .4,1 1,.88",
        "0,0 0,1 | 0,0 .8,.05 | 0,.45 .6,.45 | 0,1 .9,.95",
    ),
    "F": ("1,0 0,0 0,1 | 0,.45 .75,.45", "0,0 .1,1 | -.1,.05 .9,0 | .05,.5 .7,.4"),
    "H": (
        "0,0 0,1 | 1,0 1,1 | 0,.5 1,.5",
        "0,0 .05,1 | .8,0 .75,1 | 0,.55 .8,.45",
        "~0,0 .05,.5 0,1 | ~.9,0 .85,.5 .95,1 | ~0,.6 .4,.45 .9,.5",
    ),
    "K": (
        "0,0 0,1 | .9,0 0,.55 1,1",
        "0,0 .05,1 | .8,.05 .1,.5 | .2,.45 .85,1",
        "~0,0 .05,.5 0,1 | ~.85,.05 .5,.35 .1,.5 .5,.65 .95,1",
    ),
    "M": (
        "0,1 0,0 .5,.6 1,0 1,1",
        "0,1 .2,0 .5,.8 .8,0 1,1",
        "~0,1 .1,.1 .3,.1 .45,.9 .6,.1 .85,.1 1,1",
    ),
    "N": ("0,1 0,0 1,1 1,0", "~0,1 .1,.1 .3,.2 .7,.85 .9,.9 1,0", "0,0 .05,1 | 0,.02 .8,.98 | .8,0 .8,1"),
    "P": (
        "0,1 0,0 | ~0,.02 .7,.02 .8,.25 .6,.5 0,.52",
        "0,0 .1,1 | ~-.1,.1 .5,-.03 .9,.2 .6,.5 .1,.5",
        "0,1 0,0 .7,0 .7,.5 0,.5",
    ),
    "R": (
        "0,1 0,0 | ~0,.02 .7,.02 .8,.25 .6,.48 0,.5 | .3,.5 .9,1",
        "0,0 .05,1 | ~-.1,.1 .5,-.03 .85,.2 .6,.45 .1,.5 | ~.15,.5 .5,.7 .95,1",
        "0,1 0,0 .7,0 .7,.45 0,.45 .8,1",
    ),
    "T": ("0,0 1,0 | .5,0 .5,1", "-.1,.05 1,0 | .5,.02 .4,1"),
    "V": ("0,0 .5,1 1,0", "~0,0 .25,.55 .48,1 .55,.95 .75,.45 1,0", "0,.02 .35,1 .8,0"),
    "W": ("0,0 .25,1 .5,.4 .75,1 1,0", "~0,0 .1,.8 .3,.95 .5,.3 .7,.95 .9,.8 1,0", "0,0 .2,1 .5,0 .8,1 1,0"),
    "X": ("0,0 1,1 | 1,0 0,1", "~0,0 .4,.4 .9,1 | ~.85,0 .5,.5 0,.95"),
    "a": ("~.8,.2 .4,0 .05,.4 .3,.95 .8,.5 | .8,0 .8,.8 1,1",),
    "d": ("~.7,.5 .35,.4 .05,.7 .35,1 .7,.75 | .7,0 .7,1",),
    "f": ("~.9,.1 .6,0 .4,.25 .4,1 | .1,.45 .8,.45",),
    "h": ("0,0 0,1 | ~0,.65 .35,.45 .7,.6 .7,1", "~0,1 .05,.6 .1,0 .02,.6 .1,.65 .4,.45 .65,.65 .65,1"),
    "k": ("0,0 0,1 | .65,.4 0,.7 .7,1", "~0,1 .05,.3 .1,0 .02,.7 .3,.5 .5,.5 .1,.72 .7,1"),
    "m": (
        "0,1 0,.1 | ~0,.3 .2,0 .45,.2 .45,1 | ~.45,.3 .7,0 1,.2 1,1",
        "~0,1 .05,.1 .3,.1 .42,1 .5,.1 .8,.1 1,1",
    ),
    "n": ("0,1 0,0 | ~0,.3 .4,0 .85,.25 .85,1", "~0,1 .05,.1 .15,.3 .5,0 .85,.3 .9,1"),
    "p": ("0,0 0,1 | ~0,.1 .4,0 .75,.25 .4,.5 0,.45", "~.05,.1 .02,1 .05,.2 .5,0 .75,.25 .4,.5 .05,.4"),
    "r": ("0,1 0,0 | ~0,.35 .3,.05 .7,.1", "~0,.2 .2,0 .25,.2 .6,.1 .5,.6 .6,1 .8,.9"),
    "t": ("~.4,0 .4,.8 .6,1 .85,.9 | 0,.3 .8,.3", ".45,0 .45,1 | .05,.3 .85,.3"),
    "w": ("~0,0 .1,.8 .3,.95 .5,.4 .7,.95 .95,.7 1,0",),
    "x": ("~0,.05 .3,.1 .6,.9 1,.95 | .95,0 0,1",),
    "plus": (".5,0 .5,1 | 0,.5 1,.5",),
    "equals": ("0,.3 1,.3 | 0,.7 1,.7",),
    "hash": (".3,0 .2,1 | .75,0 .65,1 | 0,.35 1,.35 | 0,.68 1,.68",),
    "question": ("~.05,.2 .5,0 .85,.25 .5,.5 .45,.72 | .45,.92 .47,1",),
    "star": ("0,1 .5,0 1,1 -.05,.4 1.05,.4 0,1", ".5,0 .5,1 | 0,.2 1,.8 | 1,.2 0,.8"),
    "triangle": (".5,0 1,1 0,1 .5,0", "0,0 1,.05 .5,1 0,0"),
    "rectangle": ("0,0 1,0 1,1 0,1 0,0",),
    "tick": ("0,.6 .35,1 1,0", "~0,.55 .3,1 .5,.6 1,0"),
    "heart": ("~.5,1 .05,.5 .1,.1 .35,.05 .5,.3 | ~.5,1 .95,.5 .9,.1 .65,.05 .5,.3",),
    "arrow": ("0,.5 1,.5 | .65,.2 1,.5 .65,.8", ".5,1 .5,0 | .2,.35 .5,0 .8,.35"),
    "zigzag": ("0,0 1,.2 0,.5 1,.7 0,1", "0,1 .2,0 .4,1 .6,0 .8,1 1,0"),
    "spiral": ("~.5,.5 .6,.4 .7,.6 .45,.75 .2,.5 .5,.15 .95,.4 .8,.9 .3,1 0,.6",),
    "at": ("~.7,.35 .45,.3 .3,.55 .5,.7 .7,.4 .75,.7 1,.5 .8,.1 .4,0 0,.4 .2,.9 .7,1",),
    "percent": ("1,0 0,1 | ~.2,0 0,.2 .2,.35 .4,.2 .2,0 | ~.8,.65 .6,.8 .8,1 1,.8 .8,.65",),
    "ampersand": ("~1,1 .3,.4 .2,.15 .4,0 .6,.2 .1,.65 .2,.95 .5,1 .95,.55",),
    "euro": ("~.9,.1 .5,0 .2,.5 .5,1 .9,.9 | 0,.4 .7,.4 | 0,.6 .65,.6",),
    "smile": (
        "~.5,0 .05,.3 .1,.8 .5,1 .9,.8 .95,.3 .5,0 | .35,.3 .35,.4 | .65,.3 .65,.4 | ~.25,.65 .5,.8 .75,.65",
    ),
    "pi": ("0,.1 1,0 | .3,.08 .2,1 | ~.7,.05 .65,.8 .9,1",),
    "omega": ("0,1 .35,1 | ~.35,1 0,.5 .4,0 .6,0 1,.5 .65,1 | .65,1 1,1",),
    "psi": ("~0,0 .1,.5 .5,.65 .9,.5 1,0 | .5,0 .5,1",),
    "sigma": ("1,0 0,0 .5,.5 0,1 1,1",),
    "tree": ("0,.3 1,.3 | .5,0 .5,1 | .5,.35 0,.85 | .5,.35 1,.85",),
    "house": ("0,1 0,.4 .5,0 1,.4 1,1 0,1", "0,1 1,1 0,.4 1,.4 0,1 0,.4 .5,0 1,.4 1,1"),
}

DIGITS: dict[int, tuple[str, ...]] = {
    0: ("~.5,0 .1,.3 .1,.7 .5,1 .9,.7 .9,.3 .5,0",),
    1: ("0,.35 .45,0 .45,1", "0,.3 .4,0 .4,1 | .05,1 .8,1", ".3,0 .25,1", ".25,.15 .45,0 .45,1"),
    2: (
        "~.05,.25 .4,0 .8,.2 .6,.6 0,1 | 0,1 .9,1",
        "~.1,.2 .5,0 .8,.25 .45,.65 .1,.95 .2,.8 .5,.95 .9,.95",
    ),
    3: ("0,0 .8,0 .35,.4 | ~.35,.4 .8,.65 .5,1 .05,.9",),
    4: (
        ".1,0 .05,.55 .8,.52 | .7,0 .68,1",
        ".65,1 .65,0 0,.7 .95,.7",
        ".4,0 0,.65 .9,.62 | .6,.35 .55,1",
        "~.4,0 .25,.35 0,.6 .9,.6 | .65,.25 .6,1",
    ),
    5: (".2,0 .15,.45 | ~.15,.45 .6,.4 .8,.7 .45,1 .05,.9 | .2,0 .85,-.02",),
    6: ("~.6,0 .2,.4 .1,.75 .45,1 .8,.75 .5,.55 .12,.75",),
    7: (
        "0,0 .8,0 .35,1",
        "0,0 .8,0 .4,1 | .2,.5 .8,.48",
        "0,.15 .02,0 .85,0 .45,1 | .25,.5 .8,.5",
        "~0,.08 .3,.02 .85,.02 .6,.4 .35,1",
    ),
    8: ("~.5,.47 .2,.22 .5,0 .8,.22 .5,.47 | ~.5,.47 .1,.75 .5,1 .9,.75 .5,.47",),
    9: ("~.8,.2 .5,0 .15,.25 .45,.5 .8,.22 | .8,.15 .75,1", "~.8,.2 .5,0 .15,.25 .45,.5 .8,.2 .75,.7 .3,1"),
}
"""Ways to write digits that MNIST holds few of, so that they are not taken for something else."""

FINE = 8
"""Pixels of the fine grid for one of 28."""
_BOX, _ROOM = 20 * FINE, 5 * FINE


@cache
def strokes(path: str) -> tuple[tuple[bool, Places], ...]:
    """Return whether each stroke is bent through its points, and the points (n, 2), x and y in 0..1."""
    return tuple(
        (
            stroke.startswith("~"),
            np.array([[float(v) for v in place.split(",")] for place in stroke.strip("~").split()]),
        )
        for stroke in path.split(" | ")
    )


def written(rng: Random, path: str) -> NDArray[np.bool_]:
    """Return the path as a hand writes it, one pixel wide, on the fine grid: slanted and bent anew."""
    aspect, slant, turn = np.exp(rng.normal(-0.25, 0.22)), rng.normal(0, 0.15), rng.normal(0, 0.09)
    bows, shake = rng.normal(0, 0.03, 4), rng.uniform(0.005, 0.035)
    rows = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    lines = []
    for is_bent, places in strokes(path):
        shaken = places + rng.normal(0, shake, places.shape)
        x, y = (curve(shaken) if is_bent and len(shaken) > 2 else bowed(rng, shaken)).T - 0.5
        x, y = x * aspect - slant * y + bows[0] * np.sin(3 * y) + bows[1] * y * y, y + bows[2] * np.sin(3 * x)
        lines.append(np.stack([x, y], axis=1) @ rows.T)
    every = np.concatenate(lines)
    low, size = every.min(0), np.ptp(every, axis=0)
    wide, high = (size / size.max() * _BOX).astype(int) + 1 + 2 * _ROOM
    image = Image.new("1", (int(wide), int(high)))
    pen = ImageDraw.Draw(image)
    for line in lines:
        pen.line([tuple(place) for place in (line - low) / size.max() * _BOX + _ROOM], fill=1)
    return np.asarray(image)


def curve(places: Places, count: int = 60) -> Places:
    """Return `count` points on a smooth line through `places`, (n, 2)."""
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))])
    return np.asarray(CubicSpline(way, places)(np.linspace(0, way[-1], count)))


def bowed(rng: Random, places: Places, count: int = 12, bow: float = 0.05) -> Places:
    """Return straight strokes of `count` points each, with the slight bow that a hand gives them."""
    parts = []
    for start, stop in pairwise(places):
        along, across = stop - start, np.array([start[1] - stop[1], stop[0] - start[0]])
        share = np.linspace(0, 1, count)[:, None]
        parts.append(start + along * share + across * np.sin(np.pi * share) * rng.normal(0, bow))
    return np.concatenate(parts)
