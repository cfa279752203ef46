"""The form of the Experiment page: from widgets to validated specs. It starts nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.engine.sweeps import combinations
from core.errors import SpecError
from core.records import Architecture, Convolution, Cost, Criterion, Method, RunSpec, Schedule, Scope
from core.text import t
from ui import state
from ui.experiment import choices, presets

ONE, SWEEP = "one", "sweep"
RATIOS = ("0.25", "0.5", "0.75", "0.9", "0.95")
SEEDS = ("0", "1", "2")
SWEPT = ("architecture", "conv", "method", "ratio", "criterion", "scope", "seed")
"""Fields that take several values in a sweep; the others take one value for all of its runs."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form asks for: runs, or in words why not."""

    specs: tuple[RunSpec, ...] = ()
    error: str = ""
    left_out: tuple[str, ...] = ()
    is_sweep: bool = False

    @property
    def spec(self) -> RunSpec | None:
        """The run to preview."""
        return self.specs[0] if len(self.specs) == 1 else None


def draw() -> Draft:
    """Draw the form and return what it asks for."""
    presets.seed()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        is_sweep = _mode() == SWEEP
        presets.draw()
    if is_sweep:
        st.caption(t("Every combination of the chosen values becomes a run."))
    values = _swept() if is_sweep else _single()
    with st.expander(t("Pruning in detail"), icon=":material/tune:", key="form-detail"):
        values |= _detail(values, is_sweep)
    with st.expander(t("Training"), icon=":material/fitness_center:", key="form-training"):
        values |= _training(is_sweep)
    presets.keep()
    return _draft(values, is_sweep)


def _mode() -> str:
    return st.segmented_control(
        t("How many runs"),
        (ONE, SWEEP),
        format_func={ONE: t("One run"), SWEEP: t("Sweep")}.__getitem__,
        key=state.Key.MODE,
        required=True,
        label_visibility="collapsed",
    )


def _draft(values: Mapping[str, Sequence[Any]], is_sweep: bool) -> Draft:
    try:
        empty = next((name for name in SWEPT if is_sweep and not values[name]), "")
        if empty:
            return Draft(error=t("Choose at least one value of {field}.", field=empty), is_sweep=True)
        if is_sweep:
            found = combinations(values)
            return Draft(found.specs, left_out=found.left_out, is_sweep=True)
        return Draft((RunSpec(**_plain(values)),))
    except SpecError as error:
        return Draft(error=str(error), is_sweep=is_sweep)


def _plain(values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    plain = {name: found[0] for name, found in values.items()}
    if plain["method"] == Method.NONE:
        plain |= {"ratio": 0.0, "criterion": None, "scope": Scope.UNIFORM}
    return plain


def _single() -> dict[str, list[Any]]:
    architecture = _pick("architecture", Architecture, choices.architecture_name, on_change=presets.adapt)
    st.caption(choices.architecture_meaning(Architecture(architecture)))
    conv = _pick("conv", Convolution, choices.conv_name, help=choices.conv_help())
    method = _pick("method", Method, choices.method_name, help=choices.method_help())
    ratio = st.slider(
        t("Pruning ratio"),
        0.0,
        0.99,
        step=0.01,
        key=state.one("ratio"),
        help=choices.ratio_help(),
        disabled=method == Method.NONE,
    )
    return {"architecture": [architecture], "conv": [conv], "method": [method], "ratio": [ratio]}


def _swept() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        "architecture": _pick_many("architecture", Architecture, choices.architecture_name),
        "conv": _pick_many("conv", Convolution, choices.conv_name),
        "method": _pick_many("method", Method, choices.method_name),
    }
    ratios = st.multiselect(
        t("Pruning ratios"),
        RATIOS,
        key=state.many("ratio"),
        accept_new_options=True,
        help=t("Choose, or type any ratio from 0 up to 0.99."),
    )
    return found | {"ratio": [_number(text, float) for text in ratios]}


