import json

from hypothesis import given
from hypothesis import strategies as st

from core.engine.events import Lines, decode, encode
from core.records import Event, EventKind

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(min_size=1).filter(lambda name: name not in ("kind", "t"))


@given(st.sampled_from(EventKind), st.dictionaries(NAMES, VALUES, max_size=4), st.floats(0, 2e9))
def test_an_event_survives_its_line(kind: EventKind, data: dict, t: float) -> None:
    line = encode(kind, data, t)
    assert line.count(b"\n") == 1
    assert decode(line.rstrip(b"\n")) == Event(kind, t, data)


@given(st.lists(st.binary().map(lambda b: b.replace(b"\n", b"")), max_size=6), st.data())
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, found = Lines(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert found == lines
    assert reader.rest() == b""


@given(st.binary())
def test_no_bytes_break_the_decoder(line: bytes) -> None:
    decode(line)
    decode(b'{"kind"' + line)


def test_half_a_line_is_kept_until_its_end_comes() -> None:
    reader = Lines()
    assert reader.feed(b'{"kind":"warn') == []
    assert reader.rest() == b'{"kind":"warn'
    assert reader.feed(b'ing","t":1}\n') == [b'{"kind":"warning","t":1}']


def test_an_endless_line_is_given_up_and_the_next_one_is_read() -> None:
    reader = Lines(longest=1000)
    for _ in range(100):
        assert reader.feed(b"x" * 100) == []
    reader.feed(b"\n")
    assert reader.feed(b"next\n") == [b"next"]


def test_what_is_no_event_is_none() -> None:
    good = {"kind": "step", "t": 1}
    assert decode(json.dumps(good, separators=(",", ":")).encode()) == Event(EventKind.STEP, 1.0, {})
    for bad in (
        b"",
        b"epoch 1",
        b'{"kind":"step"}',
        b'{"kind":"dance","t":1}',
        b'{"kind":"step","t":"soon"}',
    ):
        assert decode(bad) is None
