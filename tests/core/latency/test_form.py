from pathlib import Path

import pytest

from core.latency.form import form
from core.latency.measurement import compare, measure
from core.latency.protocol import Effort
from core.latency.subject import Subject
from core.records import Runtime
from tests.core.latency.conftest import LITERT


@pytest.mark.parametrize("runtime", LITERT)
def test_a_file_tells_how_it_calculates(runtime: Runtime, prepared: Subject) -> None:
    assert form(prepared.files[runtime]) is runtime


def test_a_file_that_is_cut_off_or_none_at_all_counts_as_float(prepared: Subject, tmp_path: Path) -> None:
    content = prepared.files[Runtime.LITERT_INT8].read_bytes()
    path = tmp_path / "broken.tflite"
    for broken in (b"", b"no flatbuffer" * 100, b"\xff" * 4 + b"TFL3" + b"\xff" * 500):
        path.write_bytes(broken)
        assert form(path) is Runtime.LITERT_FP32
    for length in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:length])
        assert form(path) in LITERT


def test_a_file_is_measured_under_the_name_of_what_it_is(prepared: Subject, short: Effort) -> None:
    (row,) = measure(prepared.files[Runtime.LITERT_INT8], effort=short)
    assert (row.runtime, row.error) == (Runtime.LITERT_INT8, None)


def test_files_of_two_forms_are_compared_and_each_row_names_its_own(prepared: Subject, short: Effort) -> None:
    paths = [prepared.files[Runtime.LITERT_FP16], prepared.files[Runtime.LITERT_FP32]]
    ((half,), (full,)) = compare(paths, baseline=1, effort=short)
    assert (half.runtime, full.runtime) == (Runtime.LITERT_FP16, Runtime.LITERT_FP32)
    assert half.speedup is not None


def test_a_file_is_not_measured_as_what_it_is_not(prepared: Subject, short: Effort) -> None:
    asked = (Runtime.LITERT_FP32, Runtime.LITERT_DYNAMIC)
    no, yes = measure(prepared.files[Runtime.LITERT_DYNAMIC], runtimes=asked, effort=short)
    assert no.runtime is Runtime.LITERT_FP32
    assert no.error is not None
    assert "has no file for litert-fp32; it can run on: litert-dynamic" in no.error
    assert (yes.runtime, yes.error) == (Runtime.LITERT_DYNAMIC, None)
