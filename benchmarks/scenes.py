"""Troubles of real photographs, a recipe each, beyond what benchmarks/pictures.py draws: see `SCENES`."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.camera import (
    Digit,
    curled,
    finish,
    hand,
    lay,
    middle,
    plain_table,
    rule,
    shoot,
)
from benchmarks.pictures import Array, Random, paper, smooth_noise, textured

BLUES = ((20, 30, 110), (30, 50, 160), (45, 70, 190))
DARKS = ((25, 25, 30), (50, 50, 55))
COLOURS = (
    (190, 30, 40),
    (25, 120, 60),
    (230, 90, 20),
    (130, 40, 140),
    (40, 80, 200),
    (215, 60, 120),
    (0, 140, 150),
)
PAPERS = ((250, 249, 245), (240, 236, 225), (228, 226, 222), (252, 250, 250), (235, 238, 240))


def sheet(
    rng: Random, shape: tuple[int, int] = (1000, 1000), colour: tuple[int, int, int] | None = None
) -> Array:
    shape = shape if rng.random() < 0.5 else (shape[0], int(shape[1] * 0.75))
    return paper(rng, shape, colour or PAPERS[rng.integers(len(PAPERS))])


def written(
    rng: Random,
    digit: Digit,
    page: Array,
    *,
    size: tuple[float, float] = (0.12, 0.55),
    pen: tuple[float, float] = (0.03, 0.12),
    colours: Any = (*BLUES, *DARKS),
    opacity: tuple[float, float] = (0.8, 1.0),
    rough: float = 0.1,
    spread: float = 0.5,
) -> Array:
    height = int(page.shape[0] * np.exp(rng.uniform(*np.log(size))))
    ink = textured(
        rng, hand(rng, digit, height, float(np.exp(rng.uniform(*np.log(pen))))), rng.uniform(0, rough)
    )
    lay(
        page, ink, *middle(rng, page, ink, spread), colours[rng.integers(len(colours))], rng.uniform(*opacity)
    )
    return page


def ballpen(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng), pen=(0.014, 0.035), opacity=(0.65, 1), rough=0.25))


def felt(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng), pen=(0.13, 0.22), colours=(*DARKS, *COLOURS)))


def faint(rng: Random, digit: Digit) -> bytes:
    greys = ((120, 120, 124), (95, 95, 100), (140, 140, 142))
    return shoot(
        rng,
        written(rng, digit, sheet(rng), pen=(0.025, 0.06), colours=greys, opacity=(0.4, 0.75), rough=0.5),
        blur=(0.4, 1.2),
    )


def ink(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng), colours=COLOURS))


def hard_shadow(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng)), shadow="hard")


def steep(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng)), tilt=2.2, zoom=(0.7, 0.95))


def on_rule(rng: Random, digit: Digit) -> bytes:
    """Writing that stands on the rule, one or two lines high, and touches it."""
    page = sheet(rng)
    spacing = rng.uniform(45, 160)
    places = np.arange(rng.uniform(0, spacing), page.shape[0], spacing)
    strong = ((60, 60, 70), (110, 140, 200), (90, 90, 95), (150, 170, 205), (200, 120, 130), (120, 190, 160))
    colour = strong[rng.integers(len(strong))]
    for place in places:
        rule(page, 0, place, rng.uniform(1.2, max(2, spacing / 30)), colour, rng.uniform(0.7, 1))
    if rng.random() < 0.5:
        rule(page, 1, page.shape[1] * rng.uniform(0.08, 0.3), 3, (220, 90, 100))
    height = int(min(0.6 * page.shape[0], spacing * rng.uniform(0.75, 2.2)))
    cover = hand(rng, digit, height, rng.uniform(0.04, 0.11))
    foot = places[len(places) // 2 + rng.integers(0, max(1, len(places) // 4))]
    top = foot - cover.shape[0] + rng.normal(0, 0.06) * height
    lay(
        page,
        cover,
        max(0, top),
        middle(rng, page, cover)[1],
        (*BLUES, *DARKS)[rng.integers(5)],
        rng.uniform(0.85, 1),
    )
    return shoot(rng, page)


def grid(rng: Random, digit: Digit) -> bytes:
    """Squared paper of school books: the digit fills one to four cells."""
    page = sheet(rng)
    spacing = rng.uniform(28, 120)
    tones = ((120, 150, 210), (150, 150, 155), (90, 170, 190), (160, 190, 160), (110, 110, 120))
    colour, strength = tones[rng.integers(len(tones))], rng.uniform(0.5, 1)
    width = rng.uniform(1.2, max(2.0, spacing / 22))
    for axis in (0, 1):
        for place in np.arange(rng.uniform(0, spacing), page.shape[axis], spacing):
            rule(page, axis, place, width, colour, strength)
    height = min(0.6, spacing * rng.uniform(0.9, 4) / page.shape[0])
    return shoot(rng, written(rng, digit, page, size=(height, height * 1.05), pen=(0.04, 0.12)))


def form(rng: Random, digit: Digit) -> bytes:
    """One printed box; the digit touches or crosses its frame."""
    page = sheet(rng, (700, 600), (251, 251, 250))
    height = int(rng.uniform(90, 330))
    cover = hand(rng, digit, height, rng.uniform(0.035, 0.12))
    side = max(cover.shape) * rng.uniform(0.92, 1.15)
    top, left = middle(rng, page, np.zeros((int(side), int(side)), np.float32), 0.6)
    tone = rng.integers(0, 130, 3) if rng.random() < 0.6 else rng.integers((60, 90, 150), (150, 180, 256))
    edge = rng.uniform(1.5, max(2.5, side / 30))
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    ImageDraw.Draw(image).rectangle(
        (left, top, left + side, top + side), outline=tuple(int(v) for v in tone), width=round(edge)
    )
    page = np.asarray(image).astype(np.float32)
    y = top + (side - cover.shape[0]) / 2 + rng.normal(0, 0.08) * side
    x = left + (side - cover.shape[1]) / 2 + rng.normal(0, 0.08) * side
    lay(page, cover, y, x, (*BLUES, *DARKS)[rng.integers(5)], rng.uniform(0.85, 1))
    return shoot(rng, page, tilt=0.7) if rng.random() < 0.6 else finish(rng, page, blur=(0.1, 0.8), noise=2)


def comb(rng: Random, digit: Digit) -> bytes:
    """A row of printed cells as on forms, with a digit in one of them."""
    page = sheet(rng, (600, 900), (250, 250, 250))
    cells, side = int(rng.integers(2, 7)), rng.uniform(70, 120)
    wide = side * rng.uniform(0.7, 1.1)
    top, left = rng.uniform(150, 350), rng.uniform(20, 60)
    tone = tuple(
        int(v)
        for v in (
            rng.integers(0, 130, 3) if rng.random() < 0.6 else rng.integers((60, 90, 150), (150, 180, 256))
        )
    )
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    cells = min(cells, int((page.shape[1] - left - 10) / wide))
    for cell in range(cells):
        pen.rectangle(
            (left + cell * wide, top, left + (cell + 1) * wide, top + side),
            outline=tone,
            width=int(rng.integers(2, 4)),
        )
    page = np.asarray(image).astype(np.float32)
    cover = hand(rng, digit, int(min(side, wide * 1.3) * rng.uniform(0.6, 0.9)), rng.uniform(0.05, 0.13))
    cell = rng.integers(cells)
    x = left + (cell + 0.5) * wide - cover.shape[1] / 2 + rng.normal(0, 0.05) * wide
    lay(
        page,
        cover,
        top + (side - cover.shape[0]) * rng.uniform(0.3, 0.7),
        x,
        (*BLUES, *DARKS)[rng.integers(5)],
        rng.uniform(0.85, 1),
    )
    return shoot(rng, page, tilt=0.7) if rng.random() < 0.5 else finish(rng, page, blur=(0.1, 0.8), noise=2)


def small_photo(rng: Random, digit: Digit) -> bytes:
    """A thumbnail of a photo, 20 to 60 pixels."""
    page = written(rng, digit, sheet(rng, (400, 400)), size=(0.45, 0.85), pen=(0.05, 0.14))
    full = Image.open(
        io.BytesIO(shoot(rng, page, zoom=(1.0, 1.1) if rng.random() < 0.7 else (0.8, 1.0), tilt=0.6))
    )
    side = int(rng.integers(20, 61))
    full.thumbnail((side, side), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    full.save(content, *rng.choice(["PNG", "JPEG"], 1))
    return content.getvalue()


def tiny(rng: Random, digit: Digit) -> bytes:
    """A digit of a few per cent of a large photo."""
    page = written(rng, digit, sheet(rng, (2000, 2000)), size=(0.035, 0.08), pen=(0.06, 0.14), spread=0.35)
    return shoot(rng, page, zoom=(0.95, 1.1), blur=(0.4, 1.5))


def chalk(rng: Random, digit: Digit) -> bytes:
    """Chalk on a board, with what the sponge left."""
    boards = ((35, 60, 48), (40, 42, 44), (30, 45, 40), (55, 60, 62))
    page = np.broadcast_to(np.array(boards[rng.integers(4)], np.float32), (900, 1000, 3)).copy()
    page += (
        smooth_noise(rng, (900, 1000), 120) * rng.uniform(2, 10) + smooth_noise(rng, (900, 1000), 4) * 2
    )[..., None]
    chalks = ((235, 235, 230), (240, 230, 150), (240, 170, 180), (170, 210, 240))
    cover = hand(rng, digit, int(900 * rng.uniform(0.2, 0.6)), rng.uniform(0.05, 0.12))
    cover = textured(rng, cover, rng.uniform(0.2, 0.5))
    lay(page, cover, *middle(rng, page, cover), chalks[rng.integers(4)], rng.uniform(0.7, 0.95), light=True)
    return shoot(rng, page, zoom=(1.05, 1.2))


def whiteboard(rng: Random, digit: Digit) -> bytes:
    """A marker on a glossy board with a lamp in it."""
    page = written(
        rng,
        digit,
        np.full((900, 1000, 3), 238, np.float32),
        pen=(0.05, 0.12),
        colours=(*DARKS, *COLOURS),
        rough=0.2,
    )
    y, x = np.mgrid[:900, :1000].astype(np.float32)
    cy, cx, size = rng.uniform(0, 900), rng.uniform(0, 1000), rng.uniform(60, 250)
    glare = np.exp(-(((y - cy) ** 2 + (x - cx) ** 2) / size**2))[..., None] * rng.uniform(0.3, 0.7)
    return shoot(rng, (page * 0.8) * (1 - glare) + 255 * glare, zoom=(1.05, 1.2))


def dark_drawing(rng: Random, digit: Digit) -> bytes:
    side = int(rng.choice([200, 320, 500, 800]))
    back, front = rng.integers(0, 60, 3), rng.integers(130, 256, 3)
    page = np.broadcast_to(back.astype(np.float32), (side, side, 3)).copy()
    cover = hand(
        rng, digit, int(side * rng.uniform(0.3, 0.85)), float(np.exp(rng.uniform(np.log(0.02), np.log(0.18))))
    )
    lay(page, cover, *middle(rng, page, cover, 0.9), front, light=True)
    return _saved(rng, page)


def canvas(rng: Random, digit: Digit) -> bytes:
    """A screen shot of a drawing program: the canvas has a border, around it the window."""
    around = rng.integers(180, 256) if rng.random() < 0.6 else rng.integers(20, 80)
    page = np.full((420, 520, 3), float(around), np.float32)
    side = int(rng.integers(260, 400))
    top, left = int(rng.integers(4, 420 - side)), int(rng.integers(4, 520 - side))
    dark = rng.random() < 0.4
    page[top : top + side, left : left + side] = rng.integers(0, 200)
    edge = int(rng.integers(1, 4))
    inner = (20.0, 235.0) if dark else (255.0, float(rng.integers(0, 90)))
    page[top + edge : top + side - edge, left + edge : left + side - edge] = inner[0]
    cover = hand(rng, digit, int(side * rng.uniform(0.4, 0.75)), rng.uniform(0.03, 0.14))
    y, x = middle(rng, np.zeros((side, side, 3), np.float32), cover, 0.6)
    lay(page, cover, top + y, left + x, (inner[1],) * 3, light=dark)
    return _saved(rng, page)


def _saved(rng: Random, page: Array) -> bytes:
    content = io.BytesIO()
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        image.save(content, "PNG")
    else:
        image.save(content, "JPEG", quality=int(rng.integers(30, 90)))
    return content.getvalue()


def at_the_edge(rng: Random, digit: Digit) -> bytes:
    """Off centre, with a finger or a second sheet at the border."""
    page = written(rng, digit, sheet(rng), size=(0.12, 0.35), spread=0.85)
    height, width = page.shape[:2]
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    skin = tuple(int(v) for v in rng.integers((150, 95, 70), (235, 190, 165)))
    x = rng.uniform(0.1, 0.9) * width
    wide = width * rng.uniform(0.06, 0.12)
    pen.rounded_rectangle((x, height * rng.uniform(0.88, 0.95), x + wide, height + 200), wide / 2, fill=skin)
    return shoot(rng, np.asarray(image).astype(np.float32), zoom=(0.8, 1.0))


def jpeg30(rng: Random, digit: Digit) -> bytes:
    return shoot(rng, written(rng, digit, sheet(rng, (600, 600))), quality=(18, 35))


def motion(rng: Random, digit: Digit) -> bytes:
    return shoot(
        rng,
        written(rng, digit, sheet(rng, (700, 700)), size=(0.25, 0.6), pen=(0.05, 0.13)),
        motion=rng.uniform(5, 14),
    )


def kraft(rng: Random, digit: Digit) -> bytes:
    """Brown paper, envelopes, newspaper margins: dark and rough grounds."""
    tones = ((196, 164, 122), (170, 140, 100), (205, 200, 190), (150, 160, 175))
    page = sheet(rng, colour=tones[rng.integers(4)])
    page += (smooth_noise(rng, page.shape[:2], 3) * rng.uniform(2, 7))[..., None]
    return shoot(rng, written(rng, digit, page, pen=(0.045, 0.13), colours=(*DARKS, BLUES[0], (130, 20, 30))))


def close_up(rng: Random, digit: Digit) -> bytes:
    return shoot(
        rng,
        written(rng, digit, sheet(rng), size=(0.6, 0.88), pen=(0.03, 0.15), spread=0.6),
        zoom=(1.0, 1.12),
        tilt=0.5,
    )


def on_a_table(rng: Random, digit: Digit) -> bytes:
    """A whole sheet on a table of one colour, turned by up to 18 degrees."""
    page = written(rng, digit, sheet(rng), size=(0.12, 0.6))
    return shoot(rng, page, zoom=(1.15, 1.9), tilt=1.5, ground=plain_table(rng, page.shape[:2]))


def sticky_note(rng: Random, digit: Digit) -> bytes:
    """A small coloured note on a table, filled by the digit."""
    tones = ((250, 235, 110), (255, 170, 190), (150, 220, 250), (190, 240, 130), (255, 200, 110))
    page = written(rng, digit, sheet(rng, colour=tones[rng.integers(5)]), size=(0.35, 0.8), pen=(0.04, 0.14))
    ground = plain_table(rng, page.shape[:2]) if rng.random() < 0.5 else None
    return shoot(rng, page, zoom=(1.4, 2.8), tilt=1.5, ground=ground)


def bent_page(rng: Random, digit: Digit) -> bytes:
    """A ruled page of a notebook that does not lie flat."""
    page = sheet(rng, (1100, 1100))
    spacing = rng.uniform(40, 140)
    tones = ((120, 150, 205), (90, 90, 95), (160, 180, 210), (60, 90, 170))
    colour = tones[rng.integers(len(tones))]
    for place in np.arange(rng.uniform(0, spacing), page.shape[0], spacing):
        rule(page, 0, place, rng.uniform(1.3, max(2, spacing / 28)), colour, rng.uniform(0.6, 1))
    height = min(0.6, spacing * rng.uniform(0.8, 3.2) / page.shape[0])
    return shoot(rng, curled(rng, written(rng, digit, page, size=(height, height * 1.05))))


SCENES: dict[str, Callable[[Random, Digit], bytes]] = {
    "ball pen": ballpen,
    "felt pen": felt,
    "faint pencil": faint,
    "coloured ink": ink,
    "hard shadow": hard_shadow,
    "steep": steep,
    "on the rule": on_rule,
    "school grid": grid,
    "touching form": form,
    "comb": comb,
    "small photo": small_photo,
    "tiny": tiny,
    "chalk": chalk,
    "whiteboard": whiteboard,
    "dark drawing": dark_drawing,
    "canvas": canvas,
    "at the edge": at_the_edge,
    "jpeg 30": jpeg30,
    "motion": motion,
    "kraft": kraft,
    "close-up": close_up,
    "on a table": on_a_table,
    "sticky note": sticky_note,
    "bent page": bent_page,
}
