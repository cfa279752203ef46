from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from core.records import DriverState, GpuReading, GpuState, Throttle
from core.telemetry.gpu import FIELDS
from tests.nvml import fake
from tests.nvml.conftest import Machine

NOT_SUPPORTED, NO_PERMISSION, LOST, RESET, MISMATCH, UNKNOWN = 3, 4, 15, 16, 18, 999

QUESTIONS = {
    "nvmlDeviceGetName": ("name",),
    "nvmlDeviceGetUUID": ("uuid",),
    "nvmlDeviceGetPciInfo_v3": ("pci_bus_id",),
    "nvmlDeviceGetUtilizationRates": ("utilization_percent", "memory_utilization_percent"),
    "nvmlDeviceGetPowerUsage": ("power_w",),
    "nvmlDeviceGetTotalEnergyConsumption": ("energy_j",),
    "nvmlDeviceGetClockInfo": ("sm_clock_mhz", "memory_clock_mhz"),
    "nvmlDeviceGetMaxClockInfo": ("sm_clock_max_mhz", "memory_clock_max_mhz"),
    "nvmlDeviceGetTemperatureThreshold": (
        "temperature_slowdown_c",
        "temperature_shutdown_c",
        "temperature_max_c",
    ),
    "nvmlDeviceGetPerformanceState": ("performance_state",),
    "nvmlDeviceGetEccMode": ("ecc_enabled", "ecc_corrected_errors", "ecc_uncorrected_errors"),
    "nvmlDeviceGetTotalEccErrors": ("ecc_corrected_errors", "ecc_uncorrected_errors"),
    "nvmlDeviceGetMigMode": ("mig_enabled", "mig_instances"),
    "nvmlDeviceGetPcieThroughput": ("pcie_rx_bytes_per_s", "pcie_tx_bytes_per_s"),
}
ALTERNATIVES = {
    "nvmlDeviceGetMemoryInfo_v2": ("nvmlDeviceGetMemoryInfo", "memory_used_bytes"),
    "nvmlDeviceGetEnforcedPowerLimit": ("nvmlDeviceGetPowerManagementLimit", "power_limit_w"),
    "nvmlDeviceGetTemperature": ("nvmlDeviceGetTemperatureV", "temperature_c"),
    "nvmlDeviceGetCurrentClocksEventReasons": (
        "nvmlDeviceGetCurrentClocksThrottleReasons",
        "throttle_reasons",
    ),
    "nvmlDeviceGetComputeRunningProcesses_v3": ("nvmlDeviceGetComputeRunningProcesses_v2", "processes"),
}
LEGITIMATE = {
    "a100": {"fan_percent"},
    "h100": {"fan_percent"},
    "rtx": {"ecc_enabled", "ecc_corrected_errors", "ecc_uncorrected_errors", "mig_enabled", "mig_instances"},
}


def missing(reading: GpuReading) -> set[str]:
    return {field for field in FIELDS if getattr(reading, field) is None}


def test_values_move_and_energy_only_grows(machine: Machine) -> None:
    machine.play(fake.gpu(0))
    (first,) = machine.ask()
    readings = [machine.ask()[0] for _ in range(3) if not machine.play(fake.gpu(0))]
    energies = [reading.energy_j or 0 for reading in (first, *readings)]
    assert energies == sorted(energies)
    assert energies[-1] > energies[0] > 0
    assert len({reading.power_w for reading in readings}) > 1


def test_units_are_those_in_the_names(machine: Machine) -> None:
    machine.play(
        fake.gpu(0),
        "set 0 nvmlDeviceGetPowerUsage 250123",
        "set 0 nvmlDeviceGetTotalEnergyConsumption 7500",
        "set 0 nvmlDeviceGetPcieThroughput 2000",
        "set 0 nvmlDeviceGetMemoryInfo_v2 1048576",
    )
    (reading,) = machine.ask(with_pcie=True)
    assert (reading.power_w, reading.energy_j) == (250.123, 7.5)
    assert reading.pcie_rx_bytes_per_s == 2000 * 1024
    assert reading.memory_used_bytes == 1048576


