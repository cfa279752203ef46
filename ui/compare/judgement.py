"""What the analysis says of the chosen runs, in one value that the sections share."""

from dataclasses import dataclass

from core.records.comparison import Front, Point, Recommendation


@dataclass(frozen=True, slots=True)
class Judgement:
    """The points on the axes, the front among those within the limits, and the recommendation."""

    points: tuple[Point, ...]
    front: Front
    recommendation: Recommendation
