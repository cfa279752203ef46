from core.analysis.diagnosis import Facts, findings
from core.records import Caveat, Conditions, Finding, LatencyRow, LayerTime, Rule, Runtime, Twins


def row(
    runtime: Runtime = Runtime.LITERT_FP32, p50: float = 1.0, batch: int = 1, **more: object
) -> LatencyRow:
    return LatencyRow(
        runtime=runtime, batch=batch, p50_ms=p50, p50_low_ms=0.98 * p50, p50_high_ms=1.02 * p50, **more
    )  # type: ignore[arg-type]


def layer(name: str, share: float, kind: str = "Conv2D", channels: int = 16, macs: int = 1000) -> LayerTime:
    return LayerTime(
        layer=name,
        kind=kind,
        time_ms=share,
        low_ms=share,
        high_ms=share,
        share=share,
        channels=channels,
        macs=macs,
    )


def rules(facts: Facts) -> list[tuple[Rule, str]]:
    return [(finding.rule, finding.subject) for finding in findings(facts)]


def only(facts: Facts) -> Finding:
    (finding,) = findings(facts)
    return finding


def test_a_network_with_nothing_wrong_has_no_finding() -> None:
    layers = [
        layer("input", 0.1, "transfer", 0, 0),
        layer("conv1", 0.3),
        layer("conv2", 0.3),
        layer("logits", 0.3),
    ]
    facts = Facts(rows=[row(speedup=8.0), row(Runtime.LITERT_INT8, 0.5)], layers=layers, macs_ratio=10.0)
    assert findings(facts) == ()


def test_zeroed_weights_are_named_with_what_removal_would_have_given() -> None:
    twins = Twins(ratio=0.5, macs_ratio=3.0, removed=row(speedup=2.5), zeroed=row(speedup=1.0))
    finding = only(Facts(zero_share=0.9, twins=twins))
    assert finding.rule is Rule.ONLY_ZEROED
    assert finding.evidence == {"zeros_percent": 90.0, "zeroed": 1.0, "removed": 2.5}


def test_removed_channels_are_not_called_zeroed() -> None:
    assert findings(Facts(zero_share=0.9, is_removed=True)) == ()


def test_a_time_that_hardly_grows_with_the_batch_is_overhead() -> None:
    rows = [row(Runtime.TF_FUNCTION, 0.3), row(Runtime.TF_FUNCTION, 0.6, batch=32)]
    finding = only(Facts(rows=rows))
    assert (finding.rule, finding.subject) == (Rule.OVERHEAD_BOUND, Runtime.TF_FUNCTION)
    assert finding.evidence["growth"] == 2.0


def test_a_time_that_grows_with_the_batch_is_not() -> None:
    assert findings(Facts(rows=[row(p50=0.04), row(p50=1.0, batch=32)])) == ()


def test_a_query_that_is_mostly_transfer_is_overhead() -> None:
    facts = Facts(
        layers=[layer("input and output", 0.5, "transfer", 0, 0), layer("a", 0.25), layer("b", 0.25)]
    )
    assert rules(facts) == [(Rule.OVERHEAD_BOUND, "input and output")]


def test_far_fewer_multiplications_without_gain_are_named_by_runtime() -> None:
    rows = [row(Runtime.KERAS_PREDICT, speedup=1.06), row(speedup=8.1)]
    assert rules(Facts(rows=rows, macs_ratio=14.0)) == [(Rule.FLAT_IN_MACS, Runtime.KERAS_PREDICT)]


def test_a_depthwise_layer_that_takes_far_more_time_than_its_share_of_work_is_memory_bound() -> None:
    layers = [layer("conv1", 0.35, macs=9000), layer("depthwise", 0.3, "DepthwiseConv2D", macs=500)]
    layers += [layer("pointwise", 0.35, macs=9000)]
    assert rules(Facts(layers=layers)) == [(Rule.MEMORY_BOUND, "depthwise")]


def test_a_dominating_first_layer_is_named() -> None:
    layers = [layer("input", 0.1, "transfer", 0, 0), layer("conv1", 0.6), layer("conv2", 0.3)]
    finding = only(Facts(layers=layers))
    assert (finding.rule, finding.subject, finding.evidence["time_percent"]) == (
        Rule.FIRST_LAYER,
        "conv1",
        60.0,
    )


def test_channels_that_do_not_fill_vectors_are_named_with_what_would() -> None:
    layers = [layer("conv1", 0.3), layer("conv2", 0.4, channels=17), layer("logits", 0.3, channels=10)]
    finding = only(Facts(layers=layers))
    assert (finding.rule, finding.subject) == (Rule.VECTOR_WIDTH, "conv2")
    assert finding.evidence == {"channels": 17.0, "filled": 24.0}


def test_layers_laid_out_wide_fill_their_vectors() -> None:
    layers = [layer("conv1", 0.3, "Conv2D and pooling", channels=5), layer("logits", 0.7)]
    assert (Rule.VECTOR_WIDTH, "conv1") not in rules(Facts(layers=layers))


def test_quantised_is_slower_only_where_the_intervals_are_apart() -> None:
    slower = Facts(rows=[row(p50=1.0), row(Runtime.LITERT_INT8, 1.3)])
    alike = Facts(rows=[row(p50=1.0), row(Runtime.LITERT_INT8, 1.01)])
    assert rules(slower) == [(Rule.QUANTISED_SLOWER, Runtime.LITERT_INT8)]
    assert rules(alike) == []


def test_a_busy_machine_is_named_with_how_busy() -> None:
    rows = [row(warnings=(Caveat.LOADED,), conditions=Conditions(core_shared=0.25)), row(batch=2)]
    finding = only(Facts(rows=rows))
    assert finding.rule is Rule.NOISY
    assert finding.evidence == {"rows": 1.0, "of": 2.0, "core_shared_percent": 25.0}
