"""What a person calls a stage, a lever of speed and a doubt, in figures as on pages."""

from core.records import Caveat, Lever, Stage
from core.records.comparison import Lossless
from core.text import t


def stage_name(stage: Stage) -> str:
    return {
        Stage.STARTING: t("starting"),
        Stage.TRAINING: t("training"),
        Stage.PRUNING: t("pruning"),
        Stage.FINE_TUNING: t("fine-tuning"),
        Stage.EVALUATING: t("evaluating"),
        Stage.EXPORTING: t("exporting"),
        Stage.MEASURING: t("measuring"),
    }[stage]


def caveat_name(caveat: Caveat) -> str:
    return {
        Caveat.QUICK: t("quick"),
        Caveat.NOISY: t("noisy"),
        Caveat.LOADED: t("machine busy"),
        Caveat.THROTTLED: t("throttled"),
        Caveat.SHARED_GPU: t("shared GPU"),
        Caveat.TOO_SHORT: t("too short"),
        Caveat.DISAGREES: t("answers differ"),
    }[caveat]


def lever_name(lever: Lever | None) -> str:
    """Return what a rung of a ladder changed; the top one changed nothing."""
    return {None: t("start"), Lever.ALGORITHM: t("algorithm"), Lever.RUNTIME: t("runtime")}[lever]


def lossless_words(found: Lossless) -> str:
    """Return what says that a network loses nothing measurable, and how sure that is."""
    if found.run_id == found.dense:
        return t("It is a dense network itself.")
    if found.paired is None:
        return t(
            "Its accuracy interval overlaps that of its dense network; answers image by image were not kept, "
            "so a loss below about 0.4 points may be there."
        )
    return t(
        "On the same {total} test images its dense network alone is right on {lost}, it alone on {gained}: "
        "no significant loss (McNemar's test, 95 %, p = {p}).",
        total=f"{found.paired.total:,}",
        lost=found.paired.only_first,
        gained=found.paired.only_second,
        p=f"{found.paired.p_value:.2g}",
    )


def network_name(name: str) -> str:
    """Return what a person calls a network of a closer look; other names stay as they are."""
    known = {
        "this run": t("this run"),
        "dense standard": t("dense standard"),
        "dense separable": t("dense separable"),
    }
    return known.get(name, name)
