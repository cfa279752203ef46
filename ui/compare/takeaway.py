"""The decision memo: the recommendation on one page, with its chart and where everything comes from."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import streamlit as st

from core.analysis.family import baseline_of, dense_standard_of
from core.charts.tradeoff import TradeoffInfo, tradeoff_figure
from core.learning.data import SHA256
from core.records import Caveat, RunRecord
from core.records.comparison import Setup
from core.report.figure import browser, picture
from core.report.memo import MemoFacts, memo_html, question_of
from core.text import language, speak, t
from ui import provenance, words
from ui.address import Address
from ui.compare.controls import Axes
from ui.compare.judgement import Judgement


def memo(
    address: Address,
    records: Sequence[RunRecord],
    judged: Judgement,
    axes: Axes,
    info: TradeoffInfo,
    setup: Setup,
) -> None:
    """Offer the memo for the best run within the limits."""
    advice = judged.recommendation
    by_id = {record.run_id: record for record in records}
    best = by_id.get(advice.best or "")
    with st.container(border=True):
        st.subheader(t("Decision memo"), anchor=False)
        st.caption(
            t("One page to hand on: question, recommended network, what is given up, chart, conditions.")
        )
        default = question_of(advice.limits, advice.goal, setup)
        asked = address.text(t("Question"), "question", placeholder=default)
        if best is None:
            st.caption(t("No run holds the limits, so there is nothing to recommend."))
            return
        dense = baseline_of(best, records) or dense_standard_of(best, records)
        link, made_at = _link(address), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        facts = MemoFacts(
            question=asked or default,
            setup=setup,
            chart="",
            link=link,
            data_hash=SHA256,
            made_at=made_at,
            store=provenance.store(),
            caveats={caveat: words.caveat_meaning(caveat) for caveat in Caveat},
        )

        def build() -> str:
            chart = _chart(info, axes, best.run_id, advice.runner_up)
            runner_up = by_id.get(advice.runner_up or "")
            lossless = by_id.get(advice.lossless.run_id) if advice.lossless else None
            return memo_html(best, runner_up, dense, advice, replace(facts, chart=chart), lossless)

        st.download_button(
            t("Download the memo"),
            in_language(build),
            "decision-memo.html",
            "text/html",
            key="memo",
            icon=":material/description:",
            on_click="ignore",
        )


def in_language(make: Callable[[], str]) -> Callable[[], str]:
    """Return `make` so that it speaks this visitor's language in the thread that serves the download."""
    spoken = language()

    def made() -> str:
        speak(spoken)
        return make()

    return made


def _chart(info: TradeoffInfo, axes: Axes, best: str, runner_up: str | None) -> str:
    """Return the chart as SVG, or with Plotly's script inside where no browser is there to draw it."""
    named = info._replace(best=best, runner_up=runner_up)
    figure = tradeoff_figure(named, log_x=axes.log_x, log_y=axes.log_y, bars=axes.bars, height=420)
    if browser():
        return picture(figure, "svg", width=1000).decode()
    page: str = figure.to_html(full_html=False, include_plotlyjs=True, config={"staticPlot": True})
    return page


def _link(address: Address) -> str:
    return f"{st.context.url or ''}?{urlencode(address.values())}"
