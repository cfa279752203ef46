"""Writes the structures of our own architectures for the server: `python -m core.pruning.structures_file`."""

import json

from core.analysis.structures import STRUCTURES_FILE
from core.learning.models import build
from core.pruning.inspection import structure
from core.records import Architecture, Convolution, to_dict
from core.records.network import NetworkStructure


def fresh_structures() -> dict[str, NetworkStructure]:
    """Return, by `architecture-conv`, the structure of every network that we build."""
    names = [
        (a, c)
        for a in Architecture
        for c in Convolution
        if (a, c) != (Architecture.MLP1000, Convolution.SEPARABLE)
    ]
    return {f"{architecture}-{conv}": structure(build(architecture, conv)) for architecture, conv in names}


def main() -> None:
    """Write the file anew."""
    stored = {name: to_dict(found) for name, found in fresh_structures().items()}
    STRUCTURES_FILE.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
