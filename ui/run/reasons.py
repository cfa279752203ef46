"""Why is it not faster: the rules that hold for a run, in words, each with its evidence."""

import streamlit as st

from core.analysis.diagnosis import Facts, findings
from core.analysis.family import dense_standard_of
from core.records import Finding, LatencyStudy, Rule, RunRecord
from core.text import t


def draw(record: RunRecord, records: tuple[RunRecord, ...], study: LatencyStudy | None) -> None:
    """Draw the findings, those of a closer look where there was one."""
    st.subheader(t("Why is it not faster?"), anchor=False)
    found = study.findings if study else findings(_facts(record, records))
    for finding in found:
        st.markdown(f"- {told(finding)}")
    if not found:
        st.caption(t("No rule holds: nothing that was measured speaks against it."))
    if study is None:
        st.caption(t("Rules on single layers need the time of each layer, which a closer look measures."))


def told(finding: Finding) -> str:
    """Return a finding with the figures that it rests on."""
    figures = {name: f"{value:.3g}" for name, value in finding.evidence.items()}
    return _sentences(finding.subject, figures)[finding.rule]


def _sentences(subject: str, figures: dict[str, str]) -> dict[Rule, str]:
    def of(name: str) -> str:
        return figures.get(name, "–")

    overhead = (
        t(
            "**Overhead** on {what}: {batch} images take only {growth} times as long as one, so a query pays "
            "mostly for the call.",
            what=subject,
            batch=of("batch"),
            growth=of("growth"),
        )
        if "growth" in figures
        else t(
            "**Overhead**: {share} % of a query is spent outside every layer.",
            share=of("share_percent"),
        )
    )
    return {
        Rule.ONLY_ZEROED: t(
            "**Only zeroed**: {zeros} % of its weights are zero but still multiplied; runtimes skip nothing.",
            zeros=of("zeros_percent"),
        ),
        Rule.FLAT_IN_MACS: t(
            "**Hardly less time** on {what}: {ratio} times fewer multiplications, {speed} times faster.",
            what=subject,
            ratio=of("macs_ratio"),
            speed=of("speedup"),
        ),
        Rule.OVERHEAD_BOUND: overhead,
        Rule.FIRST_LAYER: t(
            "**The first layer dominates**: {what} takes {share} % of the time, whatever follows.",
            what=subject,
            share=of("time_percent"),
        ),
        Rule.MEMORY_BOUND: t(
            "**Memory-bound**: {what} takes {time} % of the time for {macs} % of the multiplications.",
            what=subject,
            time=of("time_percent"),
            macs=of("macs_percent"),
        ),
        Rule.VECTOR_WIDTH: t(
            "**Vectors half empty**: {what} has {channels} channels; {filled} would cost about the same.",
            what=subject,
            channels=of("channels"),
            filled=of("filled"),
        ),
        Rule.QUANTISED_SLOWER: t(
            "**Eight bits are not faster here**: {what} takes {quantised} ms, float {plain} ms.",
            what=subject,
            quantised=of("quantised_ms"),
            plain=of("float_ms"),
        ),
        Rule.NOISY: t(
            "**Busy machine**: {rows} of {all} latencies are in doubt, so small gains drown.",
            rows=of("rows"),
            all=of("of"),
        ),
    }


def _facts(record: RunRecord, records: tuple[RunRecord, ...]) -> Facts:
    result = record.result
    if result is None:
        return Facts()
    standard = dense_standard_of(record, records)
    dense_macs = standard.result.macs if standard and standard.result else result.macs_baseline
    is_removed = record.spec.method.is_removal
    return Facts(
        rows=result.latency,
        zero_share=0.0 if is_removed else result.weights_removed,
        is_removed=is_removed,
        macs_ratio=dense_macs / result.macs if result.macs else 1.0,
    )
