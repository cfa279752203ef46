"""Several runs side by side: what was asked differently, then curves, layers, latency, mistakes."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.comparison import against_first, specifications
from core.analysis.constraints import recommend
from core.analysis.family import baseline_of
from core.analysis.mistakes import paired
from core.analysis.quantities import Visitors, estimate, setups
from core.charts.curves import curves_alt, curves_figure, curves_info
from core.charts.latency_bars import SetupBars, latency_bars_alt, latency_bars_figure
from core.charts.layers import layers_alt, layers_figure, runs_info
from core.charts.style import quantity_name, written
from core.records import RunRecord
from core.records.comparison import Difference, Paired, Quantity, Setup, Sign
from core.text import t
from ui import artifacts, components, words
from ui.address import put
from ui.compare import controls
from ui.compare.tradeoff import sign_name
from ui.figures import figure_panel

MOST = 6


def draw(records: Sequence[RunRecord], selected: Sequence[str], setup: Setup, visitors: Visitors) -> None:
    """Draw up to six of the selected runs; with fewer than two, offer three that make sense."""
    by_id = {record.run_id: record for record in records}
    runs = [by_id[run_id] for run_id in selected if run_id in by_id]
    if len(runs) < 2:
        _offer(records, setup)
        return
    if len(runs) > MOST:
        st.caption(t("{n} runs are selected; the first {most} are shown.", n=len(runs), most=MOST))
    runs = runs[:MOST]
    names = [f"{letter} · {run.title}" for letter, run in zip("ABCDEF", runs, strict=False)]
    _heads(runs, names, setup)
    _asked(runs, names)
    _measured(runs, names, setup, visitors)
    _curves(runs, names)
    _layers(runs, names)
    _latency(runs, names)
    _mistakes(runs, names)


def _offer(records: Sequence[RunRecord], setup: Setup) -> None:
    advice = recommend(records, [], setup)
    by_id = {record.run_id: record for record in records}
    best = by_id.get(advice.best or "")
    dense = baseline_of(best, records) if best else None
    ids = dict.fromkeys(i for i in (advice.best, advice.runner_up, dense and dense.run_id) if i)
    components.empty_state(
        t("Choose at least two runs"),
        t("Name them above, tick rows in the table, or pick them on the chart."),
    )
    if len(ids) > 1:
        st.button(
            t("Take the best, the runner-up and the dense network"),
            on_click=put,
            args=("selected", list(ids)),
        )


def _heads(runs: Sequence[RunRecord], names: Sequence[str], setup: Setup) -> None:
    for column, run, name in zip(st.columns(len(runs)), runs, names, strict=True):
        with column, st.container(border=True):
            components.run_link(run, name)
            with st.container(horizontal=True):
                components.status_badge(run)
                components.origin_badge(run)
                components.caveat_badges(controls.caveats(run, setup))
            if run.reason:
                st.caption(words.plain(run.reason))


def _asked(runs: Sequence[RunRecord], names: Sequence[str]) -> None:
    st.subheader(t("What was asked"), anchor=False)
    fields = specifications(runs)
    different = [field for field in fields if not field.is_equal]
    if different:
        st.dataframe(
            pd.DataFrame([field.values for field in different], [f.name for f in different], names),
            alt=t("Fields of the specifications that differ."),
        )
    else:
        st.caption(t("Nothing: these runs were asked for in the same way."))
    with st.expander(t("What is the same")):
        st.caption(" · ".join(f"{f.name} {f.values[0]}" for f in fields if f.is_equal and f.values[0]))


def _measured(runs: Sequence[RunRecord], names: Sequence[str], setup: Setup, visitors: Visitors) -> None:
    st.subheader(t("What was measured"), anchor=False)
    table = against_first(runs, setup, visitors)
    if not table:
        st.caption(t("The first run has no result yet."))
        return
    rows = {quantity_name(q): [_cell(d, q, n == 0) for n, d in enumerate(row)] for q, row in table.items()}
    st.dataframe(
        pd.DataFrame.from_dict(rows, orient="index", columns=list(names)),
        alt=t("Each quantity of each run, against the first one."),
    )
    st.caption(t("Better and worse are against A, and said only outside the 95 % intervals."))


def _cell(difference: Difference | None, quantity: Quantity, is_first: bool) -> str:
    if difference is None:
        return "–"
    value = written(difference.other.value, quantity)
    return value if is_first or difference.sign is Sign.EQUAL else f"{value} · {sign_name(difference.sign)}"


def _curves(runs: Sequence[RunRecord], names: Sequence[str]) -> None:
    st.subheader(t("Curves"), anchor=False)
    curves = curves_info([(name, artifacts.epochs(run)) for run, name in zip(runs, names, strict=True)])
    if curves:
        figure_panel(curves_figure(curves), key="side-curves", alt=curves_alt(curves))
        st.caption(
            t("A pruned run's epochs are those of its fine-tuning; a dense run's those of its training.")
        )
    else:
        st.caption(t("None of these runs left its epochs behind."))


def _layers(runs: Sequence[RunRecord], names: Sequence[str]) -> None:
    st.subheader(t("Layers"), anchor=False)
    bars = runs_info([(n, r.result.channels) for r, n in zip(runs, names, strict=True) if r.result])
    title = t("Output channels")
    figure_panel(layers_figure(bars, title), key="side-layers", alt=layers_alt(bars, title))


def _latency(runs: Sequence[RunRecord], names: Sequence[str]) -> None:
    st.subheader(t("Latency"), anchor=False)
    known = setups(runs)
    bars = [
        SetupBars(name, known, tuple(estimate(run, Quantity.P50, setup) for setup in known))
        for run, name in zip(runs, names, strict=True)
    ]
    figure_panel(latency_bars_figure(bars), key="side-latency", alt=latency_bars_alt(bars))
    doubtful = {
        (name, words.caveat_name(caveat))
        for run, name in zip(runs, names, strict=True)
        for setup in known
        for caveat in controls.caveats(run, setup)
    }
    if doubtful:
        st.caption("⚠ " + "; ".join(f"{name}: {caveat}" for name, caveat in sorted(doubtful)))


def _mistakes(runs: Sequence[RunRecord], names: Sequence[str]) -> None:
    st.subheader(t("Mistakes"), anchor=False)
    answers = [artifacts.predictions(run) for run in runs]
    first = answers[0]
    if first is None or not any(answers[1:]):
        st.caption(t("Answers on the test images were kept for fewer than two of these runs."))
        return
    truth = artifacts.test_set().labels
    rows = [
        {t("Against A"): name, **_paired_cells(paired(truth, first.labels, other.labels))}
        for other, name in zip(answers[1:], names[1:], strict=True)
        if other
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Mistakes of each run against those of the first.")
    )
    st.caption(
        t(
            "McNemar's test on the same images sees smaller differences than two intervals do; "
            "p below 0.05 means that one network is more often right than chance explains."
        )
    )


def _paired_cells(found: Paired) -> dict[str, object]:
    return {
        t("both right"): found.both_right,
        t("only A right"): found.only_first,
        t("only this one right"): found.only_second,
        t("both wrong"): found.both_wrong,
        "p": f"{found.p_value:.2g}",
    }
