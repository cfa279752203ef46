import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.records import DriverReading, DriverState, GpuReading, GpuState, Place, Throttle
from core.settings import ROOT
from core.telemetry import refusal, words


@pytest.mark.parametrize("state", DriverState)
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("cards", [None, 0, 1])
def test_every_state_of_the_driver_has_words(state: DriverState, place: Place, cards: int | None) -> None:
    notice = words.driver_notice(DriverReading(state=state, place=place, num_cards_on_bus=cards))
    assert notice.title[0].isupper()
    assert bool(notice.fix) == (state not in (DriverState.STARTING, DriverState.OK))


def test_states_are_told_apart() -> None:
    titles = [words.driver_notice(DriverReading(state=state)).title for state in DriverState]
    assert len(set(titles)) == len(DriverState)


def test_a_mismatch_says_what_to_do_and_which_module_runs() -> None:
    reading = DriverReading(state=DriverState.MISMATCH, module_version="535.54.03")
    assert "535.54.03" in words.driver_notice(reading).fix
    assert "Restart the machine" in words.driver_notice(reading).fix
    in_container = replace(reading, place=Place.CONTAINER)
    assert "container" in words.driver_notice(in_container).fix


def test_no_driver_is_worse_where_there_is_a_card() -> None:
    assert words.driver_notice(DriverReading(state=DriverState.NO_DRIVER, num_cards_on_bus=1)).is_bad
    without = words.driver_notice(DriverReading(state=DriverState.NO_DRIVER, num_cards_on_bus=0))
    assert not without.is_bad
    assert "no NVIDIA GPU" in without.title


@pytest.mark.parametrize("state", [state for state in GpuState if state is not GpuState.OK])
def test_every_gpu_that_is_not_well_has_a_notice(state: GpuState) -> None:
    notice = words.gpu_notice(
        GpuReading(t=0, index=3, key="x", state=state, reasons={"state": "unknown error"})
    )
    assert notice is not None
    assert notice.is_bad == (state is not GpuState.MIG)
    assert words.gpu_state_name(state)


def test_a_healthy_gpu_has_none() -> None:
    assert words.gpu_notice(GpuReading(t=0, index=0, key="x")) is None


def test_every_reason_for_the_clocks_has_words() -> None:
    assert words.throttle_words(()) == "full speed"
    told = [words.throttle_words((reason,)) for reason in Throttle]
    assert len(set(told)) == len(Throttle)


def test_every_fixed_reason_of_a_refusal_is_known_to_the_catalogue() -> None:
    fixed = {found.reason for found in refusal._REFUSALS.values()}
    fixed |= {refusal.NOT_READ.reason, refusal.ON_DEMAND.reason, refusal.ECC_OFF.reason}
    host = Path(ROOT / "core/telemetry/host.py").read_text()
    fixed |= set(re.findall(r'"((?:not supported|no permission)[^"]*)"', host))
    assert fixed <= set(words.REASONS)
