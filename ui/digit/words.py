"""What a person reads about doubts and steps."""

from core.records import Doubt
from core.text import t


def doubt_sentence(doubt: Doubt) -> str:
    """Say in one sentence why something does not look like an MNIST digit."""
    return {
        Doubt.BLANK: t("The picture is blank: there is no ink on it."),
        Doubt.NOISE: t("There is only noise, nothing that holds together like a stroke."),
        Doubt.PHOTOGRAPH: t("It looks like a photograph: many shapes of many shades, no pen strokes."),
        Doubt.SOLID: t("It is a filled shape; a digit is made of strokes."),
        Doubt.THIN: t("Its strokes are far thinner or wider than those of any training digit."),
        Doubt.PARTS: t("It is made of parts that never meet; a digit's strokes do."),
        Doubt.STRANGE: t("No training digit looks like it."),
        Doubt.EDGE: t("It is cut off at the edge of the picture."),
        Doubt.CROWDED: t("There is more on the picture than digits; crop it to the digits."),
        Doubt.JOINED: t(
            "It is wider than any digit: several that touch could not be told apart. Leave a gap."
        ),
    }[doubt]


def step_name(name: str) -> str:
    """Return what a step from the picture to 28x28 is called."""
    return {
        "picture": t("Upright picture"),
        "ground": t("Paper and light"),
        "ink": t("Ink"),
        "lines": t("Lines and frames found"),
        "clean": t("Ink without lines"),
        "pieces": t("Connected pieces"),
        "digits": t("Digits"),
    }.get(name, name)
