"""Settings from the environment, read once and frozen; where things live."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and addresses of this process. `home` holds runs, logs and the database and may not exist yet."""

    home: Path
    tracking_uri: str
    scheduler: str | None = None
    data_file: Path = ROOT / "data" / "mnist.npz"
    gallery: Path = ROOT / "gallery"


def settings() -> Settings:
    """Return what PRUNING_LAB_HOME, MLFLOW_TRACKING_URI and PRUNING_LAB_SCHEDULER ask for."""
    home = Path(os.environ.get("PRUNING_LAB_HOME") or ROOT / ".lab").expanduser().resolve()
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}"
    return Settings(home=home, tracking_uri=uri, scheduler=os.environ.get("PRUNING_LAB_SCHEDULER") or None)
