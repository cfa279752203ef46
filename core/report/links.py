"""Addresses inside the dashboard, in the words that its pages read."""

from collections.abc import Sequence

SEPARATOR = ","


def side_by_side(run_ids: Sequence[str]) -> dict[str, str]:
    """Return the parameters of the compare page that set these runs side by side."""
    return {"view": "side", "selected": SEPARATOR.join(run_ids)}
