"""Measured cross-overs as files, crossing-<architecture>.json: own ones in the home folder, recorded ones in
the gallery. Imports neither keras nor the store.
"""

import logging
from dataclasses import replace
from pathlib import Path

from core.records import Architecture, Crossing, Origin, from_json, to_json

_log = logging.getLogger(__name__)


def path_of(folder: Path, architecture: Architecture) -> Path:
    """Return where the cross-over of `architecture` is kept below `folder`."""
    return folder / f"crossing-{architecture}.json"


def save(found: Crossing, folder: Path) -> Path:
    """Keep `found` in `folder` in place of an older one, whole or not at all, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, found.architecture)
    draft = path.with_suffix(".part")
    draft.write_text(to_json(found), encoding="utf-8")
    return draft.replace(path)


def load(folder: Path, origin: Origin) -> tuple[Crossing, ...]:
    """Return what `folder` has, as of `origin`; an unreadable file is left out with a line in the log."""
    found = []
    for architecture in Architecture:
        path = path_of(folder, architecture)
        try:
            found.append(replace(from_json(Crossing, path.read_bytes()), origin=origin))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            _log.warning("left out the cross-over %s: %s", path, error)
    return tuple(found)
