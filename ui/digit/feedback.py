"""Right or wrong, said by the visitor, and kept only after the visitor agrees; what is kept can be seen."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.statistics import wilson
from core.errors import LabError
from core.feedback import Feedback, Visit
from core.records.digit import Bytes
from core.text import mark, plural, t
from ui import access
from ui.digit.networks import feedback, networks, visitors
from ui.pictures import enlarged
from ui.state import Key


def feedback_form(image: Bytes, label: int) -> None:
    """Ask what the digit is and whether it may be kept; keep it when both are answered.

    Each image has a form of its own: what was said of one must not stand there for the next.
    """
    st.subheader(t("Is it right?"), anchor=False)
    key = f"{crc32(image.tobytes()):08x}"
    with st.form(f"{Key.DIGIT_FEEDBACK}_{key}", clear_on_submit=True, enter_to_submit=False):
        truth = st.segmented_control(
            t("It is a ..."), list(range(10)), default=label, key=f"{Key.DIGIT_TRUTH}_{key}", required=True
        )
        agreed = st.checkbox(
            t(
                "Keep these 28x28 pixels and this label on this server. "
                "Nothing else is kept, and you can delete it below."
            ),
            key=f"{Key.DIGIT_AGREED}_{key}",
        )
        if not st.form_submit_button(t("Send"), icon=":material/thumbs_up_down:"):
            return
    if not agreed:
        st.info(t("Nothing was kept: tick the box if the digit may be kept."))
        return
    try:
        visit_id = feedback().add(image, int(truth))
    except LabError as problem:
        st.error(str(problem))
        return
    st.session_state.setdefault(Key.DIGIT_GIVEN, set()).add(visit_id)
    st.success(t("Thank you. The digit is kept as a {label}.", label=truth))


def kept_panel() -> None:
    """Draw the visitors' digits: how well each network reads them, what they are, delete and download."""
    store = feedback()
    try:
        found = store.contents()
    except LabError as problem:
        st.error(str(problem))
        return
    visits = found.visits
    with st.expander(
        t("Visitors' digits ({n})", n=len(visits)), icon=":material/inventory_2:", key="visitors-digits"
    ):
        if found.num_damaged:
            st.caption(
                plural(
                    found.num_damaged,
                    mark("Left out: {n} damaged line of the file. It stays there."),
                    mark("Left out: {n} damaged lines of the file. They stay there."),
                )
            )
        if not visits:
            st.markdown(t("None yet. Digits that visitors agree to keep are counted here."))
            return
        _accuracies()
        recent = visits[-60:][::-1]
        st.image(
            [enlarged(visit.image, 2) for visit in recent], caption=[f"{v.label}" for v in recent], width=56
        )
        _delete_panel(store, visits)
        _downloads(store)


def _accuracies() -> None:
    """Draw how well each network reads the visitors' digits."""
    titles = {model.run_id: model.title for model in networks()}
    lines = []
    for run_id, (right, total) in visitors().items():
        interval = wilson(right, total)
        shares = (right / total * 100, interval.low * 100, interval.high * 100)
        lines.append((titles[run_id], f"{right}/{total}", *shares))
    names = [t("Network"), t("Right"), t("Accuracy (%)"), t("Low (%)"), t("High (%)")]
    st.dataframe(
        pd.DataFrame(lines, columns=names).round(1),
        hide_index=True,
        alt=t("Accuracy on visitors' digits"),
    )
    st.caption(t("Low and high bound the 95 % Wilson interval."))


def _downloads(store: Feedback) -> None:
    with st.container(horizontal=True):
        st.download_button(
            t("Download (JSON lines)"),
            store.as_jsonl,
            "visitors.jsonl",
            "application/jsonl",
            on_click="ignore",
        )
        st.download_button(
            t("Download (npz)"),
            lambda: _npz(),
            "visitors.npz",
            "application/octet-stream",
            on_click="ignore",
        )


def _delete_panel(store: Feedback, visits: Sequence[Visit]) -> None:
    """Draw what deletes: for editors any digit, for others those that they gave in this session."""
    own = st.session_state.get(Key.DIGIT_GIVEN, set())
    names = {
        visit.visit_id: f"{visit.label} · {visit.visit_id[:6]}"
        for visit in reversed(visits)
        if access.is_editor() or visit.visit_id in own
    }
    gone = st.multiselect(t("Delete"), list(names), format_func=names.__getitem__, key=Key.DIGIT_GONE)
    asked = []
    with st.container(horizontal=True):
        if st.button(t("Delete chosen"), disabled=not gone, key=Key.DIGIT_DELETE):
            asked = gone
        with st.popover(t("Delete all"), disabled=not names):
            if st.button(t("Yes, delete all {n}", n=len(names)), key=Key.DIGIT_DELETE_ALL):
                asked = list(names)
    if asked:
        _delete(store, asked)


def _delete(store: Feedback, visit_ids: Sequence[str]) -> None:
    """Forget digits and draw the page anew, or say why they stay."""
    try:
        store.delete(visit_ids)
    except LabError as problem:
        st.error(str(problem))
    else:
        st.rerun()


def _npz() -> bytes:
    import io

    visits = feedback().all()
    content = io.BytesIO()
    np.savez_compressed(
        content,
        x=np.stack([visit.image for visit in visits]),
        y=np.array([visit.label for visit in visits], np.uint8),
    )
    return content.getvalue()
