"""From which ratio on the answers break: how many test images flip first at each ratio of a family."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.style import ORANGE, axis, base_layout, empty_figure
from core.text import t


class FlipsInfo(NamedTuple):
    """`counts[i]` images first differ from the dense network at `ratios[i]`; `total` were asked."""

    ratios: tuple[float, ...]
    counts: tuple[int, ...]
    total: int

    @property
    def never(self) -> int:
        return self.total - sum(self.counts)


def flips_figure(info: FlipsInfo, height: int = 300) -> go.Figure:
    """Draw a bar a ratio."""
    if not info.ratios:
        return empty_figure(t("Only one ratio of this family has been run."), height)
    figure = go.Figure(layout=base_layout(height))
    figure.add_bar(
        x=[f"{ratio:g}" for ratio in info.ratios],
        y=info.counts,
        text=info.counts,
        marker={"color": ORANGE},
        hovertemplate=t("ratio {x}: {y} images", x="%{x}", y="%{y}") + "<extra></extra>",
    )
    figure.update_xaxes(axis(t("Pruning ratio"), type="category"))
    figure.update_yaxes(axis(t("Images that flip first here")))
    return figure


def flips_alt(info: FlipsInfo) -> str:
    """Return the counts in words."""
    said = [f"{ratio:g}: {count}" for ratio, count in zip(info.ratios, info.counts, strict=True)]
    return t(
        "Images whose answer first differs, by ratio. {said}. Never: {never}.",
        said="; ".join(said),
        never=info.never,
    )
