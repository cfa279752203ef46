"""How latency, accuracy and utilisation are measured, and what they do not say."""

import streamlit as st

from core.analysis.headline import runtime_gap
from core.analysis.statistics import wilson
from core.charts.style import written
from core.records.comparison import Quantity
from core.text import t
from ui import resources, words
from ui.method.sources import Measurement, evidence


def draw() -> None:
    """Draw the section."""
    _latency()
    _runtime()
    _accuracy()
    _gpu()


def _latency() -> None:
    st.subheader(t("Latency"), anchor=False)
    st.markdown(
        t(
            "A query is what a caller pays: the image goes in, the network runs, the answer comes out. One "
            "network and the dense standard one are measured in turns, in several fresh processes, after a "
            "warm-up that is kept apart, with at least 1,024 queries and one second each. The speed-up is "
            "the ratio of the two medians from the same run, with a 95 % bootstrap interval; seconds from "
            "different days or machines are never divided by each other."
        )
    )
    st.markdown(
        t(
            "**p50** is the median: half of all queries are faster. **p90** and **p99** say how slow the "
            "slowest tenth and hundredth are; users notice these. A mean is not shown, because one pause of "
            "the operating system can move it anywhere. Badges mark figures that deserve doubt: a busy "
            "machine, a lowered clock, widely scattered times."
        )
    )
    evidence("mlperf", measured=Measurement(t("p99 of every run"), "compare", {"x": "p99"}))


def _runtime() -> None:
    st.subheader(t("The runtime"), anchor=False)
    st.markdown(
        t(
            "For a network this small most of the time of a Keras call is overhead in Python, not "
            "arithmetic. Timing `predict()` would show that pruning does nothing. The same network exported "
            "to LiteRT or ONNX Runtime shows what it can do."
        )
    )
    gap = runtime_gap(resources.runs())
    if gap is not None:
        st.info(
            t(
                "Measured: {run} takes {slow} by `{slow_runtime}` and {fast} by `{fast_runtime}`.",
                run=words.plain(gap.record.title),
                slow=written(gap.slow.p50_ms or 0.0, Quantity.P50),
                slow_runtime=gap.slow.runtime,
                fast=written(gap.fast.p50_ms or 0.0, Quantity.P50),
                fast_runtime=gap.fast.runtime,
            )
        )
    evidence(
        "eager", measured=Measurement(t("Choose another runtime"), "compare", {"runtime": "tf-function"})
    )


def _accuracy() -> None:
    st.subheader(t("Accuracy"), anchor=False)
    interval = wilson(9_900, 10_000)
    st.markdown(
        t(
            "Accuracy is the share of 10,000 test images that are read right, and that is a sample. With 100 "
            "errors the true share lies between {low} and {high} with 95 % confidence (Wilson's interval), "
            "so two networks 0.2 points apart can hardly be told apart.",
            low=words.percent(interval.low),
            high=words.percent(interval.high),
        )
    )
    st.latex(
        r"\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}"
        r"{1 + \frac{z^2}{n}}"
    )
    evidence("wilson", measured=Measurement(t("Intervals on the chart"), "compare", {}))


def _gpu() -> None:
    st.subheader(t("Utilisation, power and energy"), anchor=False)
    st.markdown(
        t(
            "The utilisation that a GPU reports says that *some* kernel ran in the last moment, not that the "
            "chip was busy: a single tiny kernel after another shows 100 %. Power is sampled only part of "
            "the time on some cards. Energy from the card's own counter is the better figure where there is "
            "one. What a device does not report is called not supported, never 0."
        )
    )
    evidence("nvml", "power", measured=Measurement(t("Live readings of this machine"), "device", {}))
