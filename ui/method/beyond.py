"""What carries over to large language models and to TPUs, and what does not."""

import streamlit as st

from core.text import t
from ui.method.sources import Measurement, evidence


def draw() -> None:
    """Draw the section."""
    st.subheader(t("What carries over to large language models"), anchor=False)
    st.markdown(
        t(
            "- **Structured pruning.** The groups are attention heads and the neurons of the feed-forward "
            "layers; the rule is the same: channels that depend on each other go together, and only removal "
            "is faster on usual hardware.\n- **First-order importance and distillation** work there too; a "
            "little fine-tuning recovers most of what pruning loses.\n- **Runtime overhead.** A model called "
            "step by step from Python pays for every launch, as the small networks here do. Compiled and "
            "exported forms pay less."
        )
    )
    evidence(
        "michel", "ma", measured=Measurement(t("Overhead, by runtime"), "compare", {"runtime": "tf-function"})
    )
    st.subheader(t("What does not"), anchor=False)
    st.markdown(
        t(
            "- **The ratios.** MNIST is so easy that most of a network can go. How much of a language model "
            "can go has to be measured on language; a ratio from this page predicts nothing there.\n- **The "
            "bottleneck.** Writing a text token by token reads every weight once for each token: the "
            "memory's bandwidth sets the pace, not the multiply-adds. There, fewer *bytes* (quantisation, "
            "pruning) help even where arithmetic would not. In these small networks everything fits in the "
            "processor's cache.\n- **Zeros.** Some GPUs run a 2:4 pattern of zeros faster. No runtime "
            "measured here does."
        )
    )
    evidence("pope", "frantar", measured=Measurement(t("Zeros against removal"), "compare", {"x": "speedup"}))
    st.subheader(t("And a TPU?"), anchor=False)
    st.markdown(
        t(
            "A TPU multiplies in a large fixed grid, 128×128 or 256×256. Layers of 20 or 50 channels fill a "
            "small corner of it, and pruning 50 channels to 25 leaves the same number of steps, so little or "
            "nothing would be gained at batch 1; with channel counts that are multiples of the grid it "
            "would. No TPU was at hand, so none is measured, and no figure on any page is an estimate of "
            "one. The field *Keep a multiple of* in the experiment form prunes to such counts."
        )
    )
    evidence("jouppi", measured=Measurement(t("Prune to multiples of 8"), "experiment", {}))
