import gc
import sys

import pytest

from core.imports import lasting


def test_what_stays_is_not_searched_for_garbage_and_the_collector_goes_on_whatever_happens():
    kept: list[list[int]] = []

    def fails():
        with lasting():
            kept.append([])
            assert not gc.isenabled()
            raise TimeoutError

    with pytest.raises(TimeoutError):
        fails()
    assert gc.isenabled()
    assert not any(found is kept[0] for found in gc.get_objects())


def test_what_is_left_out_is_not_found_inside_and_found_again_afterwards(monkeypatch):
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with lasting(without=["wave", "json"]):
        import json  # was there before: it stays

        with pytest.raises(ImportError):
            import wave
    import wave

    assert wave
    assert json
