"""Several files at once: what was read of each, in one table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.records import Answers, Reading
from core.text import t
from ui.digit.answers import is_unsure, number_of
from ui.digit.networks import speaker
from ui.digit.words import doubt_sentence


def files_table(names: Sequence[str], readings: Sequence[Reading], answers: Sequence[Answers]) -> None:
    """Draw a line a file: its digits as the network that speaks first reads them, and what is doubted."""
    lines = [
        {t("File"): name, t("Number"): _number(reading, said), t("Remark"): _remark(reading, said)}
        for name, reading, said in zip(names, readings, answers, strict=True)
    ]
    st.dataframe(pd.DataFrame(lines), hide_index=True, alt=t("What was read of each file"))


def _number(reading: Reading, said: Answers) -> str:
    return number_of(said.rows[speaker(said.rows)]) if is_readable(reading, said) else "–"


def _remark(reading: Reading, said: Answers) -> str:
    doubts = (*reading.doubts, *(doubt for digit in reading.digits for doubt in digit.doubts))
    if doubts:
        return doubt_sentence(doubts[0])
    if is_readable(reading, said) and is_unsure(said.rows, said.rows[speaker(said.rows)]):
        return t("The networks are not sure.")
    return ""


def is_readable(reading: Reading, said: Answers) -> bool:
    """Whether there is a digit and a network that answers."""
    return bool(said.rows and reading.digits) and not any(doubt.is_fatal for doubt in reading.doubts)


def is_doubtful(reading: Reading, said: Answers) -> bool:
    """Whether the picture, a digit or the answer is doubted."""
    doubted = bool(reading.doubts or any(digit.doubts for digit in reading.digits))
    return doubted or is_unsure(said.rows, said.rows[speaker(said.rows)])
