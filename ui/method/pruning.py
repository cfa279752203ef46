"""Pruning: what goes, how it is chosen, and what fails."""

import streamlit as st

from core.analysis.headline import zeros
from core.text import t
from ui import resources, words
from ui.method.sources import Measurement, evidence

SLICED = "layer.set_weights([w[:, keep], b[keep]])"
REFUSED = "Layer dense weight shape (784, 1000) is not compatible with provided weight shape (784, 500)."
"""What Keras says to it, for the article's layer of 1,000 neurons and half of them in `keep`."""


def draw() -> None:
    """Draw the section."""
    st.subheader(t("Zeros or removal"), anchor=False)
    st.markdown(
        t(
            "**Magnitude** pruning sets the smallest single weights to zero. The tensors keep their shape, "
            "and usual kernels multiply by zero as fast as by anything else. **Structured** pruning takes "
            "whole channels away: the layer, and every layer that reads it, become smaller, and that is "
            "faster anywhere."
        )
    )
    found = zeros(resources.runs())
    if found is not None:
        st.info(
            t(
                "Measured: with {share} zeros {run} runs at {factor}× the speed of the dense network.",
                share=words.percent(found.record.spec.ratio, 0),
                run=words.plain(found.record.title),
                factor=f"{found.value:.2f}",
            )
        )
    evidence(
        "han", "li", "blalock", measured=Measurement(t("Zeros against removal"), "compare", {"x": "speedup"})
    )
    _ratio()
    _importance()
    _lagrangian()
    _slicing()
    _tuning()


def _ratio() -> None:
    st.subheader(t("What a ratio means"), anchor=False)
    st.markdown(
        t(
            "Removing a share p of the channels in two layers that follow each other removes more than p of "
            "the weights between them, because both their rows and their columns go:"
        )
    )
    st.latex(r"1 - (1 - p)^2 \qquad p = 0.5:\; 75\,\%")
    evidence("li", measured=Measurement(t("Try it: the preview beside the form"), "experiment", {}))


def _importance() -> None:
    st.subheader(t("Which channel goes"), anchor=False)
    st.markdown(
        t(
            "The least important ones. By the size of their weights (L1, L2), or by what the loss would do "
            "without them. To first order that is gradient times value, summed over the channel. In a "
            "trained network the sum over all images is about zero, so it is squared for each image before "
            "the mean:"
        )
    )
    st.latex(
        r"\Delta\mathcal{L}_c \;\approx\; \tfrac12\;\mathbb{E}_x"
        r"\Bigl[\Bigl(\sum_i \frac{\partial\mathcal{L}_x}{\partial a_{c,i}}\,a_{c,i}\Bigr)^{2}\Bigr]"
    )
    st.markdown(
        t(
            "The gradient alone is not enough: a steep slope matters little for a channel that is hardly "
            "active. Where the channels of all layers compete (scope *global*), each score is divided by its "
            "layer's mean first."
        )
    )
    evidence(
        "lecun",
        "molchanov",
        "importance",
        measured=Measurement(t("Sensitivity of every layer, on a run's page"), "compare", {}),
    )


def _lagrangian() -> None:
    st.subheader(t("Loss under a cost"), anchor=False)
    st.markdown(
        t(
            "The article asks for the best network that a cost allows. Written down, that is a minimum of "
            "the loss plus a price λ for each multiply-add, or for each measured millisecond:"
        )
    )
    st.latex(r"\min_{S}\; \mathcal{L}(S) + \lambda\,C(S)")
    st.markdown(
        t(
            "For a given λ a channel goes when its share of the loss is less than λ times what it costs, so "
            "channels go in the order of loss per cost, smallest first, until enough cost has been saved. "
            "Costs are counted anew after each channel, since they depend on the neighbours that are left. "
            "Choose *Lagrangian* as the scope of an experiment to use it."
        )
    )
    evidence(
        "everett", "molchanov", measured=Measurement(t("Start a Lagrangian experiment"), "experiment", {})
    )


def _slicing() -> None:
    st.subheader(t("Why slicing the weights fails"), anchor=False)
    st.markdown(
        t(
            "Cutting rows out of a layer's weights and putting them back does not prune it: the layer still "
            "has its old number of units, and Keras refuses weights of another shape. The layer must be "
            "built anew with fewer units, and so must every layer that reads its output, through flattening, "
            "additions and normalisation. That following of the graph is what this program's pruning does."
        )
    )
    st.code(f"{SLICED}\n# ValueError: {REFUSED}", language="python", wrap_lines=True)
    evidence(
        "keras", measured=Measurement(t("Every layer before and after, beside the form"), "experiment", {})
    )


def _tuning() -> None:
    st.subheader(t("Recovering"), anchor=False)
    st.markdown(
        t(
            "After pruning the accuracy falls and training goes on for a few epochs (fine-tuning), at once "
            "or in steps with a cubic schedule. The pruned network may also learn from the dense network's "
            "answers instead of the labels alone (distillation). A run stores the accuracy before and after "
            "fine-tuning."
        )
    )
    evidence("zhu", "hinton", measured=Measurement(t("Runs and their curves"), "compare", {}))
