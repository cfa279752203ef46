"""Adam (Kingma & Ba 2015) as one kernel a weight. Knows neither networks nor data.

The same arithmetic as Keras's, in the same order; Keras builds it of a dozen operations a weight, which takes
longer to trace than the network itself and a tenth of a small network's step.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import tensorflow as tf

EPSILON = 1e-7


class Adam:
    """Both moments of each of `weights` (Keras variables), which `apply` moves in place."""

    def __init__(self, weights: Sequence[Any], beta_1: float, beta_2: float) -> None:
        self._betas = beta_1, beta_2
        zeros = [tf.zeros(weight.shape) for weight in weights]
        self._moments = [
            (weight.value, tf.Variable(zero), tf.Variable(zero))
            for weight, zero in zip(weights, zeros, strict=True)
        ]

    def apply(self, gradients: Sequence[Any], rate: Any) -> None:
        """Move every weight by its gradient (same order, same shapes) at the `rate` that `unbiased` gives."""
        beta_1, beta_2 = self._betas
        for (weight, first, second), gradient in zip(self._moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=0.0,  # `rate` corrects the bias already
                beta2_power=0.0,
                lr=rate,
                beta1=beta_1,
                beta2=beta_2,
                epsilon=EPSILON,
                grad=gradient,
            )

    def unbiased(self, rate: float, step: int) -> float:
        """Return `rate` for `step` (from 0), corrected for moments that began at zero."""
        beta_1, beta_2 = self._betas
        return rate * sqrt(1 - beta_2 ** (step + 1)) / (1 - beta_1 ** (step + 1))
