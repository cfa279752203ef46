"""The table of rules: what is understood, by exact type, as a subclass may do anything."""

from collections.abc import Callable

from core.pruning import rules_shape, rules_weighted
from core.pruning.graph import Call
from core.pruning.visit import Reading, Visit

Rule = Callable[[Visit], Reading]

LAYERS: dict[type, Rule] = {**rules_weighted.RULES, **rules_shape.RULES}

INSIDE_APPLICATIONS: dict[str, Rule] = {
    "keras.src.applications.convnext.LayerScale": rules_weighted.scale,
    "keras.src.applications.convnext.StochasticDepth": rules_shape.unchanged,
    "keras.src.applications.inception_resnet_v2.CustomScaleLayer": rules_shape.merge,
}
"""Layers without a public name that keras.applications are built from."""


def rule_of(call: Call) -> Rule | None:
    """Return how the call's layer or keras.ops operation carries channels; None where that is not known."""
    kind = type(call.operation)
    if call.is_layer:
        return LAYERS.get(kind) or INSIDE_APPLICATIONS.get(f"{kind.__module__}.{kind.__name__}")
    is_keras = kind.__module__.startswith("keras.src.ops")
    return rules_shape.OPERATIONS.get(kind.__name__) if is_keras else None
