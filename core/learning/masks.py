"""Which single weights are zero and must stay so while a network is fine-tuned."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Masks = Mapping[str, NDArray[np.bool_]]


def masks_of(model: Any) -> dict[str, NDArray[np.bool_]]:
    """Return, by a kernel's path, True where a weight is not zero; kernels without zeros are left out."""
    masks = {}
    for variable in model.trainable_variables:
        kept = np.asarray(variable) != 0
        if variable.name.endswith("kernel") and not kept.all():
            masks[variable.path] = kept
    return masks
