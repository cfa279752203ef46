"""Which test images a network gets wrong, which answers changed against another one, and from which ratio."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.analysis.statistics import wilson
from core.records.comparison import ChangedAnswer, Estimate, Paired, Turn

Labels = NDArray[np.uint8]
Shares = NDArray[np.floating]


def changed(
    labels: Labels,
    before: Labels,
    after: Labels,
    *,
    probabilities: Shares | None = None,
    first_ratios: Shares | None = None,
) -> tuple[ChangedAnswer, ...]:
    """Return the images that two networks answer differently, lost answers first, in test set order.

    `probabilities` (n, 10) are those of `after`; `first_ratios` (n,) come from `first_flips`.
    """
    where = np.flatnonzero(before != after).tolist()
    answers = [_answer(i, labels, before, after, probabilities, first_ratios) for i in where]
    return tuple(sorted(answers, key=lambda answer: (_ORDER.index(answer.turn), answer.index)))


def first_flips(dense: Labels, family: Mapping[float, Labels]) -> Shares:
    """Return for each image the smallest ratio that answers unlike the dense one, NaN where none does."""
    first = np.full(len(dense), np.nan)
    for ratio in sorted(family, reverse=True):
        first[family[ratio] != dense] = ratio
    return first


def flip_counts(first_ratios: Shares, ratios: Sequence[float]) -> tuple[int, ...]:
    """Return how many images flip first at each of `ratios`."""
    return tuple(int(np.sum(first_ratios == ratio)) for ratio in ratios)


def per_class(confusion: Sequence[Sequence[int]]) -> tuple[Estimate, ...]:
    """Return for each true digit the share that is read right, with Wilson's interval; rows are the truth."""
    shares = []
    for digit, row in enumerate(confusion):
        interval = wilson(row[digit], sum(row)) if sum(row) else None
        shares.append(
            Estimate(interval.estimate, interval.low, interval.high) if interval else Estimate(float("nan"))
        )
    return tuple(shares)


def paired(labels: Labels, first: Labels, second: Labels) -> Paired:
    """Compare two networks image by image: McNemar's test (1947) in its exact, two-sided form.

    It sees smaller differences than two Wilson intervals do, since both answered the same images.
    """
    from scipy.special import bdtr  # costs a tenth of a second, which no other page needs

    a, b = first == labels, second == labels
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(~a & b))
    p_value = min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))
    return Paired(
        both_right=int(np.sum(a & b)),
        only_first=only_a,
        only_second=only_b,
        both_wrong=int(np.sum(~a & ~b)),
        p_value=p_value,
    )


_ORDER = (Turn.LOST, Turn.GAINED, Turn.OTHER)


def _answer(
    i: int,
    labels: Labels,
    before: Labels,
    after: Labels,
    probabilities: Shares | None,
    first_ratios: Shares | None,
) -> ChangedAnswer:
    label, old, new = int(labels[i]), int(before[i]), int(after[i])
    turn = Turn.LOST if old == label else Turn.GAINED if new == label else Turn.OTHER
    ratio = None if first_ratios is None or np.isnan(first_ratios[i]) else float(first_ratios[i])
    return ChangedAnswer(
        index=i,
        label=label,
        before=old,
        after=new,
        turn=turn,
        probability=None if probabilities is None else float(probabilities[i, new]),
        first_ratio=ratio,
    )
