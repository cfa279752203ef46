"""Separable convolution: the formula put right, and a calculator that shows where it begins to pay."""

import plotly.graph_objects as go
import streamlit as st

from core.analysis.convolutions import Convolution2D, cost_ratio, pays_from
from core.analysis.headline import separable
from core.charts.style import BLUE, GREY, ORANGE, axis, base_layout, room
from core.text import t
from ui import resources, state, words
from ui.figures import figure_panel, kept
from ui.method.sources import Measurement, evidence

MOST_OUTPUTS = 64
TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]


def draw() -> None:
    """Draw the section."""
    st.markdown(
        t(
            "A standard convolution looks at all channels of a small window at once. A depthwise separable "
            "one does it in two steps: **DW** filters each channel by itself, then **PW**, a 1×1 "
            "convolution, mixes the channels. The second step is applied to the result of the first:"
        )
    )
    st.latex(r"y = \mathrm{PW}(\mathrm{DW}(x))")
    st.markdown(
        t(
            "The article that started this program writes it as a product of the two. That is not what "
            "happens: they follow each other, and no number of the one is multiplied by the other. It also "
            "names a layer `PointwiseConv2D`, which Keras does not have; a `Conv2D` with 1×1 kernels is the "
            "same thing."
        )
    )
    evidence(
        "howard",
        "chollet",
        measured=Measurement(t("Standard and separable, side by side"), "compare", {"view": "map"}),
    )
    _measured()
    st.subheader(t("What it costs"), anchor=False)
    st.markdown(
        t("For an output of H×W, kernels of K×K, C channels in and M channels out, in multiply-adds:")
    )
    left, right = st.columns(2)
    with left:
        st.markdown(t("Standard"))
        st.latex(r"H\,W\,K^2\,C\,M")
    with right:
        st.markdown(t("Depthwise separable"))
        st.latex(r"H\,W\,C\,(K^2 + M)")
    _calculator()
    _corrections()


def _measured() -> None:
    found = separable(resources.runs())
    if found is None:
        return
    st.info(
        t(
            "Measured: {run} runs at {factor}× the speed of its standard form.",
            run=words.plain(found.record.title),
            factor=f"{found.value:.2f}",
        )
    )


def _calculator() -> None:
    with st.container(border=True, key="calculator"):
        grid = st.grid(5, min_column_width=110)
        layer = Convolution2D(
            size=grid.number_input(t("Image side"), 1, 512, 28, key=state.Key.CALC_SIZE, bind="query-params"),
            kernel=grid.number_input(t("Kernel K"), 1, 15, 3, key=state.Key.CALC_KERNEL, bind="query-params"),
            inputs=grid.number_input(
                t("Channels in, C"), 1, 4096, 1, key=state.Key.CALC_INPUTS, bind="query-params"
            ),
            outputs=grid.number_input(
                t("Channels out, M"), 1, 4096, 1, key=state.Key.CALC_OUTPUTS, bind="query-params"
            ),
            stride=grid.number_input(t("Stride"), 1, 8, 1, key=state.Key.CALC_STRIDE, bind="query-params"),
        )
        grid = st.grid(3, min_column_width=150)
        grid.metric(t("Standard"), f"{layer.standard_macs:,}")
        grid.metric(
            t("Separable"),
            f"{layer.separable_macs:,}",
            f"{layer.separable_macs / layer.standard_macs - 1:+.0%}",
            delta_color="inverse",
        )
        grid.metric(t("Output"), f"{layer.output_size}×{layer.output_size}")
        st.markdown(verdict(layer))
        figure_panel(_figure(layer), key="cost", alt=verdict(layer), has_tools=False)


def verdict(layer: Convolution2D) -> str:
    """Return in words which of the two costs less, and from where on."""
    first = pays_from(layer.kernel)
    if first is None:
        return t("A 1×1 convolution has nothing to separate: the separable form always costs more.")
    if layer.separable_macs > layer.standard_macs:
        said = t(
            "Here the separable form costs **more**: {separable} against {standard} multiply-adds.",
            separable=f"{layer.separable_macs:,}",
            standard=f"{layer.standard_macs:,}",
        )
    else:
        said = t(
            "Here the separable form costs {share} of the standard one.",
            share=words.percent(layer.separable_macs / layer.standard_macs, 0),
        )
    rule = t(
        "With {k}×{k} kernels it pays from {m} channels out on, however many come in.",
        k=layer.kernel,
        m=first,
    )
    return f"{said} {rule}"


def cost_figure(layer: Convolution2D) -> go.Figure:
    """Return the cost ratio over the channels out, for this kernel, with the layer marked."""
    outputs = list(range(1, max(MOST_OUTPUTS, layer.outputs) + 1))
    ratios = [cost_ratio(layer.kernel, m) for m in outputs]
    figure = go.Figure(layout=base_layout(260, margin=room(10, left=78), showlegend=False))
    figure.add_scatter(x=outputs, y=ratios, mode="lines", line={"color": BLUE, "width": 2})
    figure.add_scatter(
        x=[layer.outputs],
        y=[cost_ratio(layer.kernel, layer.outputs)],
        mode="markers",
        marker={"color": ORANGE, "size": 12},
    )
    figure.add_hline(y=1, line={"color": GREY, "dash": "dot", "width": 1})
    figure.update_traces(hovertemplate="M = %{x}: %{y:.0%}<extra></extra>")
    figure.update_xaxes(axis(t("Channels out, M"), type="log", tickvals=TICKS))
    figure.update_yaxes(axis(t("Separable cost over standard"), tickformat=".0%", rangemode="tozero"))
    return figure


_figure = kept(cost_figure)


def _corrections() -> None:
    """Draw the article's own example, and the size of the output."""
    example = Convolution2D(size=28, kernel=3, inputs=1, outputs=1)
    st.markdown(
        t(
            "**The article's own example**, a 3×3 convolution on a 28×28 image with one channel in and one "
            "out, is one where separating does not pay: {standard} multiply-adds standard, {separable} "
            "separable.",
            standard=f"{example.standard_macs:,}",
            separable=f"{example.separable_macs:,}",
        )
    )
    st.markdown(
        t(
            "**From 28 to 14** needs stride 2 (or pooling): a convolution that keeps the borders and moves "
            "by one pixel gives 28×28 again. Set the stride above to see it."
        )
    )
    evidence(
        "howard",
        "dumoulin",
        measured=Measurement(t("The article's network is an example of the form"), "experiment", {}),
    )
