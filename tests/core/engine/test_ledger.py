"""Nothing that was asked to be written before the end is lost, and nothing asked after it seems written."""

import threading

import pytest

from core.engine.ledger import Ledger
from core.errors import StoreError


def test_what_a_write_asks_for_while_the_ledger_closes_is_still_written() -> None:
    ledger, written, began, go = Ledger(), [], threading.Event(), threading.Event()

    def conclude() -> None:
        began.set()
        assert go.wait(10)
        ledger.save("r", lambda: written.append("end"))
        ledger.then(lambda: ledger.then(lambda: written.append("told")))

    ledger.then(conclude)
    closing = threading.Thread(target=ledger.close)
    assert began.wait(10)
    closing.start()
    go.set()
    closing.join(10)
    assert not closing.is_alive()
    assert written == ["end", "told"]


def test_a_write_after_the_end_says_that_it_was_not_made() -> None:
    ledger = Ledger()
    ledger.close()
    with pytest.raises(StoreError, match="stopping"):
        ledger.write("r", lambda: None)
    ledger.close()
