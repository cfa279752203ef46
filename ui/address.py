"""Widgets whose value lives in the address, in the same words in every language.

`bind="query-params"` writes the formatted label, which changes with the language: a link made in one would
not open in the other. Here the address holds the plain value, and only where it differs from the default.
"""

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.report.links import SEPARATOR


class Address:
    """Collects what the widgets of one script run put into the address; `publish` once all are drawn."""

    def __init__(self) -> None:
        self._written: dict[str, str | None] = {}

    def pick(
        self,
        label: str,
        key: str,
        options: Sequence[str],
        default: str,
        name: Callable[[str], str] = str,
        **more: Any,
    ) -> str:
        """Draw a select box over plain values; one that is no longer offered becomes the default."""
        default = str(default)  # Streamlit compares a StrEnum by class and refuses it among strings
        self._seed(key, default, lambda raw: raw if raw in options else default)
        if st.session_state[key] not in options:
            st.session_state[key] = default
        value = st.selectbox(label, options, key=key, format_func=name, **more)
        return self._keep(key, value, default)

    def segments(
        self,
        label: str,
        key: str,
        options: Sequence[str],
        default: str,
        name: Callable[[str], str] = str,
        **more: Any,
    ) -> str:
        """Draw a segmented control of which exactly one is chosen."""
        default = str(default)
        self._seed(key, default, lambda raw: raw if raw in options else default)
        value = st.segmented_control(label, options, key=key, format_func=name, required=True, **more)
        return self._keep(key, value or default, default)

    def several(
        self, label: str, key: str, options: Sequence[str], name: Callable[[str], str] = str, **more: Any
    ) -> list[str]:
        """Draw a box for any number of plain values; those that are no longer offered fall out."""
        self._seed(key, [], lambda raw: raw.split(SEPARATOR))
        offered = set(options)
        st.session_state[key] = [value for value in st.session_state[key] if value in offered]
        value = st.multiselect(label, options, key=key, format_func=name, **more)
        self._written[key] = SEPARATOR.join(value) or None
        return list(value)

    def switch(self, label: str, key: str, default: bool, **more: Any) -> bool:
        """Draw a toggle, 1 or 0 in the address."""
        self._seed(key, default, lambda raw: raw == "1")
        value = bool(st.toggle(label, key=key, **more))
        self._written[key] = None if value is default else str(int(value))
        return value

    def number(self, label: str, key: str, **more: Any) -> float | None:
        """Draw a number field that may stay empty."""
        self._seed(key, None, lambda raw: _number(raw, more.get("min_value"), more.get("max_value")))
        value = st.number_input(label, key=key, value=None, **more)
        self._written[key] = None if value is None else f"{value:g}"
        return value

    def text(self, label: str, key: str, **more: Any) -> str:
        """Draw a line of free text."""
        self._seed(key, "", str)
        value = str(st.text_input(label, key=key, **more)).strip()
        self._written[key] = value or None
        return value

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

    def _seed(self, key: str, default: Any, parse: Callable[[str], Any]) -> None:
        if key not in st.session_state:
            raw = st.query_params.get(key)
            st.session_state[key] = default if raw is None else parse(raw)

    def _keep(self, key: str, value: str, default: str) -> str:
        self._written[key] = None if value == default else value
        return value


def link(page: str, **values: str | float | bool | Iterable[str] | None) -> str:
    """Return a relative address of `page` with `values`, as the widgets there would write it."""
    return f"{page}?{urlencode({key: _written(value) for key, value in values.items() if value is not None})}"


def _written(value: str | float | bool | Iterable[str]) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, int | float) else SEPARATOR.join(value)


def _number(raw: str, lowest: float | None, highest: float | None) -> float | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    inside = isfinite(value) and (lowest is None or value >= lowest) and (highest is None or value <= highest)
    return value if inside else None
