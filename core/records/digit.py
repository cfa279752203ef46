"""What is read from an uploaded picture: the digits, how they were found, and why one may be none."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.records.latency import Caveat

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Doubt(StrEnum):
    """Why something does not look like an MNIST digit."""

    BLANK = "blank"
    NOISE = "noise"
    PHOTOGRAPH = "photograph"
    SOLID = "solid"
    THIN = "thin"
    PARTS = "parts"
    STRANGE = "strange"
    EDGE = "edge"
    CROWDED = "crowded"
    JOINED = "joined"

    @property
    def is_fatal(self) -> bool:
        """Whether an answer would be nonsense, so that none is given."""
        return self in (Doubt.BLANK, Doubt.NOISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What a person overrides; None leaves the decision to the evidence.

    invert: True, light ink on dark ground; False, dark on light. threshold: 0..1 of the ink's contrast.
    crop: left, top, right, bottom as shares of the width and height. split: cut touching digits apart.
    """

    invert: bool | None = None
    threshold: float | None = None
    crop: tuple[float, float, float, float] | None = None
    remove_lines: bool = True
    split: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture: upright, at most 1,200 pixels a side, RGB; width and height are the file's own."""

    pixels: Bytes
    width: int
    height: int
    format: str
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One step from the picture to 28x28, as an image to look at; `note` says what was decided."""

    name: str
    image: Bytes
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What the doubts rest on. Widths are in pixels of the 28x28 grid; distance_rank is the share of training
    digits that are nearer to their own neighbours than this one is; apart: how far a stroke misses theirs;
    other_sign: how probably it is a letter or another sign that is no digit."""

    stroke_width: float
    ink_share: float
    parts: int
    distance: float
    distance_rank: float
    agreement: float = 1.0
    sharpness: float = 1.0
    apart: float = 0.0
    other_sign: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Digit:
    """One digit found. box: left, top, width, height in the upright file; image: 28x28, white ink."""

    box: tuple[int, int, int, int]
    image: Bytes
    measures: Measures
    doubts: tuple[Doubt, ...] = ()
    neighbours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """All that was found in one picture, digits in reading order; doubts are about the picture as a whole."""

    filename: str
    picture: Picture
    digits: tuple[Digit, ...] = ()
    steps: tuple[Step, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    light_ink: bool = False

    @property
    def images(self) -> Bytes:
        """Return the digits' images, shape (n, 28, 28)."""
        return np.stack([d.image for d in self.digits]) if self.digits else np.zeros((0, 28, 28), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What one network says about each image. probabilities: (n, 10); latency_ms: median of one image."""

    model: str
    title: str
    size_bytes: int
    probabilities: Floats
    latency_ms: float

    @property
    def labels(self) -> tuple[int, ...]:
        """Return the most probable digit of each image."""
        return tuple(int(v) for v in self.probabilities.argmax(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """An exported network: its .tflite (a path, or the content), and what is known of its run.

    `warnings` say why `latency_ms` deserves doubt.
    """

    run_id: str
    title: str
    source: Path | bytes = field(repr=False)
    size_bytes: int = 0
    accuracy: float | None = None
    ratio: float = 0.0
    family: str = ""
    origin: str = ""
    is_dense: bool = False
    latency_ms: float | None = None
    warnings: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """Every model's answer to the same images, smallest model first; failed: run_id and why."""

    rows: tuple[Answer, ...]
    failed: tuple[tuple[str, str], ...] = field(default=())
