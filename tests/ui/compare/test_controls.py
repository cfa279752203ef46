from core.records import Origin
from tests.made_up import made_up_run
from ui.compare.controls import run_names


def test_only_runs_of_one_title_are_told_apart():
    runs = [
        made_up_run("abcdef123", ratio=0.5),
        made_up_run("fedcba321", ratio=0.5),
        made_up_run("recorded-lenet5", ratio=0.5, origin=Origin.RECORDED),
        made_up_run("recorded-other", ratio=0.7, origin=Origin.RECORDED),
    ]
    same = "lenet5 · standard · structured 0.5"
    assert list(run_names(runs).values()) == [
        f"{same} (abcdef)",
        f"{same} (fedcba)",
        f"{same} (recorded)",
        "lenet5 · standard · structured 0.7",
    ]
