"""Settings from the environment, read once and frozen; where things live."""

import math
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import LabError

ROOT = Path(__file__).resolve().parent.parent
HANG_S = 300.0


class Network(StrEnum):
    """Who reaches the dashboard: this machine only, people who log in, or everybody on a trusted network."""

    LOCAL = "local"
    LOGIN = "login"
    TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and addresses of this process. `home` holds runs, logs and the database and may not exist yet.

    `hang_s` is how long a worker may stay silent before it is stopped.
    """

    home: Path
    tracking_uri: str
    scheduler: str | None = None
    data_file: Path = ROOT / "data" / "mnist.npz"
    doubter_file: Path = ROOT / "data" / "doubter.tflite"
    gallery: Path = ROOT / "gallery"
    network: Network = Network.LOCAL
    hang_s: float = HANG_S


def settings() -> Settings:
    """Return what PRUNING_LAB_* and MLFLOW_TRACKING_URI in the environment ask for; raises LabError."""
    home = Path(os.environ.get("PRUNING_LAB_HOME") or ROOT / ".lab").expanduser().resolve()
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
    scheduler = os.environ.get("PRUNING_LAB_SCHEDULER") or None
    return Settings(home=home, tracking_uri=uri, scheduler=scheduler, network=_network(), hang_s=_hang_s())


def _network() -> Network:
    asked = os.environ.get("PRUNING_LAB_NETWORK") or Network.LOCAL
    try:
        return Network(asked)
    except ValueError:
        allowed = ", ".join(Network)
        raise LabError(f"PRUNING_LAB_NETWORK is {asked!r}; allowed: {allowed}, or leave it unset.") from None


def _hang_s() -> float:
    asked = os.environ.get("PRUNING_LAB_HANG_S") or str(HANG_S)
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds < math.inf:
        raise LabError(f"PRUNING_LAB_HANG_S is {asked!r}; allowed: 1 second or more, or leave it unset.")
    return seconds
