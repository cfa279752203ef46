"""What each layer lost, and how much each could bear alone."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.charts.layers import layers_alt, layers_figure, layers_info
from core.charts.sensitivity import sensitivity_alt, sensitivity_figure, sensitivity_info
from core.records import LayerChange, RunRecord
from core.text import t
from ui import artifacts
from ui.address import Address
from ui.figures import figure_panel

KINDS = ("parameters", "macs", "channels")


def draw(address: Address, record: RunRecord, dense: RunRecord | None) -> None:
    """Draw before and after, and what each layer bears."""
    _before_and_after(address, record)
    _sensitivity(record, dense)


def _before_and_after(address: Address, record: RunRecord) -> None:
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


def _sensitivity(record: RunRecord, dense: RunRecord | None) -> None:
    st.subheader(t("What each layer bears alone"), anchor=False)
    runs = [run for run in (record, dense) if run]
    found = next((known for run in runs if (known := artifacts.sensitivity(run))), None)
    if found is None:
        st.caption(t("Not measured: no sensitivity was kept with this run or its dense network."))
        return
    info = sensitivity_info(found)
    figure_panel(sensitivity_figure(info), key="run-sensitivity", alt=sensitivity_alt(info))
    st.caption(t("Without fine-tuning, on {n} images; one layer at a time.", n=f"{info.num_images:,}"))


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
