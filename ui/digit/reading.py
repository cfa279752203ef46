"""What was found in a picture: boxes on it, the digits as the networks see them, the steps, the doubts."""

from functools import lru_cache

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from core.digits import read
from core.digits.likeness import training_image
from core.records import Digit, Doubt, Reading, ReadOptions
from core.records.digit import Bytes
from core.text import t
from ui.digit.words import doubt_sentence, step_name
from ui.pictures import enlarged, picture
from ui.state import Key

_BOX = (240, 128, 39)


@lru_cache(maxsize=6)
def reading_of(data: bytes, name: str, options: ReadOptions) -> Reading:
    """Return the digits of a file; the last few are remembered, so that a rerun of the page costs nothing."""
    return read(data, name, options)


def overrides() -> ReadOptions:
    """Draw what a person may decide instead of the evidence, and return it."""
    polarity = {"auto": t("by evidence"), "dark": t("dark on light"), "light": t("light on dark")}
    with st.expander(t("Not found right? Decide yourself"), icon=":material/tune:"):
        chosen = st.segmented_control(
            t("Ink"),
            list(polarity),
            default="auto",
            format_func=polarity.__getitem__,
            key=Key.DIGIT_INVERT,
            required=True,
        )
        by_hand = st.toggle(t("Set the threshold by hand"), key=Key.DIGIT_BY_HAND)
        threshold = st.slider(
            t("Threshold (share of the ink's contrast)"),
            0.1,
            0.9,
            0.42,
            0.02,
            disabled=not by_hand,
            key=Key.DIGIT_THRESHOLD,
        )
        across = st.slider(t("Crop, left to right (%)"), 0, 100, (0, 100), key=Key.DIGIT_ACROSS)
        down = st.slider(t("Crop, top to bottom (%)"), 0, 100, (0, 100), key=Key.DIGIT_DOWN)
        lines = st.toggle(t("Remove ruled lines and frames"), value=True, key=Key.DIGIT_LINES)
        split = st.toggle(t("Cut touching digits apart"), value=True, key=Key.DIGIT_SPLIT)
    crop = (across[0] / 100, down[0] / 100, across[1] / 100, down[1] / 100)
    return ReadOptions(
        invert={"auto": None, "dark": False, "light": True}[chosen],
        threshold=threshold if by_hand else None,
        crop=None if crop == (0, 0, 1, 1) else crop,
        remove_lines=lines,
        split=split,
    )


def boxed_picture(reading: Reading) -> Bytes:
    """Return the picture with a box around each digit and its place in the reading order."""
    pixels = reading.picture.pixels
    image = Image.fromarray(pixels)
    scale = pixels.shape[1] / reading.picture.width
    if max(image.size) < 400:
        grown = 400 / max(image.size)
        image = image.resize(
            (round(image.width * grown), round(image.height * grown)), Image.Resampling.NEAREST
        )
        scale *= grown
    pen = ImageDraw.Draw(image)
    width = max(2, max(image.size) // 250)
    for number, digit in enumerate(reading.digits, start=1):
        left, top, across, down = (value * scale for value in digit.box)
        box = (left - width, top - width, left + across + width, top + down + width)
        pen.rectangle(box, outline=_BOX, width=width)
        if len(reading.digits) > 1:
            pen.text(
                (left, max(0, top - 14 - width)), str(number), fill=_BOX, font_size=max(14, image.width // 50)
            )
    return np.asarray(image)


def found_panel(reading: Reading, number: str) -> None:
    """Draw the picture with its boxes and the digits as the networks get them."""
    alt = t(
        "The picture with {n} digits marked, read as {number}", n=len(reading.digits), number=number or "-"
    )
    is_wide = reading.picture.width > 1.3 * reading.picture.height
    with st.container(key="digit-picture"):
        st.image(picture(boxed_picture(reading)), alt=alt, width=560 if is_wide else 360)
    if reading.digits:
        st.caption(t("As the networks see it, 28x28:"))
        with st.container(horizontal=True):
            for place, digit in enumerate(reading.digits, start=1):
                st.image(
                    enlarged(digit.image, 4), width=84, alt=t("Digit {place} as 28x28 pixels", place=place)
                )


def doubts_panel(reading: Reading, place: int | None, options: ReadOptions) -> None:
    """Say why the picture, or the digit at `place`, looks like no MNIST digit, and show what is nearest."""
    digit = reading.digits[place] if place is not None else None
    doubts: tuple[Doubt, ...] = (*reading.doubts, *(digit.doubts if digit else ()))
    if doubts:
        said = [t("This does not look like an MNIST digit."), *map(doubt_sentence, dict.fromkeys(doubts))]
        if options != ReadOptions():
            said.append(t("It was read as you decided on the left; without that it may look otherwise."))
        st.warning(" ".join(said), icon=":material/help:")
    if digit is None:
        return
    with st.expander(t("Nearest training digits"), expanded=bool(digit.doubts), icon=":material/grid_view:"):
        _nearest(digit)


def _nearest(digit: Digit) -> None:
    with st.container(horizontal=True):
        for place in digit.neighbours[:6]:
            image, label = training_image(place)
            alt = t("Training digit labelled {label}", label=label)
            st.image(enlarged(image, 2), caption=str(label), width=56, alt=alt)
    measures = digit.measures
    st.caption(
        t(
            "Further from its neighbours than {share} % of unseen digits are from theirs; "
            "a sign that is no digit with {sign} %; stroke {width} px of 28, ink on {ink} %, parts: {parts}.",
            share=f"{100 * measures.distance_rank:.0f}",
            sign=f"{100 * measures.other_sign:.0f}",
            width=f"{measures.stroke_width:.1f}",
            ink=f"{100 * measures.ink_share:.0f}",
            parts=measures.parts,
        )
    )


def steps_panel(reading: Reading) -> None:
    """Draw every step from the upright picture to the digits, in an expander, once it is opened."""
    opened = st.expander(t("How it was read, step by step"), icon=":material/steps:", on_change="rerun")
    if not opened.open:
        return
    with opened, st.container(key="digit-steps"):
        for number, step in enumerate(reading.steps):
            if number % 3 == 0:  # a row of its own, so that they stand in order below each other, too
                columns = st.columns(3)
            with columns[number % 3]:
                st.image(
                    picture(step.image),
                    caption=f"{number + 1}. {step_name(step.name)}",
                    width="stretch",
                    alt=step_name(step.name),
                )
