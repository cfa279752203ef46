"""Records to JSON and back.

Unknown fields are ignored and missing ones take their default, so old files stay readable.
"""

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

Record = TypeVar("Record")


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(record: Any) -> str:
    """Return one line of JSON; enums become their values, paths strings, NaN and infinity null."""
    text: str = _adapter(type(record)).dump_json(record).decode()
    return text


def from_json(kind: type[Record], text: str | bytes) -> Record:
    """Return the `kind` that `text` holds; raises ValueError where a field has the wrong type."""
    record: Record = _adapter(kind).validate_json(text)
    return record


def to_dict(record: Any) -> dict[str, Any]:
    """Return what `to_json` writes, as plain dictionaries and lists."""
    data: dict[str, Any] = json.loads(to_json(record))
    return data


def from_dict(kind: type[Record], data: object) -> Record:
    """Return the `kind` that plain dictionaries and lists describe."""
    record: Record = _adapter(kind).validate_python(data)
    return record
