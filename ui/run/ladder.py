"""From a closer look: the acceleration ladder, and the time of each layer beside what the machine allows."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.charts.ladder import factor_text, ladder_alt, ladder_figure, ladder_words
from core.charts.layer_times import layer_series, layer_times_alt, layer_times_figure, roofline_gap
from core.charts.words import lever_name, network_name
from core.records import Caveat, Ladder, LatencyStudy, LayerTime
from core.text import t
from ui import components, words
from ui.figures import figure_panel
from ui.run.rows import rows_table


def draw(study: LatencyStudy) -> None:
    """Draw the ladder with every runtime below it, then the layers; why a part is missing is said."""
    if study.ladder:
        _ladder(study, study.ladder)
    if study.layers:
        _layers(study)
    for note in study.notes:
        st.caption(words.plain(note))


def heading(title: str, caveats: Sequence[Caveat]) -> None:
    """Draw a heading with the doubts about the figures below it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        components.caveat_badges(dict.fromkeys(caveats))


def _ladder(study: LatencyStudy, ladder: Ladder) -> None:
    heading(t("Acceleration ladder"), [caveat for step in ladder.steps for caveat in step.warnings])
    figure_panel(ladder_figure(ladder), key="run-ladder", alt=ladder_alt(ladder))
    st.caption(ladder_words(ladder))
    with st.expander(t("Every rung and every runtime as a table")):
        st.dataframe(_rungs(ladder), hide_index=True, alt=t("Rungs of the acceleration ladder."))
        rows_table(
            [*study.rows, *study.baseline_rows], t("Latencies of this run and of the dense standard network.")
        )


def _rungs(ladder: Ladder) -> pd.DataFrame:
    rows = [
        {
            t("Network"): network_name(step.model),
            t("Runtime"): str(step.runtime),
            t("p50 (ms)"): step.p50_ms,
            t("Step"): factor_text(step) or "–",
            t("By"): lever_name(step.lever),
            t("In doubt"): ", ".join(words.caveat_name(caveat) for caveat in step.warnings)
            or step.error
            or "",
        }
        for step in ladder.steps
    ]
    return pd.DataFrame(rows)


def _layers(study: LatencyStudy) -> None:
    heading(t("Time by layer"), [Caveat.QUICK] if study.is_quick else [])
    named = ((t("dense standard"), study.baseline_layers), (t("this run"), study.layers))
    series = [layer_series(name, times) for name, times in named if times]
    figure_panel(layer_times_figure(series), key="run-layer-times", alt=layer_times_alt(series))
    st.caption(_explained(study))
    with st.expander(t("Layers as a table")):
        frames = [_layer_frame(name, times) for name, times in named if times]
        st.dataframe(pd.concat(frames), hide_index=True, alt=t("Time, share and least time of every layer."))


def _explained(study: LatencyStudy) -> str:
    said = [t("Measured by timing the network up to each layer; LiteRT has no profile of its own in Python.")]
    gap = roofline_gap(study.layers)
    if gap and study.roofline:
        said.append(
            t(
                "All together take {gap} times the least that {gflops} GFLOP/s and {gbps} GB/s on one thread "
                "allow.",
                gap=f"{gap:.3g}",
                gflops=f"{study.roofline.peak_gflops:.0f}",
                gbps=f"{study.roofline.bandwidth_gbps:.0f}",
            )
        )
        dense = roofline_gap(study.baseline_layers)
        if dense:
            said.append(t("The dense standard network takes {gap} times its own least.", gap=f"{dense:.3g}"))
    return " ".join(said)


def _layer_frame(name: str, times: Sequence[LayerTime]) -> pd.DataFrame:
    rows = [
        {
            t("Network"): name,
            t("layer"): each.layer,
            t("kind"): each.kind,
            t("Time (µs)"): round(1000 * each.time_ms, 2),
            t("95 % interval"): f"{1000 * each.low_ms:.2f} – {1000 * each.high_ms:.2f}",
            t("Share"): words.percent(each.share, 1),
            t("Least time (µs)"): None if each.bound_ms is None else round(1000 * each.bound_ms, 2),
        }
        for each in times
    ]
    return pd.DataFrame(rows)
