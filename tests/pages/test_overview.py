from core.records import Caveat, Method, Runtime
from tests.made_up import made_up_row, made_up_run
from tests.pages.looking import opened, said


def test_the_other_findings_carry_the_doubts_about_their_figures(runs):
    rows = [
        made_up_row(runtime, p50, caveats=(caveat,))
        for runtime, p50, caveat in (
            (Runtime.LITERT_FP32, 0.126, Caveat.TOO_SHORT),
            (Runtime.TF_FUNCTION, 0.7, Caveat.DISAGREES),
        )
    ]
    runs.append(made_up_run("zeros", method=Method.MAGNITUDE, ratio=0.9, latency=tuple(rows)))
    text = said(opened("overview"))
    assert "Zeros do not make it faster" in text
    assert text.count("orange-badge[too short]") == 2
    assert text.count("orange-badge[answers differ]") == 1


def test_the_chart_says_whose_runs_it_shows(runs):
    runs += [made_up_run(f"l{n}", ratio=n / 10) for n in (3, 5)] + [made_up_run("c", architecture="convnet")]
    text = said(opened("overview"))
    assert "The 2 runs of lenet5. In all there are 3 of this machine and 0 recorded." in text


def test_findings_without_a_doubt_carry_none(runs):
    runs.append(made_up_run("zeros", method=Method.MAGNITUDE, ratio=0.9))
    text = said(opened("overview"))
    assert "Zeros do not make it faster" in text
    assert "orange-badge" not in text
