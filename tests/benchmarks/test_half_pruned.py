from benchmarks.half_pruned import Half, halved, row, specs


def test_every_network_that_we_build_is_tried_with_its_defaults():
    found = specs(3)
    assert [spec.title for spec in found] == [
        "lenet5 · standard · structured 0.5",
        "lenet5 · separable · structured 0.5",
        "convnet · standard · structured 0.5",
        "convnet · separable · structured 0.5",
        "mlp1000 · standard · structured 0.5",
    ]
    assert {(spec.seed, spec.criterion, spec.scope, spec.schedule) for spec in found} == {
        (3, "l1", "uniform", "one-shot")
    }


def test_a_halved_network_is_smaller_and_has_been_judged(few_digits):
    half = halved(specs(0)[4].edited(epochs=1, finetune_epochs=1), few_digits)
    assert (half.parameters, half.parameters_left) == (795_010, 397_510)
    assert half.dense > 85
    assert abs(half.lost) < 5


def test_the_line_of_a_network_gives_the_mean_and_every_seed():
    found = [Half("lenet5 standard", seed, 99.0, 98.9 - 0.2 * seed, 10, 3) for seed in (0, 1)]
    assert (row(found)["lost points"], row(found)["by seed"]) == ("+0.20", "+0.10 +0.30")
