"""The queue and its supervisor; `engine()` is the one of this process.

Loads nothing before it is needed: a worker imports only the event lines from this room.
"""

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.engine.desk import Engine
    from core.settings import Settings

__all__ = ["Engine", "engine"]

_lock = threading.Lock()
_engine: "Engine | None" = None


def engine(options: "Settings | None" = None) -> "Engine":
    """Return the engine of this process; the first call starts it."""
    from core.engine.desk import Engine

    global _engine
    with _lock:
        if _engine is None or _engine.is_closed:
            _engine = Engine(options, spare=None)
        return _engine


def __getattr__(name: str) -> Any:
    if name == "Engine":
        from core.engine.desk import Engine

        return Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
