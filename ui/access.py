"""Who may do what: everybody may look and test digits; changing runs needs `may_change`.

On this machine and on a trusted network that is everybody. With PRUNING_LAB_NETWORK=login it is those whose
address `[access] editors` in secrets.toml names, with * for any part; other people who log in are viewers.
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import EngineError, LabError
from core.settings import Network, settings
from core.text import t
from ui import resources, words

if TYPE_CHECKING:
    from core.engine import Engine


def must_log_in() -> bool:
    """Whether this visitor may see nothing before a login."""
    return settings().network is Network.LOGIN and not _is_logged_in()


def draw_login() -> None:
    """Draw the way in, or say what is missing for it."""
    st.title(t("Pruning Lab"), anchor=False)
    if not _secrets("auth"):
        st.error(
            t(
                "PRUNING_LAB_NETWORK=login needs [auth] in .streamlit/secrets.toml; {file} shows how.",
                file="docs/security.md",
            )
        )
        return
    st.markdown(t("This dashboard is open to people who log in."))
    st.button(t("Log in"), type="primary", key="login", on_click=st.login)


def draw_visitor() -> None:
    """Draw who has logged in, as what, and the way out; nothing where nobody has to."""
    if settings().network is not Network.LOGIN:
        return
    role = t("may change runs") if may_change() else t("viewer")
    st.caption(f"{_address() or st.user.get('name', '')} · {role}")
    st.button(t("Log out"), key="logout", on_click=st.logout)


def refusal() -> str:
    """Return why this visitor cannot change runs, or nothing where they can."""
    if not is_editor():
        return t("You can look at everything and test digits; an editor can start and change runs.")
    if resources.is_starting():
        return ""  # known in a moment; who presses a button until then waits for it
    reason = resources.engine().read_only
    return t("Only looking is possible here: {reason}", reason=reason) if reason else ""


def may_change() -> bool:
    """Whether this visitor may start, cancel, rename and delete runs."""
    return not refusal()


def changing() -> "Engine":
    """Return the engine to change something; raises EngineError where this visitor must not.

    Hidden and disabled buttons are no protection: whoever speaks the protocol can press them.
    """
    engine = resources.engine()
    if reason := refusal():
        raise EngineError(reason)
    return engine


def attempt(change: Callable[["Engine"], object]) -> bool:
    """Make a change, or say in a notice why it cannot be made; return whether it was."""
    try:
        change(changing())
    except LabError as error:
        st.toast(words.plain(str(error)), icon="⚠️")
        return False
    return True


def is_editor() -> bool:
    """Whether this visitor's role allows changes."""
    if settings().network is not Network.LOGIN:
        return True
    return _is_logged_in() and is_listed(st.user.to_dict(), _editors())


def is_listed(user: Mapping[str, Any], editors: Iterable[str]) -> bool:
    """Whether a user's address, which the provider must not call unverified, matches one of `editors`."""
    address = str(user.get("email") or "").casefold()
    if not address or user.get("email_verified") is False:
        return False
    return any(fnmatchcase(address, pattern.casefold()) for pattern in editors)


def _editors() -> list[str]:
    return [str(pattern) for pattern in _secrets("access").get("editors", ())]


def _is_logged_in() -> bool:
    return bool(_secrets("auth")) and bool(st.user.get("is_logged_in"))


def _secrets(section: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = st.secrets.get(section, {})
    except FileNotFoundError:
        return {}
    return found


def _address() -> str:
    return str(st.user.get("email") or "")
