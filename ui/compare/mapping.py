"""Convolution type against ratio on one map, and standard against separable at equal something."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.analysis.family import alike
from core.analysis.matching import cells, pairs
from core.charts.map import map_alt, map_figure, map_info, pairs_figure, pairs_info
from core.charts.style import method_name, quantity_name, written
from core.records import Architecture, Method, RunRecord
from core.records.comparison import Estimate, Match, Pair, Quantity, Setup
from core.text import t
from ui import components
from ui.address import Address
from ui.compare.tradeoff import sign_name
from ui.figures import figure_panel

COLOURS = (Quantity.ACCURACY, Quantity.SPEEDUP)


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs of one architecture and method, what colours their cells and what pairs have in common."""

    architecture: Architecture
    records: tuple[RunRecord, ...]
    colour: Quantity
    match: Match


def choose(address: Address, records: Sequence[RunRecord]) -> Choice:
    """Ask for the network, the method, the colour and what pairs have in common."""
    finished = [record for record in records if record.result]
    architectures = [str(architecture) for architecture in Architecture]
    methods = [str(m) for m in Method if m is not Method.NONE]
    columns = st.columns(4)
    with columns[0]:
        first = next((a for a in Architecture if any(r.spec.architecture is a for r in finished)), "lenet5")
        architecture = address.pick(t("Architecture"), "map-architecture", architectures, first)
    with columns[1]:
        method = address.pick(t("Method"), "map-method", methods, Method.STRUCTURED, _method_name)
    with columns[2]:
        colour = address.segments(
            t("Colour"), "map-colour", [str(c) for c in COLOURS], Quantity.ACCURACY, _quantity_name
        )
    with columns[3]:
        names = {Match.RATIO: t("ratio"), Match.PARAMETERS: t("parameters"), Match.ACCURACY: t("accuracy")}
        match = address.segments(
            t("Pairs of equal"), "map-match", [str(m) for m in Match], Match.RATIO, lambda m: names[Match(m)]
        )
    return Choice(
        Architecture(architecture),
        alike(records, architecture, Method(method)),
        Quantity(colour),
        Match(match),
    )


def draw(choice: Choice, setup: Setup) -> None:
    """Draw the map and the pairs."""
    if not choice.records:
        components.empty_state(
            t("No finished run of this kind yet"),
            t("Start a sweep over ratios for both convolution types; each finished run fills a cell."),
            page="experiment",
            label=t("Go to Experiment"),
        )
        return
    info = map_info(cells(choice.records, setup), choice.colour)
    figure_panel(map_figure(info), key="map", alt=map_alt(info))
    st.caption(t("Each cell is one measured run; where there are several, the one of median accuracy."))
    st.subheader(t("Standard against separable"), anchor=False)
    found = pairs(choice.records, choice.match, setup)
    if not found:
        st.info(_no_pairs(choice.match))
        return
    left, right = st.columns([2, 3])
    with left:
        marks = pairs_info(found)
        figure_panel(pairs_figure(marks), key="pairs", alt=t("Pairs of networks, joined by a line."))
    with right:
        st.dataframe(_pairs_frame(found), hide_index=True, alt=t("Table of the pairs."))
    st.caption(_explained(choice.match))


def _pairs_frame(found: Sequence[Pair]) -> pd.DataFrame:
    return pd.DataFrame([_pair_row(pair) for pair in found])


def _pair_row(pair: Pair) -> dict[str, str]:
    one, other = pair.standard, pair.separable
    return {
        t("Ratio"): f"{one.ratio:g} | {other.ratio:g}",
        t("Accuracy"): _both(one.accuracy, other.accuracy, Quantity.ACCURACY),
        t("In accuracy"): sign_name(pair.accuracy),
        t("Speed-up"): _both(one.speedup, other.speedup, Quantity.SPEEDUP),
        t("In speed"): sign_name(pair.speedup) if pair.speedup else "–",
        t("Parameters"): f"{one.parameters:,} | {other.parameters:,}",
    }


def _both(one: Estimate | None, other: Estimate | None, quantity: Quantity) -> str:
    return " | ".join(written(value.value, quantity) if value else "–" for value in (one, other))


def _no_pairs(match: Match) -> str:
    return {
        Match.RATIO: t("No ratio was run with both convolution types. Start the missing one."),
        Match.PARAMETERS: t("No standard and separable run are within a quarter of each other's parameters."),
        Match.ACCURACY: t("No standard and separable run are equally accurate within the noise."),
    }[match]


def _explained(match: Match) -> str:
    return {
        Match.RATIO: t("Pairs have the same ratio. Standard | separable; the words are on the latter."),
        Match.PARAMETERS: t(
            "Pairs are within a quarter in parameters. Standard | separable; the words are on the latter."
        ),
        Match.ACCURACY: t("Pairs overlap in accuracy. Standard | separable; the words are on the latter."),
    }[match]


def _method_name(value: str) -> str:
    return method_name(Method(value))


def _quantity_name(value: str) -> str:
    return quantity_name(Quantity(value))
