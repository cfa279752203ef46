"""Where the separable network stops being the faster one: latency over the ratio, at one batch at a time."""

import streamlit as st

from core.analysis.crossing import batches
from core.charts.crossing import crossing_alt, crossing_figure, crossing_info, crossing_words
from core.records import Architecture, Crossing, Origin
from core.text import mark, minute, plural, t
from ui import components, resources, studies, words
from ui.address import Address
from ui.compare.controls import origin_name
from ui.figures import figure_panel


def draw(address: Address, architecture: Architecture) -> None:
    """Draw what was measured of `architecture`, and what measures it on this machine."""
    st.subheader(t("Cross-over of standard and separable"), anchor=False)
    if not architecture.has_convolutions:
        st.caption(t("It has no convolution, so nothing crosses."))
        return
    known = {each.origin: each for each in resources.crossings() if each.architecture is architecture}
    if known:
        _draw(address, known)
    else:
        st.caption(t("Nobody has measured it for this network yet."))
    if not studies.follow(str(architecture)):
        studies.buttons(
            lambda engine, is_quick: engine.study_crossing(architecture, quick=is_quick),
            t("Measure it here, in a few minutes"),
            t("Quickly"),
            is_first=not known,
        )


def _draw(address: Address, known: dict[Origin, Crossing]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = known[_origin(address, list(known))]
        all_batches = [str(batch) for batch in batches(found.points)]
        batch = address.segments(t("Images in a query"), "crossing-batch", all_batches, all_batches[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(origin_name(found.origin), color="violet" if found.origin is Origin.RECORDED else "gray")
        components.caveat_badges(found.warnings)
        st.caption(_conditions(found))
    info = crossing_info(found.points, int(batch))
    figure_panel(crossing_figure(info), key="crossing", alt=crossing_alt(info))
    for each in batches(found.points):
        said = crossing_words(crossing_info(found.points, each))
        st.markdown(f"- {t('batch {n}', n=each)}: {said}")
    st.caption(
        t(
            "Untrained networks, whose times depend on their shapes only; all of them took turns in the same "
            "processes. Bars are 95 % intervals."
        )
    )


def _origin(address: Address, known: list[Origin]) -> Origin:
    if len(known) == 1:
        return known[0]
    options = [str(origin) for origin in known]
    return Origin(address.segments(t("Made"), "crossing-origin", options, options[0], origin_name))


def _conditions(found: Crossing) -> str:
    said = [
        str(found.runtime),
        plural(found.threads, mark("{n} thread"), mark("{n} threads")),
        plural(found.processes, mark("{n} process"), mark("{n} processes")),
    ]
    if found.conditions:
        said += [words.plain(found.conditions.cpu), minute(found.conditions.measured_at)]
    return " · ".join(said)
