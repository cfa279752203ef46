"""Importing what is large and stays: Streamlit in the server, TensorFlow where it trains or measures."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

UNUSED_BY_KERAS = ("sklearn",)
"""Keras imports scikit-learn where it is there, for wrappers that nobody uses here: a fifth of the time."""


@contextmanager
def lasting(without: Sequence[str] = ()) -> Iterator[None]:
    """Collect no garbage inside, never look again through what was made there; `without` is not found there.

    The collector would walk some 300,000 objects again and again: a quarter of the time of these imports, and
    0.2 s at each full collection later. Cyclic garbage made inside is never freed.
    """
    hidden = [name for name in without if name not in sys.modules]
    gc.disable()
    try:
        # None in place of a module is Python's own sign that importing it fails; the stubs do not know it.
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.freeze()
        gc.enable()
