"""The one-cycle learning rate: up, then down to nothing, in one training (Smith & Topin 2017)."""

WARM_SHARE = 0.2
START_SHARE = 0.1
END_SHARE = 0.005


def one_cycle(step: int, num_steps: int, peak: float) -> float:
    """Return the rate of `step` (from 0): linear from a tenth of `peak` up, then linear down to nearly 0."""
    position = (step + 0.5) / num_steps
    if position < WARM_SHARE:
        return peak * (START_SHARE + (1 - START_SHARE) * position / WARM_SHARE)
    return peak * (END_SHARE + (1 - END_SHARE) * (1 - position) / (1 - WARM_SHARE))
