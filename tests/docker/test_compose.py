import pytest
import yaml

from core.settings import ROOT

TEAM = yaml.safe_load((ROOT / "docker" / "compose.team.yaml").read_text())["services"]


@pytest.mark.parametrize("part", ["scheduler", "worker"])
def test_a_part_of_a_cluster_is_started_so_that_it_finds_core_in_its_folder(part: str) -> None:
    assert TEAM[part]["command"][:4] == ["python", "-m", "dask", part]
    assert "\nWORKDIR /app\n" in (ROOT / "docker" / "Dockerfile").read_text()
