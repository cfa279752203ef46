import logging
import tomllib
from pathlib import Path

import pytest
import streamlit as st

from core.errors import LabError
from core.settings import ROOT, Network, settings

CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_the_server_is_bound_to_this_machine_and_small_uploads() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["enableXsrfProtection"] is True
    assert CONFIG["server"]["maxUploadSize"] == 10
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("ink", ["textColor", "primaryColor", "grayTextColor"])
def test_a_theme_s_letters_stand_out_from_every_ground(name: str, ink: str) -> None:
    theme = CONFIG["theme"][name]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme[ink], ground) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_theme_has_enough_colours_for_plotly(name: str) -> None:
    assert len(set(CONFIG["theme"][name]["chartCategoricalColors"])) >= 10


@pytest.mark.parametrize("asked", ["", *Network])
def test_the_network_switch_takes_its_three_words(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNING_LAB_NETWORK", asked)
    assert settings().network == (asked or Network.LOCAL)


def test_a_wrong_word_in_the_network_switch_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNING_LAB_NETWORK", "open")
    with pytest.raises(LabError, match="PRUNING_LAB_NETWORK is 'open'; allowed: local, login, trusted"):
        settings()


def test_an_unexpected_error_is_told_without_its_details(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import app

    shown: list[str] = []
    monkeypatch.setattr(st, "error", shown.append)
    with caplog.at_level(logging.ERROR):
        assert app.apologise(RuntimeError("secret path")) is True
    assert "secret" not in shown[0]
    assert "secret path" in caplog.text


def test_no_page_names_a_font_or_script_of_another_host() -> None:
    for path in (*(ROOT / "ui").rglob("*.py"), *(ROOT / "ui").rglob("*.css"), *(ROOT / "pages").glob("*.py")):
        assert "fonts.g" not in path.read_text(), Path(path).name
