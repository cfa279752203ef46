"""The queue and its supervisor; `engine()` is the one of this process."""

import threading

from core.engine.desk import Engine
from core.settings import Settings

__all__ = ["Engine", "engine"]

_lock = threading.Lock()
_engine: Engine | None = None


def engine(options: Settings | None = None) -> Engine:
    """Return the engine of this process; the first call starts it."""
    global _engine
    with _lock:
        if _engine is None or _engine.is_closed:
            _engine = Engine(options)
        return _engine
