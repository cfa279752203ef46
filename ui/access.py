"""Who may do what: everybody may look and test digits; changing runs needs `may_change`."""

from core.text import t
from ui import resources


def refusal() -> str:
    """Return why this visitor cannot change runs, or nothing where they can."""
    reason = resources.engine().read_only
    return t("Only looking is possible here: {reason}", reason=reason) if reason else ""


def may_change() -> bool:
    """Whether this visitor may start, cancel, rename and delete runs."""
    return not refusal()