@pytest.mark.parametrize("profile", LEGITIMATE)
def test_a_healthy_gpu_tells_everything_that_its_kind_supports(machine: Machine, profile: str) -> None:
    machine.play(fake.gpu(0, profile))
    (reading,) = machine.ask(with_pcie=True)
    assert missing(reading) == LEGITIMATE[profile]
    assert set(reading.reasons) == LEGITIMATE[profile]
    assert reading.state is GpuState.OK


def test_hopper_thresholds_come_from_the_distance_to_the_limit(machine: Machine) -> None:
    machine.play(fake.gpu(0, "h100"), "set 0 nvmlDeviceGetTemperature 60")
    (reading,) = machine.ask()
    assert reading.temperature_c == 60
    assert (reading.temperature_slowdown_c, reading.temperature_shutdown_c) == (89, 95)
    assert reading.temperature_max_c == 87


def test_two_different_gpus_keep_their_own_readings(machine: Machine) -> None:
    machine.play(fake.gpu(0, "a100", [7, 8]), fake.gpu(1, "rtx"))
    a100, rtx = machine.ask()
    assert (a100.name, rtx.name) == ("NVIDIA A100-SXM4-80GB", "NVIDIA GeForce RTX 4090")
    assert a100.uuid != rtx.uuid
    assert a100.memory_total_bytes != rtx.memory_total_bytes
    assert a100.reasons["fan_percent"] == "not supported by this GPU"
    assert rtx.fan_percent is not None
    assert [process.pid for process in a100.processes or ()] == [7, 8]
    assert rtx.processes == ()


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_field_fails_alone_and_says_why(machine: Machine, question: str) -> None:
    machine.play(fake.gpu(0), f"fail 0 {question} {NOT_SUPPORTED}")
    (reading,) = machine.ask(with_pcie=True)
    lost = set(QUESTIONS[question])
    assert missing(reading) == lost | LEGITIMATE["a100"]
    assert {reading.reasons[field] for field in lost} == {"not supported by this GPU"}
    assert reading.state is GpuState.OK


@pytest.mark.parametrize("question", ALTERNATIVES)
def test_an_older_way_to_ask_is_used_where_the_newer_is_refused(machine: Machine, question: str) -> None:
    other, field = ALTERNATIVES[question]
    machine.play(fake.gpu(0, pids=[5]), f"fail 0 {question} {NOT_SUPPORTED}")
    assert getattr(machine.ask()[0], field) is not None
    machine.play(fake.gpu(0), f"fail 0 {question} {NOT_SUPPORTED}", f"fail 0 {other} {NOT_SUPPORTED}")
    (reading,) = machine.ask(20.0)
    assert getattr(reading, field) is None
    assert reading.reasons[field].startswith("not supported")


@pytest.mark.parametrize("code", [*range(1, 31), UNKNOWN, 4242])
def test_no_return_code_ends_the_readings(machine: Machine, code: int) -> None:
    machine.play(fake.gpu(0), fake.gpu(1), f"fail 0 nvmlDeviceGetPowerUsage {code}")
    first, second = machine.ask()
    assert first.power_w is None
    assert first.reasons["power_w"]
    assert second.power_w is not None
    assert machine.driver.reading.state is DriverState.OK


@pytest.mark.parametrize("code", [1, 2, 4, 6, 9, 15, 16, 18, 28, 999])
def test_a_refusal_of_everything_is_a_state_and_not_a_crash(machine: Machine, code: int) -> None:
    machine.play(fake.gpu(0))
    machine.ask()
    everything = (*QUESTIONS, *ALTERNATIVES, *(old for old, _ in ALTERNATIVES.values()))
    machine.play(fake.gpu(0), *(f"fail 0 {question} {code}" for question in everything))
    (reading,) = machine.ask(20.0)
    assert reading.utilization_percent is None
    assert reading.reasons["utilization_percent"]


