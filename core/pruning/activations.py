"""Which functions act on each channel alone, which mix channels, and which are not known."""

from typing import Any

ELEMENTWISE = frozenset(
    {
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "linear",
        "log_sigmoid",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparse_sigmoid",
        "squareplus",
        "swish",
        "tanh",
        "tanh_shrink",
        "threshold",
    }
)
MIXING = frozenset({"softmax", "log_softmax", "sparsemax"})


def mixes(function: Any) -> bool | None:
    """Return whether `function` mixes the last axis; None where that is not known, or it splits channels."""
    if function is None:
        return False
    name, module = getattr(function, "__name__", ""), getattr(function, "__module__", "")
    if not module.startswith("keras.") or name not in ELEMENTWISE | MIXING:
        return None
    return name in MIXING
