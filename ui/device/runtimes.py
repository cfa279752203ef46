"""Which runtimes this machine has, in which version, and what would add one that is missing."""

import pandas as pd
import streamlit as st

from core.records import RuntimeInfo
from core.runtimes import available
from core.text import t


def runtimes_panel() -> None:
    """Draw every runtime that latencies can be measured on."""
    with st.expander(t("Runtimes on this machine")):
        st.dataframe(
            pd.DataFrame([_row(info) for info in available()]),
            hide_index=True,
            alt=t("Every runtime with its version, or the command that adds it."),
        )


def _row(info: RuntimeInfo) -> dict[str, str]:
    return {t("Runtime"): info.runtime, t("Version"): info.version or "–", t("To add it"): info.command}
