"""Why is it not faster: the rules that hold for a run, in words, each with its evidence."""

import streamlit as st

from core.analysis.diagnosis import Facts, findings
from core.analysis.family import standard_macs
from core.charts.findings import finding_words
from core.records import Caveat, LatencyStudy, RunRecord
from core.text import t
from ui.run.ladder import heading


def draw(record: RunRecord, records: tuple[RunRecord, ...], study: LatencyStudy | None) -> None:
    """Draw the findings, those of a closer look where there was one."""
    heading(t("Why is it not faster?"), [Caveat.QUICK] if study and study.is_quick else [])
    found = study.findings if study else findings(_facts(record, records))
    for finding in found:
        title, evidence = finding_words(finding)
        st.markdown(f"- **{title}.** {evidence}")
    if not found:
        st.caption(t("No rule holds: nothing that was measured speaks against it."))
    if study is None:
        st.caption(t("Rules on single layers need the time of each layer, which a closer look measures."))


def _facts(record: RunRecord, records: tuple[RunRecord, ...]) -> Facts:
    result = record.result
    if result is None:
        return Facts()
    is_removed = record.spec.method.is_removal
    return Facts(
        rows=result.latency,
        zero_share=0.0 if is_removed else result.weights_removed,
        is_removed=is_removed,
        macs_ratio=standard_macs(record, records) / result.macs if result.macs else 1.0,
    )
