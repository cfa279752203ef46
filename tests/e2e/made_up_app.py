"""The dashboard over made-up runs, for browser tests and screenshots: `uvicorn tests.e2e.made_up_app:app`.

PRUNING_LAB_MADE_UP says how many. Store, engine and gallery are left out; the pages are the real ones.
"""

import os

import streamlit as st

from core.errors import EngineError
from core.records import RunRecord
from core.settings import ROOT
from tests.made_up import made_up_runs
from ui import resources

RUNS = made_up_runs(int(os.environ.get("PRUNING_LAB_MADE_UP", "60")))


def _artifact(record: RunRecord, name: str) -> bytes:
    raise EngineError(f"{record.run_id} left no {name}; made-up runs have no files.")


resources.runs = lambda: RUNS
resources.run = {record.run_id: record for record in RUNS}.get
resources.artifact = _artifact
app = st.App(str(ROOT / "ui" / "main.py"))
