"""In which numbers a .tflite file of anybody's calculates, read from the types of its tensors.

Imports LiteRT's schema only: no interpreter runs a file that is not known yet.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.records import Runtime

_MARK = b"TFL3"
"""Every .tflite file has it after its first four bytes."""


def form(path: Path) -> Runtime:
    """Return the LiteRT runtime that tells how `path` calculates.

    Integers between its layers: int8. Else by its weights: integers are dynamic, float16 is fp16, all others
    fp32, as is a file that cannot be read: whoever loads it says what is wrong with it.
    """
    from ai_edge_litert.schema_py_generated import TensorType

    integers = {TensorType.INT4, TensorType.INT8, TensorType.UINT8, TensorType.INT16}
    try:
        weights, results = _types(path.read_bytes())
    except (struct.error, ValueError, IndexError, TypeError, OverflowError):
        return Runtime.LITERT_FP32
    if results & integers:
        return Runtime.LITERT_INT8
    if weights & integers:
        return Runtime.LITERT_DYNAMIC
    return Runtime.LITERT_FP16 if TensorType.FLOAT16 in weights else Runtime.LITERT_FP32


def _types(content: bytes) -> tuple[set[int], set[int]]:
    """Return the types of what the file brings along and of what its operations answer."""
    from ai_edge_litert.schema_py_generated import Model

    if content[4:8] != _MARK:
        raise ValueError("no .tflite file")
    model = Model.GetRootAs(content)
    weights: set[int] = set()
    results: set[int] = set()
    for number in _counted(model.SubgraphsLength(), content):
        graph = model.Subgraphs(number)
        answered = {
            int(place)
            for i in _counted(graph.OperatorsLength(), content)
            for place in _places(graph.Operators(i).OutputsAsNumpy())
        }
        given = {int(place) for place in _places(graph.InputsAsNumpy())}
        for place in _counted(graph.TensorsLength(), content):
            kind = graph.Tensors(place).Type()
            if place in answered:
                results.add(kind)
            elif place not in given:
                weights.add(kind)
    return weights, results


def _counted(count: int, content: bytes) -> Iterator[int]:
    """Return 0 to `count`; raises ValueError where a broken file claims more entries than it has room for."""
    if 4 * count > len(content):
        raise ValueError("more entries than bytes")
    return iter(range(count))


def _places(found: Any) -> Any:
    """Return an array as it is; flatbuffers answers 0 where there is none."""
    return () if isinstance(found, int) else found
