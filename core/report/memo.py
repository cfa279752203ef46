"""The decision on one page: HTML that needs no other file or host and prints well on A4 or letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.analysis.constraints import differences
from core.analysis.quantities import estimate, row_of
from core.charts.latency_bars import setup_in_full, setup_name
from core.charts.style import quantity_name, span, tied_words, written
from core.charts.words import lossless_words
from core.records.comparison import Estimate, Fit, Limit, Quantity, Recommendation, Setup, Sign
from core.records.latency import Caveat, LatencyRow
from core.records.run import Origin, RunRecord
from core.text import language, minute, percent, t

ROWS = (
    Quantity.ACCURACY,
    Quantity.ERRORS,
    Quantity.P50,
    Quantity.P90,
    Quantity.P99,
    Quantity.SPEEDUP,
    Quantity.THROUGHPUT,
    Quantity.PARAMETERS,
    Quantity.MACS,
    Quantity.SIZE,
    Quantity.MEMORY,
    Quantity.ENERGY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoFacts:
    """What the memo says besides the runs. `chart` is trusted HTML: an SVG, or Plotly's own figure."""

    question: str
    setup: Setup
    chart: str
    link: str
    data_hash: str
    made_at: str
    store: str
    caveats: Mapping[Caveat, str]


def memo_html(
    best: RunRecord,
    runner_up: RunRecord | None,
    dense: RunRecord | None,
    advice: Recommendation,
    facts: MemoFacts,
    lossless: RunRecord | None = None,
) -> str:
    """Return the memo; every text of a person is escaped. `lossless` is the fastest that loses nothing."""
    columns = [(t("Recommended"), best)]
    columns += [(t("Runner-up"), runner_up)] if runner_up else []
    if lossless and lossless.run_id not in {r.run_id for _, r in columns}:
        columns.append((t("Fastest that loses nothing measurable"), lossless))
    columns += [(t("Dense network"), dense)] if dense and dense.run_id != best.run_id else []
    body = (
        f"<h1>{_text(t('Decision memo'))}</h1>",
        f"<p class='quiet'>Pruning Lab · {_text(facts.made_at)}</p>",
        _section(t("Question"), f"<p>{_text(facts.question)}</p>"),
        _section(t("Answer"), f"<p>{_answer(best, advice, facts.setup)}</p>"),
        _table(columns, facts.setup),
        _yardstick([record for _, record in columns]),
        _lossless(lossless, advice),
        f"<div class='two'>{_given_up(best, runner_up, dense, facts.setup)}</div>",
        f"<figure>{facts.chart}</figure>",
        f"<div class='two'>{_conditions(best, facts)}{_provenance([r for _, r in columns], facts)}</div>",
    )
    return _PAGE.format(
        language=language(), title=_text(t("Decision memo")), style=_STYLE, body="\n".join(body)
    )


def question_of(limits: Sequence[Limit], goal: Quantity, setup: Setup) -> str:
    """Return the question that the limits ask, for whoever did not write one."""
    bounds = [
        f"{quantity_name(limit.quantity)} {'≥' if limit.quantity.is_better_high else '≤'} "
        f"{written(limit.bound, limit.quantity)}"
        for limit in limits
    ]
    return t(
        "Which network is best in {goal} on {setup}, given: {limits}?",
        goal=quantity_name(goal).lower(),
        setup=setup_name(setup),
        limits="; ".join(bounds) or t("no limits"),
    )


def _answer(best: RunRecord, advice: Recommendation, setup: Setup) -> str:
    said = [f"<b>{_text(best.title)}</b>."]
    if advice.fits[best.run_id] is Fit.IN_DOUBT:
        said.append(_text(t("Its measured values hold every limit, but an interval crosses one of them.")))
    elif advice.limits:
        said.append(_text(t("It holds every limit with its whole 95 % interval.")))
    if len(advice.tied) > 1:
        said.append(_text(tied_words(advice)))
    if advice.lossless and advice.lossless.run_id == best.run_id:
        said.append(_text(t("It is the fastest that loses nothing measurable against its dense network.")))
        said.append(_text(lossless_words(advice.lossless)))
    row = row_of(best, setup)
    if row and row.warnings:
        said.append(f"<b>{_text(t('Its latency is in doubt, see below.'))}</b>")
    return " ".join(said)


def _lossless(lossless: RunRecord | None, advice: Recommendation) -> str:
    """Return what says that another run than the recommended one loses nothing."""
    if not lossless or not advice.lossless or lossless.run_id == advice.best:
        return ""
    role = t("Fastest that loses nothing measurable")
    return f"<p>{_text(role)}: {_text(lossless.title)}. {_text(lossless_words(advice.lossless))}</p>"


def _table(columns: Sequence[tuple[str, RunRecord]], setup: Setup) -> str:
    head = "".join(f"<th>{_text(role)}<br><small>{_text(r.title)}</small></th>" for role, r in columns)
    rows = []
    for quantity in ROWS:
        values = [estimate(record, quantity, setup) for _, record in columns]
        if any(values):
            cells = "".join(f"<td>{_value(value, quantity)}</td>" for value in values)
            rows.append(f"<tr><th>{_text(quantity_name(quantity))}</th>{cells}</tr>")
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _yardstick(records: Sequence[RunRecord]) -> str:
    """Return what the speed-ups are measured against, where that is not the same for all."""
    if len({record.spec.architecture for record in records}) < 2:
        return ""
    said = t("Each speed-up is against the dense standard network of the run's own architecture.")
    return f"<p class='quiet'>{_text(said)}</p>"


def _value(value: Estimate | None, quantity: Quantity) -> str:
    if value is None:
        return _text(t("not measured"))
    said = _text(written(value.value, quantity))
    if value.is_exact or not value.has_interval:
        return said
    low, high = value.bounds
    return f"{said} <small>[{_text(span(low, high, quantity))}]</small>"


