from pathlib import Path

import pytest

from core.latency import energy


def rapl(folder: Path, **packages: tuple[str, int]) -> Path:
    for name, (kind, microjoules) in packages.items():
        zone = folder / name.replace("_", ":")
        zone.mkdir(parents=True)
        (zone / "name").write_text(f"{kind}\n")
        (zone / "energy_uj").write_text(f"{microjoules}\n")
    return folder


def test_all_packages_are_counted_and_nothing_inside_them_twice(tmp_path: Path) -> None:
    zones = {"intel-rapl_0": ("package-0", 2_000_000), "intel-rapl_1": ("package-1", 500_000)}
    rapl(tmp_path, **zones, **{"intel-rapl_0_0": ("core", 1_900_000)})
    assert energy.counter("cpu", tmp_path)() == pytest.approx(2.5)


def test_without_a_counter_the_answer_is_why(tmp_path: Path) -> None:
    assert "virtual machines" in str(energy.counter("cpu", tmp_path / "none")())
    assert energy.counter("cpu", tmp_path)() == "no processor package offers an energy counter (RAPL)"


def test_an_unreadable_counter_says_so(tmp_path: Path) -> None:
    rapl(tmp_path, **{"intel-rapl_0": ("package-0", 1)})
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("garbage")
    assert "cannot be read" in str(energy.counter("cpu", tmp_path)())


def test_joules_are_for_a_thousand_predictions() -> None:
    joules, note = energy.per_thousand(10.0, 14.0, 8_000)
    assert joules == pytest.approx(0.5)
    assert "8000 predictions" in note


@pytest.mark.parametrize(("before", "after"), [("no counter", 1.0), (1.0, "gone"), (5.0, 5.0), (9.0, 1.0)])
def test_no_figure_is_made_up(before: float | str, after: float | str) -> None:
    joules, note = energy.per_thousand(before, after, 1000)
    assert joules is None
    assert note.startswith("not available here: ")
