"""The headline and what else the measurements say, each with the run that it comes from."""

import streamlit as st

from core.analysis import headline as analysis
from core.analysis.headline import Factor, Headline, RuntimeGap
from core.charts.style import written
from core.records import Origin, RunRecord
from core.records.comparison import Quantity
from core.text import t
from ui import components, words


def draw_headline(found: Headline) -> None:
    """Draw the fastest network that is nearly as accurate as the dense one."""
    result, dense = found.record.result, found.dense.result
    with st.container(border=True, key="headline"):
        st.markdown(f"#### {sentence(found)}")
        grid = st.grid(4, min_column_width=150)
        grid.metric(
            t("Speed-up"),
            f"{found.row.speedup:.1f}×",
            delta=interval(found.row.speedup_low, found.row.speedup_high),
            delta_color="off",
            delta_arrow="off",
            help=t("Median time of the dense network over that of this one, measured in turns in one run."),
        )
        grid.metric(
            t("Time for one image"),
            words.latency(found.row.p50_ms),
            delta=t("LiteRT, one thread"),
            delta_color="off",
            delta_arrow="off",
            help=t("Median of at least 1,024 queries: image in, network run, answer out."),
        )
        grid.metric(
            t("Accuracy"),
            words.percent(result.accuracy),
            delta=t("dense {accuracy}", accuracy=words.percent(dense.accuracy)),
            delta_color="off",
            delta_arrow="off",
            help=t("Share of the 10,000 test images that are read right."),
        )
        grid.metric(
            t("Parameters"),
            f"{result.parameters:,}",
            delta=t("dense {n}", n=f"{dense.parameters:,}"),
            delta_color="off",
            delta_arrow="off",
            help=t("Weights and biases."),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            components.run_link(found.record, t("See this run"))
            components.origin_badge(found.record)
            components.caveat_badges(found.row.warnings)
            st.caption(source(found.record))


def sentence(found: Headline) -> str:
    """Return the headline in words; a loss within a tenth of a point is called none."""
    factor = f"{found.row.speedup:.1f}"
    if found.loss <= 0:
        return t("{factor} times faster, without losing accuracy", factor=factor)
    return t(
        "{factor} times faster for {points} points of accuracy",
        factor=factor,
        points=f"{found.loss * 100:.2f}",
    )


def source(record: RunRecord) -> str:
    """Return where and when a run was measured."""
    when = words.moment(record.ended_at or record.created_at)[:10]
    if record.origin is Origin.RECORDED:
        return t(
            "{run}, recorded on {machine}, {when}",
            run=record.spec.title,
            machine=record.recorded_on,
            when=when,
        )
    return t("{run}, measured here, {when}", run=record.spec.title, when=when)


def interval(low: float | None, high: float | None) -> str | None:
    """Return a 95 % interval as text, None where there is none."""
    return None if low is None or high is None else f"{low:.1f}–{high:.1f}×"


def draw_others(records: tuple[RunRecord, ...]) -> None:
    """Draw the findings beside the headline: zeros, convolution type, runtime."""
    cards = [
        (t("Zeros do not make it faster"), _zeros_text(analysis.zeros(records))),
        (t("Separable convolutions"), _separable_text(analysis.separable(records))),
        (t("The runtime matters as well"), _gap_text(analysis.runtime_gap(records))),
    ]
    known = [(title, *said) for title, said in cards if said]
    if not known:
        return
    grid = st.grid(3, min_column_width=240, border=True)
    for title, text, found in known:
        with grid.cell():
            st.markdown(f"**{title}**")
            st.markdown(text)
            with st.container(horizontal=True, vertical_alignment="center"):
                components.run_link(found.record, t("See this run"))
                components.caveat_badges(found.warnings)


def _zeros_text(found: Factor | None) -> tuple[str, Factor] | None:
    if found is None:
        return None
    text = t(
        "With {share} of the weights set to zero the network keeps its shape: {factor}× the dense speed.",
        share=words.percent(found.record.spec.ratio, 0),
        factor=_with_interval(found),
    )
    return text, found


def _separable_text(found: Factor | None) -> tuple[str, Factor] | None:
    if found is None:
        return None
    text = t(
        "{architecture} with depthwise separable convolutions and no pruning: {factor}× the standard speed.",
        architecture=found.record.spec.architecture,
        factor=_with_interval(found),
    )
    return text, found


def _gap_text(gap: RuntimeGap | None) -> tuple[str, RuntimeGap] | None:
    if gap is None:
        return None
    text = t(
        "One network takes {slow} through `{slow_runtime}`, {fast} through `{fast_runtime}`: {factor}×.",
        slow=written(gap.slow.p50_ms or 0.0, Quantity.P50),
        slow_runtime=gap.slow.runtime,
        fast=written(gap.fast.p50_ms or 0.0, Quantity.P50),
        fast_runtime=gap.fast.runtime,
        factor=f"{gap.factor:.0f}",
    )
    return text, gap


def _with_interval(found: Factor) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"
