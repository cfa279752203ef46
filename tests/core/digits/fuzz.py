"""Mutated files: strategies, the promise that they are held to, and a run of many in a process of its own.

python -m tests.core.digits.fuzz N    prints how many megabytes N files cost beyond the first good picture.
"""

import resource
import sys
import warnings
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ImageError
from tests.core.digits.pictures import bases, file_of, seven


def mutated(base: bytes, cuts: list[Any], bytes_at: list[Any], tail: bytes) -> bytes:
    data = bytearray(base)
    for place, value in bytes_at:
        data[place % len(data)] = value
    for start, length in cuts:
        del data[start % len(data) : start % len(data) + length]
        if not data:
            return tail
    return bytes(data) + tail


mutations = st.builds(
    mutated,
    st.sampled_from(list(bases().values())),
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 400)), max_size=2),
    st.lists(st.tuples(st.integers(0, 60_000) | st.integers(0, 120), st.integers(0, 255)), max_size=12),
    st.binary(max_size=40),
)


def no_exception_escapes(data: bytes) -> None:
    from core.digits import read

    said = "."
    try:
        digits = read(data, "fuzz").digits
    except ImageError as problem:
        digits, said = (), str(problem)
    assert said.endswith(".")
    assert all(digit.image.shape == (28, 28) for digit in digits)


def megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(number: int) -> None:
    no_exception_escapes(file_of(seven()))
    before = megabytes()
    warnings.simplefilter("ignore")
    many = settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=False,
    )
    many(given(mutations)(no_exception_escapes))()
    print(megabytes() - before)


if __name__ == "__main__":
    main(int(sys.argv[1]))