def test_a_field_that_comes_back_is_shown_again(machine: Machine) -> None:
    machine.play(fake.gpu(0), f"fail 0 nvmlDeviceGetPowerUsage {NOT_SUPPORTED}")
    assert machine.ask()[0].power_w is None
    machine.play(fake.gpu(0))
    assert machine.ask()[0].power_w is None
    (reading,) = machine.ask(15.0)
    assert reading.power_w is not None
    assert "power_w" not in reading.reasons


def test_a_lost_gpu_keeps_its_name_while_the_other_goes_on(machine: Machine) -> None:
    machine.play(fake.gpu(0), fake.gpu(1), "lost 0 60")
    assert machine.ask()[0].state is GpuState.OK
    readings = [machine.ask() for _ in range(8)]
    lost, other = readings[-1]
    assert lost.state is GpuState.LOST
    assert lost.name == "NVIDIA A100-SXM4-80GB"
    assert lost.uuid == fake.UUIDS[0]
    assert {lost.reasons[field] for field in ("power_w", "utilization_percent")} == {"the GPU is lost"}
    assert missing(other) == {"fan_percent", "pcie_rx_bytes_per_s", "pcie_tx_bytes_per_s"}
    assert machine.driver.reading.state is DriverState.OK


def test_a_gpu_that_returns_is_read_again(machine: Machine) -> None:
    machine.play(fake.gpu(0), "lost 0 0")
    assert machine.ask()[0].state is GpuState.LOST
    machine.play(fake.gpu(0))
    assert machine.ask(5.0)[0].state is GpuState.OK
    assert machine.ask()[0].power_w is not None


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (LOST, GpuState.LOST),
        (RESET, GpuState.RESET),
        (NO_PERMISSION, GpuState.NO_PERMISSION),
        (UNKNOWN, GpuState.FAILED),
    ],
)
def test_a_gpu_that_cannot_be_opened_says_why(machine: Machine, code: int, state: GpuState) -> None:
    machine.play(fake.gpu(0), fake.gpu(1), f"fail 0 nvmlDeviceGetHandleByIndex_v2 {code}")
    shut, open_ = machine.ask()
    assert shut.state is state
    assert shut.reasons["state"] == shut.reasons["power_w"]
    assert open_.state is GpuState.OK


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (MISMATCH, DriverState.MISMATCH),
        (9, DriverState.NOT_LOADED),
        (NO_PERMISSION, DriverState.NO_PERMISSION),
        (28, DriverState.NO_GPU),
        (UNKNOWN, DriverState.FAILED),
        (4242, DriverState.FAILED),
    ],
)
def test_a_refusal_at_the_start_is_told_apart_and_tried_again(
    machine: Machine, code: int, state: DriverState
) -> None:
    machine.play(f"init {code}", fake.gpu(0))
    assert machine.ask() == ()
    assert machine.driver.reading.state is state
    machine.play(fake.gpu(0))
    assert machine.ask() == ()
    assert len(machine.ask(5.0)) == 1
    assert machine.driver.reading.state is DriverState.OK


def test_without_a_gpu_the_driver_still_tells_its_versions(machine: Machine) -> None:
    machine.play("driver 535.54.03")
    assert machine.ask() == ()
    assert machine.driver.reading.state is DriverState.NO_GPU
    assert machine.driver.reading.driver_version == "535.54.03"
    machine.play(fake.gpu(0))
    assert len(machine.ask(5.0)) == 1


def test_a_gpu_that_joins_is_seen(machine: Machine) -> None:
    machine.play(fake.gpu(0))
    assert len(machine.ask()) == 1
    machine.play(fake.gpu(0), fake.gpu(1, "rtx"))
    assert len(machine.ask(5.0)) == 2


def test_a_driver_that_is_closed_is_started_again_at_once(machine: Machine) -> None:
    machine.play(fake.gpu(0))
    machine.ask()
    machine.play("init 1", fake.gpu(0))
    machine.ask()
    assert machine.driver.gpus == []
    machine.play(fake.gpu(0))
    machine.ask()
    machine.ask(5.0)
    assert machine.driver.reading.state is DriverState.OK


