"""Cards of the runs that have a worker now: stages, progress, curves, log and a way to stop them."""

from html import escape
from typing import Any

import streamlit as st

from core.charts.style import BLUE, GREY, ORANGE
from core.engine.pace import stages_of
from core.records import LatencyRow, LiveRun, RunRecord, Stage
from core.text import t
from ui import access, components, resources, words
from ui.live import live_plot

NUM_LOG_LINES = 12


def draw(record: RunRecord) -> None:
    """Draw the card of one running run."""
    live = resources.engine().live(record.run_id)
    with st.container(border=True, key=f"live-{record.run_id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            components.run_link(record)
            if access.may_change():
                stopping = bool(live and live.is_cancelling)
                st.button(
                    t("Cancelling…") if stopping else t("Cancel"),
                    key=f"cancel-{record.run_id}",
                    on_click=cancel,
                    args=(record.run_id,),
                    disabled=stopping,
                    type="tertiary",
                )
        if live is None:
            st.caption(t("Waiting for its worker."))
            return
        st.html(stage_list(record, live))
        st.progress(min(live.fraction, 1.0), text=_progress_text(live))
        if live.waits_for:
            first = resources.run(live.waits_for)
            name = words.plain(first.title) if first else live.waits_for
            st.caption(t("It is trained, and is measured after {run}.", run=name))
        for row in live.latency:
            _latency(row)
        _curves(record, live)
        for message in live.warnings:
            st.caption(message)
        _log(record.run_id, live)


def cancel(run_id: str) -> None:
    """Ask for the end of a run; why it cannot be ended becomes a notice."""
    access.attempt(lambda engine: engine.cancel(run_id))


def stage_list(record: RunRecord, live: LiveRun) -> str:
    """Return the stages as an HTML list: done, at work, to come."""
    taken = {done.stage: done.elapsed_s for done in record.stages}
    planned = stages_of(record.spec)
    here = planned.index(live.stage) if live.stage in planned else 0
    return f'<ol class="stages">{"".join(_stage(s, i, here, taken) for i, s in enumerate(planned))}</ol>'


def _stage(stage: Stage, place: int, here: int, taken: dict[Stage, float | None]) -> str:
    state = "done" if place < here else "now" if place == here else ""
    elapsed = taken.get(stage)
    time = f" {words.duration(elapsed)}" if state == "done" and elapsed is not None else ""
    current = ' aria-current="step"' if state == "now" else ""
    return f'<li class="{state}"{current}><i></i>{escape(words.stage_name(stage))}{escape(time)}</li>'


def _progress_text(live: LiveRun) -> str:
    if live.eta_s is None:
        return t("{elapsed} so far", elapsed=words.duration(live.elapsed_s))
    return t(
        "{elapsed} so far, about {left} left",
        elapsed=words.duration(live.elapsed_s),
        left=words.duration(live.eta_s),
    )


def _latency(row: LatencyRow) -> None:
    if row.p50_ms is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("**{latency}** on {runtime}", latency=words.latency(row.p50_ms), runtime=row.runtime))
        components.caveat_badges(row.warnings)


def _curves(record: RunRecord, live: LiveRun) -> None:
    if not live.steps:
        return
    latest = live.steps[-1]
    alt = t(
        "Accuracy and loss while {run} trains; latest: accuracy {accuracy}, loss {loss}",
        run=record.title,
        accuracy="–" if latest.accuracy is None else words.percent(latest.accuracy, 1),
        loss="–" if latest.loss is None else f"{latest.loss:.3f}",
    )
    live_plot(traces(live), layout(), height=290, key=f"curves-{record.run_id}", alt=alt)


def traces(live: LiveRun) -> list[dict[str, Any]]:
    """Return accuracy and loss over the seconds since the first step, and test accuracy after each epoch."""
    start = live.steps[0].t
    seconds = [round(step.t - start, 2) for step in live.steps]
    epochs = [epoch for epoch in live.epochs if epoch.val_accuracy is not None]
    line = {"type": "scatter", "mode": "lines", "x": seconds}
    return [
        line
        | {
            "name": t("accuracy, training batches"),
            "y": [step.accuracy for step in live.steps],
            "line": {"color": BLUE, "width": 2},
            "hovertemplate": "%{y:.2%}",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": t("accuracy, test images"),
            "x": [round(epoch.t - start, 2) for epoch in epochs],
            "y": [epoch.val_accuracy for epoch in epochs],
            "line": {"color": ORANGE, "width": 1, "dash": "dot"},
            "marker": {"size": 8},
            "hovertemplate": "%{y:.2%}",
        },
        line
        | {
            "name": t("loss"),
            "y": [step.loss for step in live.steps],
            "yaxis": "y2",
            "line": {"color": GREY, "width": 2},
            "hovertemplate": "%{y:.3f}",
        },
    ]


def layout() -> dict[str, Any]:
    """Return accuracy above loss, over the same seconds."""
    return {
        "xaxis": {"title": {"text": t("seconds")}, "rangemode": "tozero", "anchor": "y2"},
        "yaxis": {"title": {"text": t("accuracy")}, "tickformat": ".0%", "domain": [0.42, 1], "nticks": 5},
        "yaxis2": {
            "title": {"text": t("loss")},
            "domain": [0, 0.3],
            "rangemode": "tozero",
            "nticks": 4,
            "tickformat": ".2~f",
        },
    }


def _log(run_id: str, live: LiveRun) -> None:
    with st.expander(t("Log"), key=f"log-{run_id}"):
        st.code("\n".join(live.log[-NUM_LOG_LINES:]) or t("Nothing yet."), language=None, wrap_lines=True)
        st.download_button(
            t("Whole log"),
            lambda: resources.engine().log(run_id),
            f"{run_id}.log",
            "text/plain",
            key=f"log-file-{run_id}",
            on_click="ignore",
        )
