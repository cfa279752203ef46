"""From a phone photo to every network's answer."""

import streamlit as st

from core.errors import ImageError
from core.inference import answer
from core.text import t
from ui.components import empty_state, page_header
from ui.digit.answers import agreement_sentence, answers_table, breaking_panel, network_panel, number_of
from ui.digit.feedback import feedback_form, kept_panel
from ui.digit.files import files_table, is_doubtful, is_readable
from ui.digit.networks import networks, speaker, warm_up_aside
from ui.digit.reading import doubts_panel, found_panel, overrides, reading_of, steps_panel
from ui.digit.source import pictures
from ui.state import Key
from ui.words import plain

page_header(t("Digit"), t("Draw, photograph or upload digits and see what every network answers."))
left, right = st.columns([2, 3], gap="large")
with left:
    uploads = pictures()
    options = overrides()
readings = []
with right:
    for upload in uploads:
        try:
            readings.append((upload, reading_of(upload.data, upload.name, options)))
        except ImageError as problem:
            st.error(f"{plain(upload.name[:60])}: {problem}")
    if not uploads:
        empty_state(t("No digit yet"), t("Draw one on the left, or choose another way."))
models = networks()
warm_up_aside()
if readings:
    everything = [answer(models, reading.images) for _, reading in readings]
    with right:
        place = 0
        if len(readings) > 1:
            names = [upload.name[:60] for upload, _ in readings]
            files_table(names, [reading for _, reading in readings], everything)
            place = st.selectbox(
                t("File"), range(len(names)), format_func=names.__getitem__, key=Key.DIGIT_FILE
            )
        (upload, reading), answers = readings[place], everything[place]
        index = 0
        first = answers.rows[speaker(answers.rows)] if is_readable(reading, answers) else None
        if first:
            st.metric(
                t("Perhaps") if is_doubtful(reading, answers) else t("Read as"),
                number_of(first),
                help=t("Answered by {network}.", network=plain(first.title)),
            )
        found_panel(reading, number_of(first) if first else "")
        if len(reading.digits) > 1:
            index = st.segmented_control(
                t("Digit"),
                range(len(reading.digits)),
                default=0,
                format_func=lambda i: str(i + 1),
                key=Key.DIGIT_PLACE,
                required=True,
            )
        doubts_panel(reading, index if reading.digits else None, options)
    steps_panel(reading)
    if not models:
        empty_state(
            t("No network yet"),
            t("Answers come from finished runs. Start one, and come back with this digit."),
            page="experiment",
            label=t("Start a run"),
        )
    elif first:
        st.subheader(t("Answers"), anchor=False)
        st.markdown(agreement_sentence(answers.rows, index))
        answers_table(models, answers.rows, index, upload.label)
        breaking_panel(models, answers.rows, index, first)
        network_panel(models, answers.rows, index, first, reading.digits[index].image)
        feedback_form(reading.digits[index].image, first.labels[index])
    for run_id, reason in answers.failed:
        st.caption(t("{run} does not answer: {reason}", run=run_id, reason=plain(reason)))
kept_panel()
