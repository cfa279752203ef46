from pathlib import Path

import pytest

from core.records import Place
from core.telemetry import library, surroundings


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return tmp_path


def put(root: Path, path: str, text: str = "") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_plain_machine_is_one(root: Path) -> None:
    put(root, "proc/version", "Linux version 6.1.0-amd64")
    put(root, "proc/1/cgroup", "0::/init.scope")
    assert surroundings.place(root) is Place.MACHINE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".dockerenv", ""),
        ("run/.containerenv", ""),
        ("proc/1/cgroup", "12:cpu:/kubepods/besteffort/pod1"),
        ("proc/1/cgroup", "0::/docker/0123"),
    ],
)
def test_a_container_is_recognised_by_its_marks(root: Path, path: str, text: str) -> None:
    put(root, path, text)
    assert surroundings.place(root) is Place.CONTAINER


def test_wsl2_is_recognised_by_its_kernel(root: Path) -> None:
    put(root, "proc/version", "Linux version 5.15.153.1-microsoft-standard-WSL2")
    assert surroundings.place(root) is Place.WSL2


def test_nvidia_cards_on_the_bus_are_counted_without_a_driver(root: Path) -> None:
    for number, (vendor, kind) in enumerate(
        [("0x10de", "0x030200"), ("0x10de", "0x030000"), ("0x10de", "0x040300"), ("0x8086", "0x030000")]
    ):
        put(root, f"sys/bus/pci/devices/{number}/vendor", f"{vendor}\n")
        put(root, f"sys/bus/pci/devices/{number}/class", f"{kind}\n")
    assert surroundings.cards_on_bus(root) == 2
    assert surroundings.cards_on_bus(root / "nowhere") is None


def test_the_loaded_module_tells_its_version(root: Path) -> None:
    text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 22:20:39 UTC 2023\n"
    put(root, "proc/driver/nvidia/version", text)
    assert surroundings.module_version(root) == "535.54.03"
    open_text = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n"
    put(root, "proc/driver/nvidia/version", open_text)
    assert surroundings.module_version(root) == "570.86.15"
    assert surroundings.module_version(root / "nowhere") is None


def test_a_library_that_was_replaced_or_removed_is_not_the_one_in_use(tmp_path: Path) -> None:
    file = tmp_path / library.NAME
    file.write_text("old")
    loaded = library.identity(str(file))
    assert not library.is_replaced(loaded)
    (tmp_path / "new").write_text("new")
    (tmp_path / "new").replace(file)
    assert library.is_replaced(loaded)
    file.unlink()
    assert library.is_replaced(loaded)
    assert not library.is_replaced(None)
