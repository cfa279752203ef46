"""Settings from the environment, read once and frozen; where things live."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import LabError

ROOT = Path(__file__).resolve().parent.parent


class Network(StrEnum):
    """Who reaches the dashboard: this machine only, people who log in, or everybody on a trusted network."""

    LOCAL = "local"
    LOGIN = "login"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and addresses of this process. `home` holds runs, logs and the database and may not exist yet."""

    home: Path
    tracking_uri: str
    scheduler: str | None = None
    data_file: Path = ROOT / "data" / "mnist.npz"
    doubter_file: Path = ROOT / "data" / "doubter.tflite"
    gallery: Path = ROOT / "gallery"
    network: Network = Network.LOCAL


def settings() -> Settings:
    """Return what PRUNING_LAB_HOME, _SCHEDULER, _NETWORK and MLFLOW_TRACKING_URI ask for; raises LabError."""
    home = Path(os.environ.get("PRUNING_LAB_HOME") or ROOT / ".lab").expanduser().resolve()
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
    scheduler = os.environ.get("PRUNING_LAB_SCHEDULER") or None
    return Settings(home=home, tracking_uri=uri, scheduler=scheduler, network=_network())


def _network() -> Network:
    asked = os.environ.get("PRUNING_LAB_NETWORK") or Network.LOCAL
    try:
        return Network(asked)
    except ValueError:
        allowed = ", ".join(Network)
        raise LabError(f"PRUNING_LAB_NETWORK is {asked!r}; allowed: {allowed}, or leave it unset.") from None
