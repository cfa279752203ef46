"""What every network says about a digit: the table, the agreement, where it breaks, what it looked at."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.charts.digit import breaking_figure, probabilities_figure, saliency_figure
from core.digits.variants import Break, breaks
from core.inference import occlusion
from core.records import Answer, ModelFile
from core.records.digit import Bytes
from core.text import t
from ui import words
from ui.figures import figure_panel
from ui.state import Key


def number_of(row: Answer) -> str:
    """Return the digits of a picture read as one number."""
    return "".join(str(label) for label in row.labels)


def agreement_sentence(rows: Sequence[Answer], index: int) -> str:
    """Say how many networks give which answer to image `index`."""
    votes = Counter(row.labels[index] for row in rows).most_common()
    label, count = votes[0]
    if len(rows) == 1:
        return t("The only network there is answers {label}.", label=label)
    if len(votes) == 1:
        return t("All {n} networks answer {label}.", n=len(rows), label=label)
    others = ", ".join(f"{other} ({n})" for other, n in votes[1:])
    return t(
        "{count} of {n} networks answer {label}; others say {others}.",
        count=count,
        n=len(rows),
        label=label,
        others=others,
    )


def answers_frame(
    models: Sequence[ModelFile], rows: Sequence[Answer], index: int, truth: int | None
) -> pd.DataFrame:
    """Return a line per network, smallest first."""
    known = {model.run_id: model for model in models}
    lines = []
    for row in rows:
        model, probabilities = known[row.model], row.probabilities[index]
        lines.append(
            {
                "answer": row.labels[index],
                "number": number_of(row),
                "right": None if truth is None else row.labels[index] == truth,
                "network": row.title,
                "sure": float(probabilities.max()) * 100,
                "probabilities": [round(float(p), 4) for p in probabilities],
                "size_kb": row.size_bytes / 1000,
                "here_us": row.latency_ms * 1000,
                "measured_us": model.latency_ms * 1000 if model.latency_ms is not None else None,
                "doubts": [words.caveat_name(caveat) for caveat in model.warnings] or None,
                "accuracy": model.accuracy * 100 if model.accuracy is not None else None,
            }
        )
    return pd.DataFrame(lines)


def answers_table(models: Sequence[ModelFile], rows: Sequence[Answer], index: int, truth: int | None) -> None:
    """Draw a line per network with its answer, ten probabilities, size and latency."""
    frame = answers_frame(models, rows, index, truth)
    hidden = [name for name in ("right",) if truth is None]
    if not frame["doubts"].any():
        hidden.append("doubts")
    if len(rows[0].labels) == 1:
        hidden.append("number")
    config = {
        "network": st.column_config.TextColumn(t("Network"), width=270),
        "answer": st.column_config.NumberColumn(t("Answer")),
        "number": st.column_config.TextColumn(t("Whole number")),
        "sure": st.column_config.ProgressColumn(t("Sure"), format="%.1f %%", min_value=0, max_value=100),
        "probabilities": st.column_config.BarChartColumn(t("Probabilities 0-9"), y_min=0, y_max=1),
        "size_kb": st.column_config.NumberColumn(t("Size"), format="%.1f kB"),
        "here_us": st.column_config.NumberColumn(
            t("This image"),
            format="%.0f µs",
            help=t("Time of this answer in this server, one image, LiteRT on one thread."),
        ),
        "measured_us": st.column_config.NumberColumn(
            t("p50"),
            format="%.0f µs",
            help=t("Median latency of one image by the measuring protocol of the run."),
        ),
        "doubts": st.column_config.ListColumn(t("In doubt"), width="small", help=words.caveat_meanings()),
        "accuracy": st.column_config.NumberColumn(t("Test accuracy"), format="%.2f %%"),
        "right": st.column_config.CheckboxColumn(t("Right")),
    }
    st.dataframe(
        frame.drop(columns=hidden),
        column_config=config,
        hide_index=True,
        placeholder="–",
        key=Key.DIGIT_ANSWERS,
        alt=t("Answers of all networks"),
    )


def is_unsure(rows: Sequence[Answer], first: Answer) -> bool:
    """Whether `first` is less than half sure of a digit, or most networks say otherwise."""
    for index, label in enumerate(first.labels):
        votes = sum(row.labels[index] == label for row in rows)
        if 2 * votes < len(rows) or first.probabilities[index].max() < 0.5:
            return True
    return False


def breaking_panel(models: Sequence[ModelFile], rows: Sequence[Answer], index: int, first: Answer) -> None:
    """Say and draw, per family, from which pruning ratio on the answer changes; the chart is of `first`'s."""
    found = breaks(models, rows, index)
    if not found:
        return
    st.subheader(t("Where the answer breaks"), anchor=False)
    st.markdown("\n".join(f"- {text}" for text in breaking_words(found)))
    figure_panel(
        breaking_figure(models, rows, index, first.labels[index]),
        key="digit-breaks",
        alt=t("Probability of the answer over the pruning ratio, a line a family"),
        has_tools=False,
    )


def breaking_words(found: Sequence[Break]) -> list[str]:
    """Return a sentence for each family whose answer breaks, and one for each answer that others keep."""
    kept: dict[int, list[str]] = {}
    for item in found:
        if item.ratio is None:
            kept.setdefault(item.label, []).append(item.family)
    unbroken = [
        t("{label} at every ratio: {families}.", label=label, families=", ".join(families))
        for label, families in kept.items()
    ]
    return [*(_broken(item) for item in found if item.ratio is not None), *unbroken]


def _broken(item: Break) -> str:
    said = t(
        "{family}: from ratio {ratio} on it answers {becomes} instead of {label}.",
        family=item.family,
        ratio=f"{item.ratio:g}",
        becomes=item.becomes,
        label=item.label,
    )
    if item.recovers:
        again = t("At a higher ratio it is {label} again, so this digit is near a border.", label=item.label)
        return f"{said} {again}"
    return said


def network_panel(
    models: Sequence[ModelFile], rows: Sequence[Answer], index: int, first: Answer, image: Bytes
) -> None:
    """Draw the ten probabilities of one network, and what it looked at; `first` is chosen at the start."""
    st.subheader(t("One network"), anchor=False)
    titles = {row.model: row.title for row in rows}
    chosen = st.selectbox(
        t("Network"),
        list(titles),
        format_func=titles.__getitem__,
        index=list(titles).index(first.model),
        key=Key.DIGIT_NETWORK,
    )
    row = next(row for row in rows if row.model == chosen)
    model = next(model for model in models if model.run_id == chosen)
    left, right = st.columns(2)
    with left:
        figure_panel(
            probabilities_figure(row, index),
            key="digit-probabilities",
            alt=t("Probabilities of the ten digits; the answer is {label}", label=row.labels[index]),
            has_tools=False,
        )
    with right:
        figure_panel(
            saliency_figure(image, occlusion(model, image)),
            key="digit-saliency",
            alt=t("Map of what the network looked at"),
            has_tools=False,
        )
        st.caption(t("Orange: covering this part costs the answer probability; blue: it adds some."))
