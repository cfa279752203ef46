"""How many letters are doubted, and how many digits in pictures of the same kinds.

    python -m benchmarks.letters [--per-kind 48] [--seed 0]

Letters that no digit looks like, as no drawing of `core.learning.letters` writes them: from pen paths of this
module, drawn and photographed like the digits of `benchmarks.digits`, and from the fonts that are installed.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.digits import is_doubted, made, reading_of
from benchmarks.pictures import encoded
from benchmarks.scenes import SCENES
from benchmarks.writers import BENT, CORNER, Points, Random, line_of
from core.analysis.statistics import wilson
from core.learning.letters import strokes

HANDS = {
    "A": (
        "~0,1 .2,.3 .5,-.02 .8,.35 .92,1 | ~.1,.62 .5,.7 .9,.58",
        "~.05,1 .4,.1 .5,0 .6,.1 1,1 | 0,.55 .95,.7",
    ),
    "E": ("~.9,.05 .3,.02 0,.5 .3,1 1,.95 | .05,.5 .7,.48", "0,0 0,1 .8,1 | -.05,0 .85,0 | 0,.55 .7,.5"),
    "F": ("~1,0 .3,.05 .15,.4 .1,1 | -.05,.5 .7,.48", "0,.02 .02,1 | 0,0 .7,-.05 | 0,.5 .45,.5"),
    "H": (
        "0,.05 0,.95 | .7,0 .75,1 | -.05,.45 .8,.6",
        "~.05,0 .1,.5 .05,1 | ~.1,.6 .5,.45 .9,.4 | .9,0 .9,1",
    ),
    "K": ("0,0 .02,1 | ~.75,0 .4,.35 .02,.52 .4,.7 .8,1", "0,.05 0,1 | .7,.1 0,.65 | .25,.5 .7,1"),
    "M": ("~0,1 .15,.3 .25,0 .5,.55 .75,0 .9,.4 1,1", "0,1 .1,0 .45,.5 .85,.05 .9,1"),
    "N": ("0,1 .05,.05 .75,.95 .8,0", "~0,1 .05,.4 .1,.05 .4,.5 .8,1 .85,.5 .85,0"),
    "P": ("0,1 .02,0 | ~.02,.03 .5,0 .65,.28 .4,.55 .02,.55", "~.1,1 .1,.4 .15,0 .6,.05 .7,.3 .4,.5 .1,.48"),
    "R": (
        "0,1 .02,0 | ~.02,.03 .5,0 .65,.25 .4,.5 .02,.5 .3,.65 .75,1",
        "~.1,1 .1,.4 .15,0 .6,.02 .7,.25 .5,.45 .12,.5 | .35,.5 .75,1",
    ),
    "V": ("0,0 .4,.95 .85,.03", "~0,.05 .2,.5 .4,1 .6,.5 .7,.1 .95,0"),
    "W": ("0,0 .3,.95 .5,.1 .75,1 .95,.05", "~0,0 .25,.95 .5,.2 .8,1 1,0"),
    "X": ("0,.05 .8,1 | .9,0 .05,.95", "~0,0 .3,.35 .6,.8 .9,.95 | ~.9,.05 .6,.4 .3,.75 .05,1"),
}
LETTERS = tuple(HANDS)
PICTURES = ("ball pen", "whiteboard", "on the rule", "dark drawing", "canvas")
FONTS = Path("/usr/share/fonts")


def handwritten(seed: int, kind: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Return letters and pictures of them, each drawn from its own seed."""
    for index in range(count):
        rng = np.random.default_rng([seed, index, *kind.encode()])
        letter = LETTERS[index % len(LETTERS)]
        paths = HANDS[letter]
        yield letter, SCENES[kind](rng, line_of(rng, _as_strokes(paths[rng.integers(len(paths))])))


def _as_strokes(path: str) -> tuple[tuple[str, Points], ...]:
    return tuple(
        (BENT if is_bent else CORNER, tuple((float(x), float(y)) for x, y in places))
        for is_bent, places in strokes(path)
    )


def printed(rng: Random, letter: str, font: str) -> bytes:
    """Return a picture of a letter of an installed font, dark on light, in a size of its own."""
    size = int(rng.integers(60, 220))
    image = Image.new("L", (320, 320), int(rng.integers(225, 256)))
    pen, glyph = ImageDraw.Draw(image), ImageFont.truetype(font, size)
    pen.text((160, 160), letter, fill=int(rng.integers(0, 60)), font=glyph, anchor="mm")
    return encoded(rng, image, "PNG")


def fonts() -> list[str]:
    """Return the files of installed fonts with Latin letters and strokes like a pen's."""
    return sorted(str(path) for path in FONTS.rglob("*Sans*.ttf") if "Bold" not in path.name)


@click.command()
@click.option("--per-kind", default=48, help="Letters of each kind of picture.")
@click.option("--seed", default=0)
def main(per_kind: int, seed: int) -> None:
    """Print the share of letters and of digits that are doubted, by kind of picture and by letter."""
    by_letter: dict[str, list[bool]] = {letter: [] for letter in LETTERS}
    click.echo("| picture | letters doubted | of | 95 % | digits doubted | of |\n|---|---|---|---|---|---|")
    for kind in PICTURES:
        found = [(name, is_doubted(reading_of(data))) for name, data in handwritten(seed, kind, per_kind)]
        for name, doubted in found:
            by_letter[name].append(doubted)
        digits = [is_doubted(reading_of(picture.data)) for picture in made(kind, per_kind, seed)]
        _say(kind, [doubted for _, doubted in found], digits)
    if files := fonts():
        rng = np.random.default_rng(seed)
        pictures = [
            (name, printed(rng, name, files[i % len(files)])) for i in range(per_kind) for name in LETTERS
        ]
        _say("printed", [is_doubted(reading_of(data)) for _, data in pictures[:: len(LETTERS) + 1]], [])
    click.echo(" · ".join(f"{name} {np.mean(each):.0%}" for name, each in by_letter.items() if each))


def _say(kind: str, letters: list[bool], digits: list[bool]) -> None:
    bounds = wilson(sum(letters), len(letters))
    share = f"{bounds.low:.0%} to {bounds.high:.0%}"
    click.echo(f"| {kind} | {sum(letters)} | {len(letters)} | {share} | {sum(digits)} | {len(digits)} |")


if __name__ == "__main__":
    main()
