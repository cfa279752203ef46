"""The papers that the Method page names, and links from a claim to its paper and to a measurement."""

from dataclasses import dataclass

import streamlit as st

from core.text import t
from ui import shell


@dataclass(frozen=True, slots=True)
class Source:
    """A paper: how it is called in the text, its title, where it is found."""

    name: str
    title: str
    url: str


ARXIV = "https://arxiv.org/abs/"
PAPERS = {
    "howard": Source("Howard et al. 2017", "MobileNets", f"{ARXIV}1704.04861"),
    "chollet": Source("Chollet 2017", "Xception", f"{ARXIV}1610.02357"),
    "lecun": Source(
        "LeCun et al. 1990",
        "Optimal Brain Damage",
        "https://papers.nips.cc/paper/1989/hash/6c9882bbac1c7093bd25041881277658-Abstract.html",
    ),
    "han": Source("Han et al. 2015", "Learning both weights and connections", f"{ARXIV}1506.02626"),
    "li": Source("Li et al. 2017", "Pruning filters for efficient ConvNets", f"{ARXIV}1608.08710"),
    "molchanov": Source(
        "Molchanov et al. 2017", "Pruning convolutional networks for inference", f"{ARXIV}1611.06440"
    ),
    "importance": Source(
        "Molchanov et al. 2019", "Importance estimation for neural network pruning", f"{ARXIV}1906.10771"
    ),
    "everett": Source(
        "Everett 1963",
        "Generalized Lagrange multiplier method for optimum allocation of resources",
        "https://doi.org/10.1287/opre.11.3.399",
    ),
    "zhu": Source("Zhu & Gupta 2017", "To prune, or not to prune", f"{ARXIV}1710.01878"),
    "hinton": Source("Hinton et al. 2015", "Distilling the knowledge in a network", f"{ARXIV}1503.02531"),
    "blalock": Source("Blalock et al. 2020", "What is the state of network pruning?", f"{ARXIV}2003.03033"),
    "mlperf": Source("Reddi et al. 2020", "MLPerf inference benchmark", f"{ARXIV}1911.02549"),
    "wilson": Source(
        "Wilson 1927",
        "Probable inference, the law of succession, and statistical inference",
        "https://doi.org/10.1080/01621459.1927.10502953",
    ),
    "dumoulin": Source(
        "Dumoulin & Visin 2016", "A guide to convolution arithmetic for deep learning", f"{ARXIV}1603.07285"
    ),
    "eager": Source("Agrawal et al. 2019", "TensorFlow Eager", f"{ARXIV}1903.01855"),
    "keras": Source("Keras", "The base Layer class: set_weights", "https://keras.io/api/layers/base_layer/"),
    "nvml": Source("NVIDIA", "NVML API reference", "https://docs.nvidia.com/deploy/nvml-api/"),
    "power": Source("Yang et al. 2023", "Part-time power measurements", f"{ARXIV}2312.02741"),
    "michel": Source("Michel et al. 2019", "Are sixteen heads really better than one?", f"{ARXIV}1905.10650"),
    "ma": Source("Ma et al. 2023", "LLM-Pruner", f"{ARXIV}2305.11627"),
    "frantar": Source("Frantar & Alistarh 2023", "SparseGPT", f"{ARXIV}2301.00774"),
    "pope": Source("Pope et al. 2022", "Efficiently scaling transformer inference", f"{ARXIV}2211.05102"),
    "jouppi": Source(
        "Jouppi et al. 2017",
        "In-datacenter performance analysis of a tensor processing unit",
        f"{ARXIV}1704.04760",
    ),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Where in this program a claim can be checked: a page, its parameters, what is seen there."""

    label: str
    page: str
    parameters: dict[str, str]


def evidence(*papers: str, measured: Measurement | None = None) -> None:
    """Draw where a claim comes from, and where it is measured here."""
    links = " · ".join(f"[{PAPERS[name].name}]({PAPERS[name].url})" for name in papers)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if links:
            # A caption fades its links below the contrast that reads well.
            st.markdown(f":small[{t('Source: {links}', links=links)}]")
        if measured:
            st.page_link(
                shell.page(measured.page),
                label=measured.label,
                icon=":material/arrow_forward:",
                query_params=measured.parameters,
            )


def draw() -> None:
    """Draw the list of all papers."""
    st.markdown(
        "\n".join(f"- {p.name}, [{p.title}]({p.url})" for p in sorted(PAPERS.values(), key=lambda p: p.name))
    )