def _detail(values: Mapping[str, Sequence[Any]], is_sweep: bool) -> dict[str, list[Any]]:
    prunes = set(values["method"]) != {Method.NONE}
    structured = Method.STRUCTURED in values["method"]
    found: dict[str, list[Any]] = {}
    for name, kind, words in (
        ("scope", Scope, choices.scope_name),
        ("criterion", Criterion, choices.criterion_name),
    ):
        pick = _pick_many if is_sweep else _pick_list
        found[name] = pick(name, kind, words, help=choices.help_of(name), disabled=not prunes)
    lagrangian = Scope.LAGRANGIAN in found["scope"]
    found["cost"] = _pick_list(
        "cost", Cost, choices.cost_name, help=choices.help_of("cost"), disabled=not lagrangian
    )
    found["schedule"] = _pick_list(
        "schedule", Schedule, choices.schedule_name, help=choices.help_of("schedule"), disabled=not prunes
    )
    found["round_to"] = [
        _whole(t("Keep a multiple of"), "round_to", choices.help_of("round_to"), not structured)
    ]
    layers = choices.layers(values["architecture"], values["conv"])
    key = state.one("ignore")
    st.session_state[key] = [name for name in st.session_state[key] if name in layers]
    ignored = st.multiselect(
        t("Leave these layers whole"),
        layers,
        key=key,
        help=choices.help_of("ignore"),
        disabled=not prunes,
        placeholder=t("None"),
    )
    return found | {"ignore": [tuple(ignored)]}


def _training(is_sweep: bool) -> dict[str, list[Any]]:
    left, right = st.columns(2)
    with left:
        epochs = _whole(t("Epochs"), "epochs", choices.help_of("epochs"))
        batch = _whole(t("Batch size"), "batch_size", choices.help_of("batch_size"))
    with right:
        finetune = _whole(t("Fine-tuning epochs"), "finetune_epochs", choices.help_of("finetune_epochs"))
        seed = None if is_sweep else _whole(t("Seed"), "seed", choices.help_of("seed"))
    seeds = [seed] if seed is not None else []
    if is_sweep:
        texts = st.multiselect(t("Seeds"), SEEDS, key=state.many("seed"), accept_new_options=True)
        seeds = [_number(text, int) for text in texts]
    distill = _switch(t("Distil from the dense network"), "distill")
    augment = _switch(t("Augment the images"), "augment")
    devices = choices.devices()
    device = _select(t("Device"), "device", devices) if len(devices) > 1 else devices[0]
    return {
        "epochs": [epochs],
        "finetune_epochs": [finetune],
        "batch_size": [batch],
        "seed": seeds,
        "distill": [distill],
        "augment": [augment],
        "device": [device],
    }


def _pick(field: str, kind: Any, words: Callable[[Any], str], **more: Any) -> str:
    return _pills(field, kind, words, state.one(field), required=True, **more) or next(iter(kind))


def _pick_list(field: str, kind: Any, words: Callable[[Any], str], **more: Any) -> list[Any]:
    return [_pick(field, kind, words, **more)]


def _pick_many(field: str, kind: Any, words: Callable[[Any], str], **more: Any) -> list[Any]:
    return list(_pills(field, kind, words, state.many(field), selection_mode="multi", **more))


def _pills(field: str, kind: Any, words: Callable[[Any], str], key: str, **more: Any) -> Any:
    # Plain strings: Streamlit takes enum members of another load of their module for foreign values.
    return st.pills(
        choices.label(field),
        [str(member) for member in kind],
        format_func=lambda value: words(kind(value)),
        key=key,
        **more,
    )


def _select(label: str, field: str, options: Sequence[str]) -> str:
    return st.selectbox(label, options, key=state.one(field))


def _switch(label: str, field: str) -> bool:
    return bool(st.toggle(label, key=state.one(field), help=choices.help_of(field)))


def _whole(label: str, field: str, help_text: str, disabled: bool = False) -> int:
    # No bounds here: the spec's own message says what is allowed.
    return st.number_input(label, step=1, key=state.one(field), help=help_text, disabled=disabled)


def _number(text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        return text  # the spec says what it wants instead
