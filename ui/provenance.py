"""Where runs are kept, in words that hide a password."""

from urllib.parse import urlsplit, urlunsplit

from core.errors import LabError
from ui import resources

EXPERIMENT = "pruning-lab"


def store() -> str:
    """Return MLflow's tracking address without user and password; empty where there is no engine."""
    try:
        address = resources.engine().settings.tracking_uri
    except LabError:
        return ""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