def test_a_failing_count_later_does_not_lose_the_gpus(machine: Machine) -> None:
    machine.play(fake.gpu(0))
    machine.ask()
    machine.play(fake.gpu(0), f"count {UNKNOWN}")
    (reading,) = machine.ask(6.0)
    assert reading.power_w is not None


def test_a_library_that_comes_and_goes_is_noticed(
    machine: Machine, older: Callable[[Sequence[str]], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "not-there-yet"
    machine.install(folder / fake.NAME)
    machine.play(fake.gpu(0))
    assert machine.ask() == ()
    assert machine.driver.reading.state is DriverState.NO_DRIVER
    fake.build(folder)
    assert len(machine.ask(5.0)) == 1
    (folder / fake.NAME).unlink()
    assert machine.ask(5.0) == ()
    assert machine.driver.reading.state is DriverState.NO_DRIVER


def test_a_divided_gpu_shows_its_instances_and_no_utilisation(machine: Machine) -> None:
    machine.play(fake.gpu(0), "mig 0 2")
    (reading,) = machine.ask()
    assert reading.state is GpuState.MIG
    assert reading.mig_enabled
    assert reading.reasons["utilization_percent"] == "not supported by this GPU"
    assert reading.memory_used_bytes is not None
    first, second = reading.mig_instances or ()
    assert (first.gpu_instance_id, second.gpu_instance_id) == (1, 2)
    assert first.uuid != second.uuid
    assert first.num_multiprocessors == 14
    assert first.memory_total_bytes == (reading.memory_total_bytes or 0) // 8


def test_an_older_driver_without_newer_functions_is_asked_the_old_way(
    machine: Machine, older: Callable[[Sequence[str]], Path]
) -> None:
    newer = [*ALTERNATIVES, "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetMigMode"]
    machine.install(older(newer))
    machine.play(fake.gpu(0, pids=[5]))
    (reading,) = machine.ask()
    for _, field in ALTERNATIVES.values():
        assert getattr(reading, field) is not None, field
    assert reading.reasons["energy_j"] == "not supported by the installed driver"
    assert reading.reasons["mig_enabled"] == "not supported by the installed driver"


LISTS = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses")


@pytest.mark.parametrize(
    "missing", [[f"{LISTS[0]}_v3"], [f"{LISTS[1]}_v3"], [f"{name}_v3" for name in LISTS]]
)
def test_processes_are_listed_by_the_older_function_where_the_newer_is_not_there(
    machine: Machine, older: Callable[[Sequence[str]], Path], missing: Sequence[str]
) -> None:
    machine.install(older([f"{name}_v3" for name in missing]))
    machine.play(fake.gpu(0, pids=[5, 6]))
    (reading,) = machine.ask()
    assert [(process.pid, process.kind) for process in reading.processes or ()] == [
        (5, "compute"),
        (6, "compute"),
    ]


def test_a_driver_that_lists_no_processes_says_so_and_one_without_graphics_lists_the_others(
    machine: Machine, older: Callable[[Sequence[str]], Path]
) -> None:
    machine.install(older([f"{LISTS[1]}_v3", f"{LISTS[1]}_v2"]))
    machine.play(fake.gpu(0, pids=[5]))
    assert [process.pid for process in machine.ask()[0].processes or ()] == [5]
    machine.driver.close()
    machine.install(older([f"{LISTS[0]}_v3", f"{LISTS[0]}_v2"]))
    (reading,) = machine.ask(20.0)
    assert reading.processes is None
    assert reading.reasons["processes"] == "not supported by the installed driver"


def test_sixteen_gpus_are_all_read(machine: Machine) -> None:
    machine.play(*(fake.gpu(index, "h100") for index in range(16)))
    readings = machine.ask()
    assert [reading.index for reading in readings] == list(range(16))
    assert len({reading.key for reading in readings}) == 16
    assert all(reading.power_w for reading in readings)


def test_names_that_are_no_text_are_shown_without_their_odd_bytes(machine: Machine) -> None:
    machine.play(fake.gpu(0), f"name 0 {b'GPU '.hex()}ff0a{b' X'.hex()}")
    assert machine.ask()[0].name == "GPU \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} X"


def test_a_process_list_that_grows_while_it_is_read_is_read_again(machine: Machine) -> None:
    machine.play(fake.gpu(0, pids=[11, 12, 13]), "grow")
    (reading,) = machine.ask()
    assert [process.pid for process in reading.processes or ()] == [11, 12, 13]
    assert [process.memory_bytes for process in reading.processes or ()] == [2 << 30, None, None]
    assert (reading.processes or ())[0].name == "trainer-11"


@pytest.mark.parametrize(
    ("question", "value", "field"),
    [
        ("nvmlDeviceGetPowerUsage", 2**32 - 1, "power_w"),
        ("nvmlDeviceGetTotalEnergyConsumption", 2**64 - 1, "energy_j"),
        ("nvmlDeviceGetMemoryInfo_v2", 2**64 - 1, "memory_used_bytes"),
        ("nvmlDeviceGetUtilizationRates", 4294967295, "utilization_percent"),
        ("nvmlDeviceGetUtilizationRates", 130, "utilization_percent"),
        ("nvmlDeviceGetPerformanceState", 32, "performance_state"),
    ],
)
def test_a_value_that_cannot_be_is_no_value(machine: Machine, question: str, value: int, field: str) -> None:
    machine.play(fake.gpu(0), f"set 0 {question} {value}")
    (reading,) = machine.ask()
    assert getattr(reading, field) is None
    assert reading.reasons[field]


def test_a_fan_may_turn_faster_than_its_hundred_percent(machine: Machine) -> None:
    machine.play(fake.gpu(0, "rtx"), "set 0 nvmlDeviceGetFanSpeed 108")
    assert machine.ask()[0].fan_percent == 108


def test_clock_reasons_are_words_also_those_of_newer_drivers(machine: Machine) -> None:
    machine.play(fake.gpu(0), f"set 0 nvmlDeviceGetCurrentClocksEventReasons {0x4 | 0x40 | 1 << 40}")
    assert machine.ask()[0].throttle_reasons == (Throttle.POWER_CAP, Throttle.HW_THERMAL, Throttle.OTHER)


def test_pcie_is_read_only_when_it_is_asked_for(machine: Machine) -> None:
    machine.play(fake.gpu(0))
    assert machine.ask()[0].reasons["pcie_rx_bytes_per_s"] == "read only while somebody looks at it"
    assert machine.ask(1.0, with_pcie=True)[0].pcie_rx_bytes_per_s is not None
    assert machine.ask()[0].pcie_rx_bytes_per_s is None


def test_gpus_that_claim_one_uuid_still_have_keys_of_their_own(machine: Machine) -> None:
    machine.play(fake.gpu(0), fake.gpu(1).replace(fake.UUIDS[1], fake.UUIDS[0]))
    readings = machine.ask()
    assert len({reading.key for reading in readings}) == 2


def test_error_correction_that_is_off_counts_nothing(machine: Machine) -> None:
    machine.play(fake.gpu(0), "set 0 nvmlDeviceGetEccMode 0")
    (reading,) = machine.ask()
    assert reading.ecc_enabled is False
    assert reading.reasons["ecc_corrected_errors"] == "error correction is switched off"


def test_a_reading_holds_a_value_or_a_reason_for_every_field(machine: Machine) -> None:
    machine.play(fake.gpu(0), fake.gpu(1, "rtx"), "lost 1 3")
    for reading in (*machine.ask(), *machine.ask()):
        values = asdict(reading)
        assert all(values[field] is not None or reading.reasons.get(field) for field in FIELDS)
        assert not any(values[field] is not None and field in reading.reasons for field in FIELDS)
