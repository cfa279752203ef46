"""Where pictures come from: files, the pad, the camera, the test set."""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st
from PIL import Image

from core.digits.decode import MAX_BYTES
from core.learning.data import Images, Labels, load
from core.text import t
from ui.pad import digit_pad
from ui.state import Key

_MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; `label` is what it shows, where that is known."""

    name: str
    data: bytes
    label: int | None = None


def pictures() -> list[Upload]:
    """Draw the ways in and return what came, in its order."""
    ways = {
        "draw": t("Draw or paste"),
        "upload": t("Upload"),
        "camera": t("Camera"),
        "sample": t("Test image"),
    }
    way = st.segmented_control(
        t("Picture from"),
        list(ways),
        default="draw",
        format_func=ways.__getitem__,
        key=Key.DIGIT_SOURCE,
        label_visibility="collapsed",
        required=True,
    )
    return {"upload": _uploaded, "draw": _drawn, "camera": _photographed, "sample": _sampled}[way]()


def _uploaded() -> list[Upload]:
    files = st.file_uploader(
        t("Pictures of digits: PNG, JPEG, WebP, BMP, GIF, TIFF or HEIC"),
        type=None,
        accept_multiple_files=True,
        key=Key.DIGIT_FILES,
        max_upload_size=MAX_BYTES // 1_000_000,
    )
    st.caption(
        t(
            "At most 10 MB and 50 megapixels each; a file marked red has more than 10 MB and was not sent. "
            "Nothing is stored unless you agree below."
        )
    )
    if len(files) > _MOST_FILES:
        st.warning(t("{n} files came; the first {most} are read.", n=len(files), most=_MOST_FILES))
    return [Upload(file.name, file.getvalue()) for file in files[:_MOST_FILES]]


def _drawn() -> list[Upload]:
    drawn = digit_pad(key=Key.DIGIT_PAD, most_bytes=MAX_BYTES)
    st.caption(t("Draw with mouse, finger or pen, or paste a picture with Ctrl+V."))
    if drawn.is_too_large:
        st.error(t("The pasted picture has more than 10 MB; paste a smaller one."))
    found = []
    if drawn.drawing:
        found.append(Upload(t("drawing"), drawn.drawing))
    if drawn.pasted:
        found.append(Upload(t("pasted picture"), drawn.pasted))
    return found


def _photographed() -> list[Upload]:
    photo = st.camera_input(t("Photograph of a digit"), key=Key.DIGIT_CAMERA)
    return [Upload(t("photograph"), photo.getvalue())] if photo else []


def _sampled() -> list[Upload]:
    images, labels = _test_images()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.number_input(
            t("Number of the test image"),
            min_value=0,
            max_value=len(labels) - 1,
            key=Key.DIGIT_SAMPLE,
        )
        st.button(t("Another one"), on_click=_another, icon=":material/shuffle:", key=Key.DIGIT_ANOTHER)
    label = int(labels[index])
    st.caption(t("Image {index} of the 10,000 test images; it shows a {label}.", index=index, label=label))
    content = io.BytesIO()
    Image.fromarray(images[index]).save(content, "PNG")
    return [Upload(f"mnist-{index}.png", content.getvalue(), label)]


@cache
def _test_images() -> tuple[Images, Labels]:
    """Return the test images and labels, read once a process; the rest of the file is not kept."""
    arrays = load()
    return arrays.x_test.copy(), arrays.y_test.copy()


def _another() -> None:
    st.session_state[Key.DIGIT_SAMPLE] = int(np.random.default_rng().integers(10_000))
