"""From a phone photo to every network's answer."""

import streamlit as st

from core.errors import ImageError
from core.inference import answer
from core.text import t
from ui.components import empty_state, page_header
from ui.digit.answers import agreement_sentence, answers_table, breaking_panel, network_panel, number_of
from ui.digit.feedback import feedback_form, kept_panel
from ui.digit.networks import networks, speaker, warm_up
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
warm_up()
if readings:
    with right:
        place = 0
        if len(readings) > 1:
            place = st.selectbox(
                t("File"),
                range(len(readings)),
                format_func=lambda i: readings[i][0].name[:60],
                key=Key.DIGIT_FILE,
            )
        upload, reading = readings[place]
        answers = answer(models, reading.images)
        readable = bool(answers.rows and reading.digits) and not any(d.is_fatal for d in reading.doubts)
        index = 0
        first = answers.rows[speaker(answers.rows)] if readable else None
        if first:
            doubtful = bool(reading.doubts or any(digit.doubts for digit in reading.digits))
            st.metric(
                t("Perhaps") if doubtful else t("Read as"),
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
        doubts_panel(reading, index if reading.digits else None)
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
        breaking_panel(models, answers.rows, index)
        network_panel(models, answers.rows, index, first, reading.digits[index].image)
        feedback_form(reading.digits[index].image, first.labels[index], f"{place}-{index}")
    for run_id, reason in answers.failed:
        st.caption(t("{run} does not answer: {reason}", run=run_id, reason=plain(reason)))
kept_panel()
