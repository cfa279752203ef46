"""One run: what was asked, what came out, and everything that explains it."""

import streamlit as st

from core.analysis.family import baseline_of
from core.analysis.quantities import setups
from core.records.comparison import Setup
from core.text import t
from ui import components, resources, state, words
from ui.address import Address
from ui.compare import watch
from ui.run import files, head, latency, layers, machine, mistakes, overview

run_id = state.address(state.Key.RUN)
records = resources.runs()
record = next((known for known in records if known.run_id == run_id), None)
if record is None:
    components.page_header(t("Run"), t("Everything about one run."))
    components.empty_state(
        t("There is no run {run}", run=words.plain(run_id[:40])) if run_id else t("No run is chosen"),
        t("It may have been deleted. Every run is a row on the Compare page."),
        page="compare",
        label=t("Go to Compare"),
    )
    st.stop()

address = Address()
dense = baseline_of(record, records)
setup = next(iter(setups([record])), Setup())
head.draw(record, tuple(dict.fromkeys(r.run_id for r in (record, dense) if r)))
sections = {
    "overview": t("Overview"),
    "layers": t("Layers"),
    "latency": t("Latency"),
    "mistakes": t("Mistakes"),
    "machine": t("Machine and log"),
    "files": t("Take away"),
}
section = address.segments(
    t("Section"), "section", list(sections), "overview", sections.__getitem__, label_visibility="collapsed"
)
if section == "layers":
    layers.draw(address, record, dense)
elif section == "latency":
    latency.draw(record, dense, records, setup)
elif section == "mistakes":
    mistakes.draw(address, record, dense, records)
elif section == "machine":
    machine.draw(record)
elif section == "files":
    files.draw(record)
else:
    overview.draw(record, dense, setup)
address.publish()
watch.follow([record])
