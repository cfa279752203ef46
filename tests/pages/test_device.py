from importlib.metadata import PackageNotFoundError, version

import pytest

from core import runtimes
from tests.pages.looking import opened


def test_every_runtime_has_its_version_or_what_adds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_openvino(package: str) -> str:
        if package == "openvino":
            raise PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(runtimes, "version", without_openvino)
    runtimes.available.cache_clear()
    try:
        shown = opened("device").dataframe[-1].value.set_index("Runtime")
    finally:
        runtimes.available.cache_clear()
    assert shown.loc["litert-fp32", "Version"] == f"ai-edge-litert {version('ai-edge-litert')}"
    assert shown.loc["openvino", ["Version", "To add it"]].tolist() == ["–", "pip install openvino"]
