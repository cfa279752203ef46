"""What the form's run will do, beside the form: exact before training, by the plan's own arithmetic."""

from html import escape

import streamlit as st

from core.analysis.preview import preview
from core.analysis.structures import structure_of
from core.errors import LabError
from core.records import Cost, LayerChange, Method, Preview, RunSpec, Scope
from core.text import t
from ui import resources, words


def draw(spec: RunSpec) -> None:
    """Draw sizes before and after, and every layer's channels."""
    try:
        found = _preview(spec)
    except LabError as error:
        st.info(str(error))
        return
    with st.container(border=True, key="preview"):
        st.subheader(t("What it will do"), anchor=False)
        if not found.is_known:
            st.markdown(_unknown_text(spec))
        _sizes(found)
        if found.is_known and not spec.is_baseline:
            st.caption(_ratio_text(spec, found))
            st.html(layer_table(found, spec.method))
        for note in found.notes:
            st.caption(note)


def _preview(spec: RunSpec) -> Preview:
    network = resources.network(spec)
    structure = structure_of(spec.architecture, spec.conv)
    if network is None or spec.criterion is None:
        return preview(structure, spec)
    return preview(structure, spec, network.scores_for(spec.criterion))


def _unknown_text(spec: RunSpec) -> str:
    if spec.scope is Scope.GLOBAL:
        return t(
            "Which layers lose how many channels is **known after training**: it depends on the scores of "
            "the trained network."
        )
    if spec.cost is Cost.LATENCY:
        return t(
            "What it removes is **known when the run prunes**, also where the network is trained already: "
            "the run first times pruned copies of the network to learn what each layer costs."
        )
    return t("What it removes is **known after training**: it weighs the trained network's scores and costs.")


def _sizes(found: Preview) -> None:
    grid = st.grid(3, min_column_width=130)
    for label, before, after, meaning in (
        (t("Parameters"), found.parameters_before, found.parameters_after, t("Weights and biases.")),
        (t("MACs"), found.macs_before, found.macs_after, t("Multiply-adds for one image.")),
    ):
        delta = None if after is None or after == before else f"-{words.percent(1 - after / before, 1)}"
        value = before if after is None else after
        grid.metric(label, f"{value:,}", delta, delta_color="off", help=meaning)
    if found.weights_removed is not None:
        grid.metric(
            t("Weights removed"),
            words.percent(found.weights_removed, 1),
            help=t("Share of all weights (without biases) that go, or become zero."),
        )


def _ratio_text(spec: RunSpec, found: Preview) -> str:
    if spec.method is not Method.STRUCTURED:
        return t(
            "{share} of the weights become zero; no tensor gets smaller, so expect the same speed.",
            share=words.percent(found.ratio_achieved or 0.0, 1),
        )
    if spec.scope is Scope.LAGRANGIAN:
        return t(
            "Saves {share} of the cost; asked were {ratio}.",
            share=words.percent(found.ratio_achieved or 0.0, 1),
            ratio=words.percent(spec.ratio, 0),
        )
    between = 1 - (1 - spec.ratio) ** 2
    if sum(layer.after < layer.before for layer in found.layers) < 2:
        return t(
            "Only one layer loses channels, so its weights shrink by the same share. Between two "
            "pruned layers it would be about 1 − (1 − {p})² = {between}.",
            p=f"{spec.ratio:g}",
            between=words.percent(between, 0),
        )
    return t(
        "Removing {ratio} of the channels takes about 1 − (1 − {p})² = {between} of the weights between two "
        "pruned layers, because both lose their share.",
        ratio=words.percent(spec.ratio, 0),
        p=f"{spec.ratio:g}",
        between=words.percent(between, 0),
    )


def layer_table(found: Preview, method: Method) -> str:
    """Return the layers as an HTML table, before and after; a tooltip says why one stays whole."""
    reasons = {kept.layer: kept.reason for kept in found.kept_whole}
    kept = t("Channels") if method.is_removal else t("Zeros")
    head = "".join(f"<th>{escape(name)}</th>" for name in (t("Layer"), kept, "", t("Parameters"), t("MACs")))
    rows = "".join(_row(layer, method, reasons.get(layer.layer, "")) for layer in found.layers)
    label = escape(t("Every layer before and after"), quote=True)
    top = f"<thead><tr>{head}</tr></thead>"
    return f'<table class="layers" aria-label="{label}">{top}<tbody>{rows}</tbody></table>'


def _row(layer: LayerChange, method: Method, reason: str) -> str:
    share = layer.after / layer.before if layer.before else 1.0
    kept = f"{layer.before} → {layer.after}" if layer.after != layer.before else f"{layer.after}"
    if not method.is_removal:
        share = 1 - layer.zeros / layer.parameters_before if layer.parameters_before else 1.0
        kept = f"{layer.zeros:,}" if layer.zeros else "–"
    bar = f'<td class="bar"><div><i style="width:{share:.1%}"></i></div></td>'
    return (
        f'<tr title="{escape(reason, quote=True)}"><td>{escape(layer.layer)}</td><td>{kept}</td>{bar}'
        f"<td>{layer.parameters_after:,}</td><td>{layer.macs_after:,}</td></tr>"
    )