def _given_up(best: RunRecord, runner_up: RunRecord | None, dense: RunRecord | None, setup: Setup) -> str:
    parts = []
    if dense and dense.run_id != best.run_id:
        parts.append(_section(t("Given up against the dense network"), _changes(dense, best, setup)))
    if runner_up:
        parts.append(_section(t("What the runner-up would change"), _changes(best, runner_up, setup)))
    return "".join(parts)


def _changes(before: RunRecord, after: RunRecord, setup: Setup) -> str:
    words = {
        Sign.BETTER: t("better"),
        Sign.WORSE: t("worse"),
        Sign.WITHIN_NOISE: t("within the noise"),
        Sign.NOT_KNOWN: t("no interval measured"),
    }
    items = [
        f"<li>{_text(quantity_name(d.quantity))}: {_text(written(d.best.value, d.quantity))} → "
        f"{_text(written(d.other.value, d.quantity))} <small>({_text(words[d.sign])})</small></li>"
        for d in differences(before, after, setup)
        if d.sign is not Sign.EQUAL and d.quantity in _SHORT
    ]
    return f"<ul>{''.join(items)}</ul>" if items else f"<p>{_text(t('Nothing that was measured.'))}</p>"


_SHORT = (Quantity.ACCURACY, Quantity.P50, Quantity.PARAMETERS, Quantity.MACS, Quantity.SIZE, Quantity.ENERGY)


def _conditions(best: RunRecord, facts: MemoFacts) -> str:
    row = row_of(best, facts.setup)
    if row is None:
        return _section(t("Measurement"), f"<p>{_text(t('Not measured on this setup.'))}</p>")
    facts_of_row = [
        (t("Setup"), setup_in_full(facts.setup)),
        (t("Queries"), t("{n} in {p} processes", n=f"{row.queries:,}", p=row.processes)),
        *_machine(row),
    ]
    doubts = [f"{caveat}: {facts.caveats.get(caveat, '')}" for caveat in row.warnings]
    notes = [*doubts, *(best.result.warnings if best.result else ())]
    warnings = "".join(f"<li>{_text(note)}</li>" for note in notes) or f"<li>{_text(t('none'))}</li>"
    return _section(
        t("Measurement"), f"{_pairs(facts_of_row)}<p><b>{_text(t('Warnings'))}</b></p><ul>{warnings}</ul>"
    )


def _machine(row: LatencyRow) -> list[tuple[str, str]]:
    known = row.conditions
    if known is None:
        return []
    said = [
        (t("Processor"), known.cpu),
        (t("GPU"), known.gpu or ""),
        (t("Measured at"), minute(known.measured_at)),
    ]
    if known.load_during is not None:
        said.append((t("Taken by others meanwhile"), percent(known.load_during)))
    if known.versions:
        said.append((t("Versions"), ", ".join(f"{k} {v}" for k, v in known.versions.items())))
    return [(name, value) for name, value in said if value]


def _provenance(records: Sequence[RunRecord], facts: MemoFacts) -> str:
    said = [
        (t("MLflow run"), ", ".join(record.run_id for record in records)),
        (t("Store"), facts.store),
        (t("Seed"), ", ".join(dict.fromkeys(str(record.spec.seed) for record in records))),
        (t("Recipe"), _recipe(records[0])),
        (t("Data"), t("MNIST, 60,000 + 10,000 images, sha256 {hash}", hash=facts.data_hash)),
        *((t("Recorded"), f"{r.title}: {r.recording}") for r in records if r.origin is Origin.RECORDED),
    ]
    link = escape(facts.link, quote=True)
    back = f"<p>{_text(t('Back to the comparison'))}: <a href='{link}'>{link}</a></p>"
    return _section(t("Provenance"), _pairs(said) + back)


def _recipe(record: RunRecord) -> str:
    spec = record.spec
    return t(
        "{epochs} + {finetune} epochs, batch {batch}, {schedule}",
        epochs=spec.epochs,
        finetune=0 if spec.is_baseline else spec.finetune_epochs,
        batch=spec.batch_size,
        schedule=spec.schedule,
    )


def _pairs(said: Sequence[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{_text(a)}</dt><dd>{_text(b)}</dd>' for a, b in said)}</dl>"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{_text(title)}</h2>{content}</section>"


def _text(value: str) -> str:
    return escape(value)


_STYLE = """
@page { size: A4; margin: 12mm; }
* { box-sizing: border-box; }
body { font: 9.5px/1.35 system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif;
  color: #161d2b; max-width: 186mm; margin: 8mm auto; padding: 0 4mm; background: #fff; }
h1 { font-size: 17px; margin: 0; } h2 { font-size: 11px; margin: 6px 0 2px; color: #0b3fae; }
p { margin: 2px 0; } ul { margin: 2px 0; padding-left: 15px; } small, .quiet { color: #586274; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
th, td { text-align: left; padding: 1.5px 8px 1.5px 0; border-bottom: 1px solid #e1e6ef; }
th, td { vertical-align: top; }
tbody th { font-weight: 500; color: #586274; white-space: nowrap; }
figure { margin: 6px 0; } figure svg { width: 100%; height: auto; max-height: 54mm; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 18px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 9px; margin: 2px 0; }
dt { color: #586274; } dd { margin: 0; } dd, a { overflow-wrap: anywhere; } a { color: #0b3fae; }
@media print { body { margin: 0; padding: 0; max-width: none; } section, figure { break-inside: avoid; } }
@media (max-width: 600px) { .two { grid-template-columns: 1fr; } body { font-size: 13px; } }
"""
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body>
{body}
</body></html>
"""
