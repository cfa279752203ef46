"""The trade-off chart in small: every finished run of the architecture that has most of them."""

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from core.analysis.pareto import front
from core.analysis.quantities import points
from core.charts.style import room
from core.charts.tradeoff import TradeoffInfo, tradeoff_alt, tradeoff_figure, tradeoff_info
from core.records import Origin, RunRecord
from core.records.comparison import Quantity, Setup
from core.text import t
from ui import shell
from ui.figures import figure_panel, kept

AXES = (Quantity.P50, Quantity.ACCURACY)


@kept
def _figure(info: TradeoffInfo) -> go.Figure:
    return tradeoff_figure(info, log_x=True, height=380, margin=room(44)).update_layout(dragmode=False)


def draw(records: Sequence[RunRecord]) -> None:
    """Draw accuracy against the median latency on LiteRT, one thread, one image."""
    shown = points(records, *AXES, Setup())
    if not shown:
        st.caption(t("No run has been measured on LiteRT yet."))
        return
    most = Counter(point.architecture for point in shown).most_common(1)[0][0]
    shown = tuple(point for point in shown if point.architecture == most)
    info = tradeoff_info(shown, *AXES, front(shown, *AXES))
    figure_panel(_figure(info), key="overview-tradeoff", alt=tradeoff_alt(info), has_tools=False)
    own = sum(record.origin is Origin.OWN for record in records)
    st.caption(
        t(
            "The {shown} runs of {architecture}. In all there are {own} of this machine "
            "and {recorded} recorded.",
            shown=len(shown),
            architecture=most,
            own=own,
            recorded=len(records) - own,
        )
    )
    st.page_link(shell.page("compare"), label=t("All runs, other axes and limits on Compare"), icon="")
