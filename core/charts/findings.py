"""Findings of the diagnosis in words, each with its evidence."""

from collections.abc import Callable

from core.records import Finding, Rule
from core.text import t

Words = Callable[[Finding], tuple[str, str]]


def finding_words(finding: Finding) -> tuple[str, str]:
    """Return a headline and the sentence that holds the evidence."""
    return _WORDS[finding.rule](finding)


def _only_zeroed(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    said = t(
        "{share} of the weights are zero, but runtimes multiply zeros too.",
        share=_percent(seen, "zeros_percent"),
    )
    if "zeroed" in seen and "removed" in seen:
        values = {"zeroed": f"{seen['zeroed']:.2f}", "removed": f"{seen['removed']:.2f}"}
        said += " " + t("Zeroed: {zeroed}×; the same share of channels removed: {removed}×.", **values)
    return t("Weights are only zeroed"), said


def _overhead(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    if "growth" in seen:
        values = {
            "batch": f"{seen['batch']:.0f}",
            "growth": f"{seen['growth']:.1f}",
            "runtime": finding.subject,
        }
        said = t("On {runtime}, {batch} images in a query take only {growth} times as long as one.", **values)
    else:
        values = {"share": _percent(seen, "share_percent"), "time": f"{1000 * seen['transfer_ms']:.2f}"}
        said = t("{share} of a query ({time} µs) is input and output, before any layer computes.", **values)
    return t("Overhead-bound"), said


def _flat(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    values = {
        "macs": f"{seen['macs_ratio']:.1f}",
        "speedup": f"{seen['speedup']:.2f}",
        "runtime": finding.subject,
    }
    return t("The runtime hides the gain"), t(
        "{macs} times fewer multiplications are {speedup}× on {runtime}: a call costs more than the network.",
        **values,
    )


def _memory(finding: Finding) -> tuple[str, str]:
    values = {
        "layer": finding.subject,
        "time": _percent(finding.evidence, "time_percent"),
        "macs": _percent(finding.evidence, "macs_percent"),
    }
    return t("Memory-bound depthwise layer"), t(
        "{layer} does {macs} of the multiplications and takes {time} of the time.", **values
    )


def _first(finding: Finding) -> tuple[str, str]:
    values = {"layer": finding.subject, "time": _percent(finding.evidence, "time_percent")}
    return t("The first layer dominates"), t(
        "{layer} takes {time} of the time; pruning what follows cannot help it.", **values
    )


def _vectors(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    values = {
        "layer": finding.subject,
        "channels": f"{seen['channels']:.0f}",
        "filled": f"{seen['filled']:.0f}",
    }
    return t("Vectors are not full"), t(
        "{layer} has {channels} channels; {filled} would take about the same time.", **values
    )


def _quantised(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    values = {
        "runtime": finding.subject,
        "slow": f"{1000 * seen['quantised_ms']:.1f}",
        "fast": f"{1000 * seen['float_ms']:.1f}",
    }
    return t("Quantised is slower here"), t("{runtime}: {slow} µs against {fast} µs in float32.", **values)


def _noisy(finding: Finding) -> tuple[str, str]:
    seen = finding.evidence
    values = {"rows": f"{seen['rows']:.0f}", "of": f"{seen['of']:.0f}"}
    said = t("{rows} of {of} figures were taken while the machine was busy or uneven.", **values)
    if "core_shared_percent" in seen:
        share = _percent(seen, "core_shared_percent")
        said += " " + t("Others took up to {share} of the measured core.", share=share)
    return t("The machine was noisy"), said


def _percent(evidence: dict[str, float], name: str) -> str:
    return f"{evidence[name]:.0f} %"


_WORDS: dict[Rule, Words] = {
    Rule.ONLY_ZEROED: _only_zeroed,
    Rule.OVERHEAD_BOUND: _overhead,
    Rule.FLAT_IN_MACS: _flat,
    Rule.MEMORY_BOUND: _memory,
    Rule.FIRST_LAYER: _first,
    Rule.VECTOR_WIDTH: _vectors,
    Rule.QUANTISED_SLOWER: _quantised,
    Rule.NOISY: _noisy,
}
