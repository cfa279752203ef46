import pytest
from click.testing import CliRunner

from benchmarks import peers, time_to_99


def trial(name, accuracy, wall_s, epochs=1, seed=0):
    return time_to_99.Trial(name, seed, epochs, accuracy, wall_s, wall_s)


@pytest.mark.slow
def test_the_benchmark_runs_beside_its_peer():
    found = CliRunner().invoke(time_to_99.main, ["--smoke"], catch_exceptions=False)
    assert found.exit_code == 0
    names = [line.split("|")[1].strip() for line in found.stdout.splitlines() if line.startswith("| ")]
    assert set(names[2:]) == {peers.KERAS, *time_to_99.OURS}


def test_a_peer_stops_at_its_first_99_and_is_given_all_its_training_time():
    epochs = (peers.Epoch(3, accuracy, 10.0, 12.0) for accuracy in (0.98, 0.989, 0.9901, 0.995))
    states = list(time_to_99.peer_trials("peer", epochs, most=15))
    assert [state.epochs for state in states] == [1, 2, 3]
    assert (states[-1].wall_s, states[-1].cpu_s, states[-1].seed) == (30.0, 36.0, 3)


def test_a_peer_that_never_arrives_is_cut_off():
    epochs = iter([peers.Epoch(0, 0.5, 1.0, 1.0)] * 9)
    assert len(list(time_to_99.peer_trials("peer", epochs, most=4))) == 4


def test_the_summary_compares_means_with_the_keras_example():
    trials = [
        trial(peers.KERAS, 0.99, 90, epochs=9),
        *(trial("ours", accuracy, wall_s) for accuracy, wall_s in ((0.991, 2), (0.993, 4))),
    ]
    peer, ours = time_to_99.summary(trials)
    assert (peer["faster"], peer["epochs"]) == ("1.0x", "9")
    assert (ours["accuracy"], ours["lowest"], ours["wall_s"], ours["faster"]) == (
        "99.20%",
        "99.10%",
        "3.0",
        "30.0x",
    )
