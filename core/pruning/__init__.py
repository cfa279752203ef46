"""Structured and unstructured pruning of any functional Keras 3 network; the library behind the dashboard.

`plan` says which channels go, `remove` takes them out, `mask` leaves them in but cut off, `sparsify` sets
single weights to zero. Nothing given is ever changed; what cannot be handled is a PruningError with layer and
reason.
"""

from core.pruning.inspection import changes, count_weights, macs, scores, structure
from core.pruning.latency_cost import latency_model
from core.pruning.planning import plan
from core.pruning.sensitivity import sensitivity
from core.pruning.sparsity import sparsify
from core.pruning.surgery import mask, remove

__all__ = [
    "changes",
    "count_weights",
    "latency_model",
    "macs",
    "mask",
    "plan",
    "remove",
    "scores",
    "sensitivity",
    "sparsify",
    "structure",
]
