"""How long runs will take: by this machine's own runs, else by recorded ones, and which of the two it is."""

from collections.abc import Sequence

from core.engine.pace import against
from core.records import RunSpec
from core.text import t
from ui import resources, words


def time_needed(specs: Sequence[RunSpec]) -> str:
    """Return a sentence; recorded times are scaled by what this machine took for runs of other kinds."""
    engine = resources.engine()
    if (seconds := engine.estimate(specs)) is not None:
        return t("Takes about {time}.", time=words.duration(seconds))
    recorded = resources.gallery().runs()
    seconds = engine.estimate(specs, recorded) if recorded else None
    if seconds is None:
        return t("How long it takes is known once a run of this kind has finished here.")
    machine = words.plain(recorded[0].recording)
    slower = against(engine.runs(), recorded)
    if slower is None:
        return t(
            "Takes about {time}, if this machine is as fast as the one of the recorded runs ({machine}).",
            time=words.duration(seconds),
            machine=machine,
        )
    return t(
        "Takes about {time}: as recorded on {machine}, times {factor} by what other runs took here.",
        time=words.duration(seconds * slower),
        machine=machine,
        factor=f"{slower:.2g}",
    )
