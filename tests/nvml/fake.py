"""Builds the fake driver and writes the scenario that it follows. Runs without the project."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).with_name("fake_nvml.c")
NAME = "libnvidia-ml.so.1"
UUIDS = tuple(f"GPU-{number:08x}-aaaa-bbbb-cccc-{number:012x}" for number in range(64))


def build(folder: Path, without: Sequence[str] = ()) -> Path:
    """Compile the library into `folder` with the system's cc, without the functions named in `without`."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "symbols.map"
    script.write_text("{ global: *; " + (f"local: {'; '.join(without)}; " if without else "") + "};")
    flags = ["-shared", "-fPIC", "-O2", f"-Wl,-soname,{NAME}", f"-Wl,--version-script={script}"]
    library = folder / NAME
    subprocess.run(["cc", *flags, str(SOURCE), "-o", str(library), "-lm"], check=True)
    return library


def gpu(index: int, profile: str = "a100", pids: Sequence[int] = ()) -> str:
    """Return the statement for one GPU."""
    return " ".join(["gpu", str(index), profile, UUIDS[index], *map(str, pids)])


def write(path: Path, *statements: str) -> Path:
    """Put the scenario in place in one step: the library never reads half of it."""
    part = path.with_suffix(".part")
    part.write_text("\n".join(statements) + "\n")
    os.replace(part, path)
    return path
