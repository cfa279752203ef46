"""What a person reads for states, stages, times and terms, and what the terms mean."""

import re
from datetime import UTC, datetime

from core import text
from core.charts.words import caveat_name as caveat_name
from core.charts.words import stage_name as stage_name
from core.records import Caveat, Status
from core.text import t


def status_name(status: Status) -> str:
    return {
        Status.SCHEDULED: t("queued"),
        Status.RUNNING: t("running"),
        Status.FINISHED: t("finished"),
        Status.FAILED: t("failed"),
        Status.KILLED: t("cancelled"),
    }[status]


def caveat_meaning(caveat: Caveat) -> str:
    return {
        Caveat.QUICK: t("Measured with fewer repetitions than usual."),
        Caveat.NOISY: t("The times scatter widely; repeat it on a quiet machine."),
        Caveat.LOADED: t("Other programs kept the processor busy during the measurement."),
        Caveat.THROTTLED: t("The clock was lowered during the measurement, by heat or by a power limit."),
        Caveat.SHARED_GPU: t("Another process used the same GPU."),
        Caveat.TOO_SHORT: t("Too few queries for a percentile that can be trusted."),
        Caveat.DISAGREES: t("The exported network does not give the same answers as the trained one."),
    }[caveat]


def caveat_meanings() -> str:
    """Return what every caveat means, one line each."""
    return "  \n".join(f"**{caveat_name(caveat)}**: {caveat_meaning(caveat)}" for caveat in Caveat)


def plain(text: str) -> str:
    """Return what somebody wrote (a name, a note, a reason) so that Markdown shows it as it is.

    A name could otherwise hold a picture of another host, a link, a formula or a colour.
    """
    one_line = re.sub(r"\s+", " ", text)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=])", r"\\\1", one_line)


def duration(seconds: float | None) -> str:
    """Return `8 s`, `2 min 5 s` or `1 h 4 min`; a dash where it is not known."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return t("{s} s", s=whole)
    if whole < 3600:
        return t("{m} min {s} s", m=whole // 60, s=whole % 60)
    return t("{h} h {m} min", h=whole // 3600, m=whole % 3600 // 60)


def moment(unix_s: float) -> str:
    """Return a Unix time as `2026-11-24 14:05` in UTC."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M")


def percent(share: float, digits: int = 2) -> str:
    """Return a share of 0..1 as per cent."""
    return text.percent(share, digits)


def latency(milliseconds: float) -> str:
    """Return a time of a query in the unit that reads best."""
    return f"{milliseconds * 1000:.3g} µs" if milliseconds < 1 else f"{milliseconds:.3g} ms"
