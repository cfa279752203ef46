"""Widgets whose value lives in the address, in the same words in every language.

`bind="query-params"` writes the formatted label, which changes with the language: a link made in one would
not open in the other. Here the address holds the plain value, and only where it differs from the default.

A widget starts from its own default parameter, not from a session value set before it: a visitor who acts
before the first run has ended would send the browser's idea of an untouched widget, which is empty.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import Any

import streamlit as st

from core.report.links import SEPARATOR

Name = Callable[[str], str]

_START, _PUT = "start-", "put-"


def put(key: str, value: Any) -> None:
    """Set a widget from a callback, before it is drawn again."""
    st.session_state[key] = value
    st.session_state[_PUT + key] = True


class Address:
    """Collects what the widgets of one script run put into the address; `publish` once all are drawn."""

    def __init__(self) -> None:
        self._written: dict[str, str | None] = {}

    def pick(
        self, label: str, key: str, options: Sequence[str], default: str, name: Name = str, **more: Any
    ) -> str:
        """Draw a select box over plain values."""
        default = str(default)  # Streamlit compares a StrEnum by class and refuses it among strings
        start = self._one_of(key, options, default)
        given = {"index": options.index(start[0])} if start and start[0] in options else {}
        value = st.selectbox(label, options, key=key, format_func=name, **given, **more)
        return self._keep(key, value, default)

    def segments(
        self, label: str, key: str, options: Sequence[str], default: str, name: Name = str, **more: Any
    ) -> str:
        """Draw a segmented control of which exactly one is chosen."""
        default = str(default)
        start = self._one_of(key, options, default)
        given = {"default": start[0]} if start else {}
        value = st.segmented_control(
            label, options, key=key, format_func=name, required=True, **given, **more
        )
        return self._keep(key, value or default, default)

    def several(
        self,
        label: str,
        key: str,
        options: Sequence[str],
        name: Name = str,
        older: Mapping[str, Sequence[str]] = MappingProxyType({}),
        **more: Any,
    ) -> list[str]:
        """Draw a box for any number of plain values; those that are no longer offered fall out.

        `older`: what addresses of earlier versions said, as values of today.
        """
        offered = set(options)
        if not offered.issuperset(st.session_state.get(key, ())):
            put(key, [value for value in st.session_state[key] if value in offered])
        start = self._start(key, [], lambda raw: older.get(raw) or raw.split(SEPARATOR))
        given = {"default": [value for value in start[0] if value in offered]} if start else {}
        value = st.multiselect(label, options, key=key, format_func=name, **given, **more)
        self._written[key] = SEPARATOR.join(value) or None
        return list(value)

    def switch(self, label: str, key: str, default: bool, **more: Any) -> bool:
        """Draw a toggle, 1 or 0 in the address."""
        start = self._start(key, default, lambda raw: raw == "1")
        given = {"value": start[0]} if start else {}
        value = bool(st.toggle(label, key=key, **given, **more))
        self._written[key] = None if value is default else str(int(value))
        return value

    def number(self, label: str, key: str, **more: Any) -> float | None:
        """Draw a number field that may stay empty."""
        start = self._start(key, None, lambda raw: _number(raw, more.get("min_value"), more.get("max_value")))
        value = st.number_input(label, key=key, value=start[0] if start else None, **more)
        self._written[key] = None if value is None else f"{value:g}"
        return value

    def text(self, label: str, key: str, **more: Any) -> str:
        """Draw a line of free text."""
        start = self._start(key, "", str)
        value = str(st.text_input(label, key=key, value=start[0] if start else "", **more)).strip()
        self._written[key] = value or None
        return value

    def is_given(self, *keys: str) -> bool:
        """Return whether one of these has a value: by the visitor, a callback or the address."""
        return any(st.session_state.get(key) or key in st.query_params for key in keys)

    def values(self) -> dict[str, str]:
        """Return what the address says once published."""
        before = st.query_params.to_dict()
        others = {key: value for key, value in before.items() if key not in self._written}
        return others | {key: value for key, value in self._written.items() if value is not None}

    def publish(self) -> None:
        """Write the values that differ from their default; leave the parameters of others alone."""
        after = self.values()
        if after != st.query_params.to_dict():
            st.query_params.from_dict(after)

    def _one_of(self, key: str, options: Sequence[str], default: str) -> tuple[Any, ...]:
        """Return what a choice starts from; a value that is no longer offered becomes the default."""
        if st.session_state.get(key, default) not in options:
            put(key, default)
        return self._start(key, default, lambda raw: raw if raw in options else default)

    def _start(self, key: str, default: Any, parse: Callable[[str], Any]) -> tuple[Any, ...]:
        """Return what the widget starts from, or nothing where a callback has just set it."""
        if st.session_state.pop(_PUT + key, False):
            return ()
        if key not in st.session_state:
            raw = st.query_params.get(key)
            st.session_state[_START + key] = default if raw is None else parse(raw)
        return (st.session_state.get(_START + key, default),)

    def _keep(self, key: str, value: str, default: str) -> str:
        self._written[key] = None if value == default else value
        return value


def _number(raw: str, lowest: float | None, highest: float | None) -> float | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    inside = isfinite(value) and (lowest is None or value >= lowest) and (highest is None or value <= highest)
    return value if inside else None
