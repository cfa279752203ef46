"""Which networks answer: every finished run that left a .tflite, and the ratio at which a family breaks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.analysis.quantities import row_of
from core.errors import LabError
from core.records import Answer, ModelFile, RunRecord, RunSpec, Status
from core.records.comparison import Setup

TFLITE = "model.tflite"
Artifact = Callable[[RunRecord, str], Path | bytes]


def variants(records: Iterable[RunRecord], artifact: Artifact) -> tuple[ModelFile, ...]:
    """Return the exported networks of finished runs, smallest first; runs whose file is gone are left out."""
    found = []
    for record in records:
        if record.status is not Status.FINISHED:
            continue
        try:
            source = artifact(record, TFLITE)
            size = len(source) if isinstance(source, bytes) else source.stat().st_size
        except (LabError, OSError):
            continue
        found.append(_model_file(record, source, size))
    return tuple(sorted(found, key=lambda model: model.size_bytes))


def _model_file(record: RunRecord, source: Path | bytes, size: int) -> ModelFile:
    result, row = record.result, row_of(record, Setup())
    return ModelFile(
        run_id=record.run_id,
        title=record.title,
        source=source,
        size_bytes=size,
        accuracy=result.accuracy if result else None,
        ratio=record.spec.ratio,
        family=family_of(record.spec),
        origin=record.origin,
        is_dense=record.spec.is_baseline,
        latency_ms=row.p50_ms if row else None,
        warnings=row.warnings if row else (),
    )


def family_of(spec: RunSpec) -> str:
    """Return a name that runs share which differ in nothing but the ratio."""
    if spec.is_baseline:
        return f"{spec.architecture} · {spec.conv}"
    how = f"{spec.method} {spec.criterion} {spec.scope}" if spec.method.is_removal else str(spec.method)
    more = " · distilled" if spec.distill else ""
    return f"{spec.architecture} · {spec.conv} · {how}{more}"


@dataclass(frozen=True, slots=True)
class Break:
    """Where a family's answer leaves the dense network's: the lowest such ratio, None where it never does."""

    family: str
    label: int
    ratio: float | None
    becomes: int | None
    num_ratios: int
    recovers: bool = False


def breaks(models: Sequence[ModelFile], rows: Sequence[Answer], index: int) -> tuple[Break, ...]:
    """Return, per family with a dense and a pruned network, where the answer to image `index` breaks."""
    labels = {row.model: row.labels[index] for row in rows}
    dense = {
        model.family: labels[model.run_id] for model in models if model.is_dense and model.run_id in labels
    }
    families: dict[str, list[ModelFile]] = {}
    for model in models:
        if not model.is_dense and model.run_id in labels:
            families.setdefault(model.family, []).append(model)
    found = []
    for family, members in families.items():
        base = dense.get(" · ".join(family.split(" · ")[:2]))
        if base is None:
            continue
        by_ratio = sorted(members, key=lambda model: model.ratio)
        wrong = [model for model in by_ratio if labels[model.run_id] != base]
        num_ratios = len({model.ratio for model in by_ratio})
        if not wrong:
            found.append(Break(family, base, None, None, num_ratios))
            continue
        first = wrong[0]
        recovers = any(m.ratio > first.ratio and labels[m.run_id] == base for m in by_ratio)
        found.append(Break(family, base, first.ratio, labels[first.run_id], num_ratios, recovers))
    return tuple(sorted(found, key=lambda item: item.family))
