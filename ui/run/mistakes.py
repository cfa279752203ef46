"""What it gets wrong: confusion, each digit against the dense network, changed answers, fragility."""

from collections.abc import Sequence

import streamlit as st

from core.analysis.family import family_of
from core.analysis.mistakes import Shares, changed, first_flips, flip_counts, paired, per_class
from core.charts.confusion import (
    classes_figure,
    classes_info,
    confusion_alt,
    confusion_figure,
    confusion_info,
)
from core.charts.fragility import FlipsInfo, flips_alt, flips_figure
from core.records import RunRecord
from core.records.comparison import ChangedAnswer, Turn
from core.text import t
from ui import artifacts, words
from ui.address import Address
from ui.figures import figure_panel
from ui.pictures import enlarged

PER_PAGE = 24
TURNS = ("all", *(str(turn) for turn in Turn))


def draw(address: Address, record: RunRecord, dense: RunRecord | None, records: Sequence[RunRecord]) -> None:
    """Draw the section."""
    if record.result is None:
        st.caption(t("Mistakes are known once the run has finished."))
        return
    other = dense if dense and dense.run_id != record.run_id else None
    _confusion(address, record, other)
    st.subheader(t("Answers that changed against the dense network"), anchor=False)
    if other is None:
        st.caption(t("This is a dense network, or its dense network is not here: nothing to compare with."))
        return
    _changed(address, record, other, records)


def _confusion(address: Address, record: RunRecord, dense: RunRecord | None) -> None:
    assert record.result is not None
    own = record.result.confusion
    before = dense.result.confusion if dense and dense.result else ()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("Mistakes by digit"), anchor=False)
        as_change = bool(before) and address.switch(t("Change against the dense network"), "as-change", False)
        info = confusion_info(own, before if as_change else None)
        figure_panel(confusion_figure(info), key="run-confusion", alt=confusion_alt(info))
    with right:
        st.subheader(t("Accuracy of each digit"), anchor=False)
        series = [(t("this run"), per_class(own))] if own else []
        series += [(t("dense network"), per_class(before))] if before else []
        classes = classes_info(series)
        alt = t("Share read right of each digit, with 95 % intervals.")
        figure_panel(classes_figure(classes), key="run-classes", alt=alt)


def _changed(address: Address, record: RunRecord, dense: RunRecord, records: Sequence[RunRecord]) -> None:
    own, before = artifacts.predictions(record), artifacts.predictions(dense)
    if own is None or before is None:
        st.caption(t("Its answers on the test images, or those of its dense network, were not kept."))
        return
    truth = artifacts.test_set().labels
    first, flips = _fragility(dense, family_of(record, records))
    answers = changed(truth, before.labels, own.labels, probabilities=own.probabilities, first_ratios=first)
    said = paired(truth, before.labels, own.labels)
    st.markdown(
        t(
            "{lost} answers got lost, {gained} were gained, {other} changed from wrong to wrong. "
            "McNemar's test: p = {p}.",
            lost=said.only_first,
            gained=said.only_second,
            other=sum(a.turn is Turn.OTHER for a in answers),
            p=f"{said.p_value:.2g}",
        )
    )
    _gallery(address, answers)
    st.subheader(t("Fragility"), anchor=False)
    st.caption(
        t("The first ratio of this family at which an image's answer differs from the dense network's.")
    )
    figure_panel(flips_figure(flips), key="run-flips", alt=flips_alt(flips))
    if not flips.ratios:
        st.caption(t("Start the same specification at other ratios to see where answers break."))


def _fragility(dense: RunRecord, family: Sequence[RunRecord]) -> tuple[Shares | None, FlipsInfo]:
    start = artifacts.predictions(dense)
    known = {run.spec.ratio: found for run in family if (found := artifacts.predictions(run))}
    known.pop(dense.spec.ratio, None)
    if start is None or len(known) < 2:
        return None, FlipsInfo((), (), 0)
    first = first_flips(start.labels, {ratio: found.labels for ratio, found in known.items()})
    ratios = tuple(sorted(known))
    return first, FlipsInfo(ratios, flip_counts(first, ratios), len(start.labels))


def _gallery(address: Address, answers: Sequence[ChangedAnswer]) -> None:
    names = {"all": t("All"), "lost": t("Lost"), "gained": t("Gained"), "other": t("Wrong to wrong")}
    turn = address.segments(
        t("Answers"), "turn", TURNS, "all", names.__getitem__, label_visibility="collapsed"
    )
    shown = [answer for answer in answers if turn in ("all", answer.turn)]
    if not shown:
        st.caption(t("No answer changed in this way."))
        return
    pages = -(-len(shown) // PER_PAGE)
    number = st.pagination(pages, key="gallery-page") if pages > 1 else 1
    with st.container(horizontal=True, gap="small", key="changed-answers"):
        for answer in shown[(number - 1) * PER_PAGE : number * PER_PAGE]:
            image = enlarged(artifacts.test_set().images[answer.index], 3)
            st.image(image, caption=_caption(answer), width=104, alt=_alt(answer))


def _alt(answer: ChangedAnswer) -> str:
    return t(
        "Test image {index}, a {label}, read as {after}",
        index=answer.index,
        label=answer.label,
        after=answer.after,
    )


def _caption(answer: ChangedAnswer) -> str:
    said = [
        t("a {label}: **{before} → {after}**", label=answer.label, before=answer.before, after=answer.after)
    ]
    if answer.probability is not None:
        said.append(t("{share} sure", share=words.percent(answer.probability, 0)))
    if answer.first_ratio is not None:
        said.append(t("from ratio {ratio}", ratio=f"{answer.first_ratio:g}"))
    return "  \n".join(said)
