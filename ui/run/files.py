"""What can be taken away from a run: networks, files, a program that rebuilds it, its identifiers."""

from collections.abc import Callable

import streamlit as st

from core.records import RunRecord, to_json
from core.report.network_file import onnx_file
from core.report.snippet import command, snippet
from core.text import t
from ui import provenance, resources
from ui.components import Download, download_row

BINARY = "application/octet-stream"
NETWORKS = ("model.keras", "model.tflite", "model.onnx")


def draw(record: RunRecord) -> None:
    """Draw downloads, snippet and identifiers."""
    st.subheader(t("Networks"), anchor=False)
    networks(record)
    st.subheader(t("Other files"), anchor=False)
    others = [name for name in record.artifacts if name not in NETWORKS]
    files = [Download(name, f"{record.run_id[:8]}-{name}", BINARY, _content(record, name)) for name in others]
    files.append(
        Download("run.json", f"{record.run_id[:8]}-run.json", "application/json", lambda: to_json(record))
    )
    download_row(files, key="files")
    st.subheader(t("Rebuild it"), anchor=False)
    st.caption(t("The same run without the dashboard, or from the command line."))
    program = snippet(record)
    st.code(command(record), language=None, wrap_lines=True)
    with st.expander(t("As a Python program")):
        st.code(program, language=None)
    st.download_button(
        t("Download rebuild.py"), program, "rebuild.py", "text/x-python", key="snippet", on_click="ignore"
    )
    st.subheader(t("Identifiers"), anchor=False)
    _identifiers(record)


def networks(record: RunRecord) -> None:
    """Draw a button for each form in which the run's network can be taken away."""
    if "model.keras" not in record.artifacts and "model.tflite" not in record.artifacts:
        st.caption(t("This run left no network; one is kept when a run finishes."))
        return
    files = [
        Download(name, f"{record.run_id[:8]}.{name.rpartition('.')[2]}", BINARY, _content(record, name))
        for name in NETWORKS
        if name in record.artifacts
    ]
    if "model.onnx" not in record.artifacts and "model.keras" in record.artifacts:
        files.append(
            Download(
                t("model.onnx (made now, about 10 s)"),
                f"{record.run_id[:8]}.onnx",
                BINARY,
                lambda: onnx_file(record.run_id),
            )
        )
    download_row(files, key="networks")


def _content(record: RunRecord, name: str) -> Callable[[], bytes]:
    return lambda: resources.artifact(record, name)


def _identifiers(record: RunRecord) -> None:
    lines = [
        (t("MLflow run"), record.run_id),
        (t("Baseline"), record.baseline_id),
        (t("Sweep"), record.sweep_id),
    ]
    lines += [(t("MLflow experiment"), provenance.EXPERIMENT), (t("MLflow store"), provenance.store())]
    if record.result:
        lines.append((t("Record version"), str(record.result.version)))
    st.markdown("\n".join(f"- {name}: `{value}`" for name, value in lines if value))
