"""Whether a converted network still is the network: rules over its answers to test images. Pure."""

from dataclasses import dataclass

from core.records import Runtime

SAME_LABELS = 0.998
LARGEST_DIFFERENCE = {Runtime.LITERT_FP16: 0.02}
DEFAULT_DIFFERENCE = 0.005
QUANTISED = (Runtime.LITERT_INT8, Runtime.LITERT_DYNAMIC)
LOST_ACCURACY = 0.01


@dataclass(frozen=True, slots=True)
class Answers:
    """Share of equal labels, largest difference of a probability, accuracies on the same images."""

    agreement: float
    max_difference: float | None
    accuracy: float
    reference_accuracy: float


def mismatch(runtime: Runtime, answers: Answers) -> str | None:
    """Return why these answers are not the Keras network's, or None where they are.

    Quantised networks are judged by their accuracy (at most one point lost), others by label and probability.
    """
    if runtime in QUANTISED:
        lost = answers.reference_accuracy - answers.accuracy
        if lost <= LOST_ACCURACY:
            return None
        return (
            f"is right on {answers.accuracy:.1%} of the test images where Keras is on "
            f"{answers.reference_accuracy:.1%} (allowed loss: {LOST_ACCURACY:.1%})"
        )
    limit = LARGEST_DIFFERENCE.get(runtime, DEFAULT_DIFFERENCE)
    if answers.max_difference is None:
        return "gives another number of outputs than the Keras network"
    if answers.agreement < SAME_LABELS or not answers.max_difference <= limit:
        return (
            f"agrees with Keras on {answers.agreement:.1%} of the test images, largest difference "
            f"{answers.max_difference:.3g} (allowed: {SAME_LABELS:.1%} and {limit:g})"
        )
    return None
