import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StoreError
from core.records import Window
from core.telemetry.trace import for_display, from_parquet, to_csv, to_parquet
from tests.core.telemetry.made_up import gpu, host, window


def same(one: Window, other: Window) -> bool:
    pairs = zip((one.host, *one.gpus), (other.host, *other.gpus), strict=True)
    return all(
        (a.key, a.label, a.index, a.uuid, a.limits) == (b.key, b.label, b.index, b.uuid, b.limits)
        and np.array_equal(a.series.t, b.series.t)
        and all(
            np.array_equal(a.series.values[f], b.series.values[f], equal_nan=True) for f in b.series.values
        )
        for a, b in pairs
    )


def test_a_trace_is_read_back_as_it_was_written() -> None:
    fan = np.full(301, np.nan)
    fan[5:] = 40.0
    read = window(gpu(0), gpu(1, fan_percent=fan, energy_j=1e9 + np.arange(301)))
    kept = replace(read, recorded_on="A100, 2026-11-24")
    back = from_parquet(to_parquet(kept))
    assert same(kept, back)
    assert (back.began, back.ended, back.recorded_on) == (kept.began, kept.ended, "A100, 2026-11-24")


def test_single_cores_stay_out_of_the_file() -> None:
    back = from_parquet(to_parquet(window()))
    assert not [field for field in back.host.series.values if field.startswith("core_")]
    assert "cpu_percent" in back.host.series.values


def test_a_trace_without_a_sample_is_still_a_trace() -> None:
    empty = window(of_host=host())
    empty = Window(began=0, ended=1, host=for_display(empty).host, gpus=())
    empty.host.series.values.clear()
    back = from_parquet(to_parquet(empty))
    assert back.gpus == ()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all", to_parquet(window())[:-40]])
def test_another_file_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(StoreError, match="run again"):
        from_parquet(content)


def test_the_csv_has_a_line_a_source_and_time_and_nothing_where_nothing_was_read() -> None:
    fan = np.full(301, np.nan)
    rows = list(csv.DictReader(io.StringIO(to_csv(window(gpu(0, fan_percent=fan))))))
    assert len(rows) == 602
    assert {row["source"] for row in rows} == {"Host", "GPU 0 · made up"}
    last = rows[-1]
    assert last["fan_percent"] == ""
    assert last["cpu_percent"] == ""
    assert float(last["power_w"]) == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", last["utc"])


def test_a_long_trace_is_thinned_for_the_browser() -> None:
    thin = for_display(window(gpu(energy_j=np.arange(301.0))), 50)
    assert len(thin.host.series.t) <= 52
    assert thin.gpus[0].series.values["energy_j"][-1] == 300
