"""Names in the session and in the address: the only module that spells them.

A widget keeps its value in the address by `key=Key.X, bind="query-params"`; the key is then the parameter's
name. It writes the formatted label, so bind only widgets whose options are plain strings.
"""

from enum import StrEnum

import streamlit as st

from core.text import LANGUAGES


class Key(StrEnum):
    """Keys of widgets and of session values; those bound to the address read well there."""

    LANGUAGE = "language"
    LANGUAGE_CHOICE = "language_choice"
    RUN = "run"
    FROM = "from"
    PREFILLED = "prefilled"
    KEPT = "kept"
    PRESET = "preset"
    MODE = "mode"
    NAME = "form-name"
    LOOKED = "looked"
    ENDED_PAGE = "ended-page"
    DEMO_STARTED = "demo-started"
    CHAPTER = "chapter"
    CALC_SIZE = "image"
    CALC_KERNEL = "kernel"
    CALC_INPUTS = "in"
    CALC_OUTPUTS = "out"
    CALC_STRIDE = "stride"
    DEVICE_WINDOW = "window"
    DEVICE_PAUSE = "device_pause"
    DEVICE_PAUSED_AT = "device_paused_at"
    DEVICE_PCIE = "device_pcie"
    DEVICE_GPUS = "device_gpus"
    DIGIT_SOURCE = "digit_source"
    DIGIT_FILES = "digit_files"
    DIGIT_PAD = "digit_pad"
    DIGIT_CAMERA = "digit_camera"
    DIGIT_SAMPLE = "digit_sample"
    DIGIT_ANOTHER = "digit_another"
    DIGIT_FILE = "digit_file"
    DIGIT_PLACE = "digit_place"
    DIGIT_INVERT = "digit_invert"
    DIGIT_BY_HAND = "digit_by_hand"
    DIGIT_THRESHOLD = "digit_threshold"
    DIGIT_ACROSS = "digit_across"
    DIGIT_DOWN = "digit_down"
    DIGIT_LINES = "digit_lines"
    DIGIT_SPLIT = "digit_split"
    DIGIT_ANSWERS = "digit_answers"
    DIGIT_NETWORK = "digit_network"
    DIGIT_GONE = "digit_gone"
    DIGIT_DELETE = "digit_delete"
    DIGIT_DELETE_ALL = "digit_delete_all"
    DIGIT_TRUTH = "digit_truth"
    DIGIT_AGREED = "digit_agreed"
    DIGIT_GIVEN = "digit_given"
    DIGIT_FEEDBACK = "digit_feedback"


def language() -> str:
    """Return the session's language: the chosen one, else `?lang=`, else the browser's own."""
    if Key.LANGUAGE not in st.session_state:
        wanted = st.query_params.get("lang") or (st.context.locale or "en").split("-")[0]
        st.session_state[Key.LANGUAGE] = wanted if wanted in LANGUAGES else "en"
    return str(st.session_state[Key.LANGUAGE])


def choose_language() -> None:
    """Take over what the language box says."""
    st.session_state[Key.LANGUAGE] = st.session_state[Key.LANGUAGE_CHOICE]


def one(field: str) -> str:
    """Return the key of the form's widget for a field of a spec."""
    return f"form-{field}"


def many(field: str) -> str:
    """Return the key of the sweep's widget for several values of a field."""
    return f"sweep-{field}"


def address(name: str, default: str = "") -> str:
    """Return the parameter `name` of the address."""
    return str(st.query_params.get(name, default))
