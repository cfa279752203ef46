"""What each layer lost, and how much each could bear alone."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.charts.layers import layers_alt, layers_figure, layers_info
from core.records import LayerChange, RunRecord
from core.text import t
from ui.address import Address
from ui.figures import figure_panel

KINDS = ("parameters", "macs", "channels")


def draw(address: Address, record: RunRecord) -> None:
    """Draw the before/after chart and table."""
    changes = record.result.channels if record.result else ()
    st.subheader(t("Before and after"), anchor=False)
    if not changes:
        st.caption(t("The layers are known once the run has finished."))
        return
    names = {"parameters": t("Parameters"), "macs": t("MACs"), "channels": t("Output channels")}
    kind = address.segments(
        t("Show"), "layers", KINDS, "parameters", names.__getitem__, label_visibility="collapsed"
    )
    bars = layers_info(changes, kind)
    title = names[kind]
    figure_panel(layers_figure(bars, title), key="run-layers", alt=layers_alt(bars, title))
    st.dataframe(
        _frame(changes),
        hide_index=True,
        column_config={
            column: st.column_config.NumberColumn(format="localized")
            for column in (*_counts(), t("zero weights"))
        },
        alt=t("Table of layers before and after."),
    )
    if record.spec.method.is_removal:
        st.caption(
            t("A layer loses inputs as well as outputs, so ratio p removes about 1-(1-p)² of its weights.")
        )
    elif not record.spec.is_baseline:
        st.caption(
            t("Single weights became zero; every tensor kept its shape, so nothing gets faster by it.")
        )


def _counts() -> tuple[str, ...]:
    return (
        t("channels before"), t("channels after"), t("parameters before"), t("parameters after"),
        t("MACs before"), t("MACs after"),
    )  # fmt: skip


def _frame(changes: Sequence[LayerChange]) -> pd.DataFrame:
    rows = [
        (
            c.layer,
            c.kind,
            c.before,
            c.after,
            c.parameters_before,
            c.parameters_after,
            c.macs_before,
            c.macs_after,
            c.zeros,
        )
        for c in changes
    ]
    return pd.DataFrame(rows, columns=[t("layer"), t("kind"), *_counts(), t("zero weights")])
