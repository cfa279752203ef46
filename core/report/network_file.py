"""A run's network as ONNX, made on demand by a child process: this process never loads TensorFlow."""

import subprocess
import sys
import tempfile
from pathlib import Path

from core.errors import LabError
from core.settings import ROOT

LONGEST_S = 180


class ExportError(LabError):
    """A network cannot be written in the format that was asked for."""


def onnx_file(run_id: str) -> bytes:
    """Return the network of an own or a recorded run as ONNX. Takes about ten seconds; raises ExportError."""
    with tempfile.TemporaryDirectory(prefix="onnx-") as folder:
        path = Path(folder) / "model.onnx"
        words = [sys.executable, "-m", "core", "export", run_id, "--format", "onnx", "-o", str(path)]
        try:
            done = subprocess.run(
                words, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise ExportError(f"Making ONNX took more than {LONGEST_S} s and was ended; try again.") from None
        if done.returncode or not path.is_file():
            said = done.stderr.strip().splitlines()
            raise ExportError(f"ONNX was not made: {said[-1] if said else 'the exporter said nothing'}.")
        return path.read_bytes()
