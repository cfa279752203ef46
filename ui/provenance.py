"""Where runs are kept, in words that hide a password."""

import re

from core.errors import LabError
from ui import resources

EXPERIMENT = "pruning-lab"


def store() -> str:
    """Return MLflow's tracking address without user and password; empty where there is no engine."""
    try:
        address = resources.engine().settings.tracking_uri
    except LabError:
        return ""
    return re.sub(r"//[^/]*@", "//", address)
