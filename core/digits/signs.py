"""Whether an image in MNIST's form is rather some other sign: the answer of a small network of its own.

It was trained on digits and on signs that are none, see `core.learning.doubter`.
"""

from functools import cache

from core.inference import Network
from core.records.digit import Bytes, Floats
from core.settings import settings

NO_DIGIT = 10


@cache
def _network() -> Network:
    return Network(settings().doubter_file, "The network that knows digits from other signs", NO_DIGIT + 1)


def other_sign(images: Bytes) -> Floats:
    """Return how probably each of (n, 28, 28) uint8 images is some other sign, (n,) in 0..1."""
    probabilities, _ = _network().probabilities(images)
    return probabilities[:, NO_DIGIT]
