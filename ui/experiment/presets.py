"""Starting points of the form, and its values from a stored run or an architecture's defaults."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.records import Architecture, Convolution, Criterion, Method, RunSpec, Scope
from core.records.spec import DEFAULT_EPOCHS, DEFAULT_FINETUNE_EPOCHS
from core.text import mark, t
from ui import resources, state, words


@dataclass(frozen=True, slots=True)
class Preset:
    """A named spec; the English name is the catalogue's key."""

    name: str
    spec: RunSpec


ARTICLE = RunSpec(
    architecture=Architecture.MLP1000, ratio=0.5, augment=False, epochs=10, finetune_epochs=10, batch_size=128
)
ARTICLE_CLAIM = (0.921, 0.918)
"""Accuracy before and after in the article that this program answers; nobody says how it was measured."""

PRESETS = (
    Preset(mark("LeNet-5, half the channels"), RunSpec()),
    Preset(mark("The article's example"), ARTICLE),
    Preset(
        mark("Separable and pruned"),
        RunSpec(architecture=Architecture.CONVNET, conv=Convolution.SEPARABLE, ratio=0.5),
    ),
    Preset(
        mark("Least loss per saved MAC"),
        RunSpec(ratio=0.9, scope=Scope.LAGRANGIAN, criterion=Criterion.TAYLOR, distill=True),
    ),
    Preset(mark("Zeros, not removal"), RunSpec(method=Method.MAGNITUDE, ratio=0.9)),
)


def seed() -> None:
    """Give every widget of the form a value: of `?from=RUN` once, the one kept, or the first preset's."""
    asked = state.address(state.Key.FROM)
    if asked and st.session_state.get(state.Key.PREFILLED) != asked:
        st.session_state[state.Key.PREFILLED] = asked
        source = resources.run(asked)
        if source is not None:
            fill(source.spec)
    kept = st.session_state.get(state.Key.KEPT, {})
    for key, value in (_values(PRESETS[0].spec) | {state.Key.MODE: "one"}).items():
        if key not in st.session_state:
            st.session_state[key] = kept.get(key, value)


def keep() -> None:
    """Keep the form's values over a visit to another page, where Streamlit forgets those of its widgets."""
    keys = (*_values(PRESETS[0].spec), state.Key.MODE)
    st.session_state[state.Key.KEPT] = {key: st.session_state[key] for key in keys}


def draw() -> None:
    """Draw the presets as a menu."""
    st.menu_button(
        t("Examples"),
        [preset.name for preset in PRESETS],
        format_func=t,
        key=state.Key.PRESET,
        on_click=_take_preset,
        type="tertiary",
    )


def _take_preset() -> None:
    chosen = st.session_state[state.Key.PRESET]
    fill(next(preset.spec for preset in PRESETS if preset.name == chosen))


def fill(spec: RunSpec) -> None:
    """Put a spec's values into the form, for one run; the sweep takes them as its only values."""
    st.session_state.update(_values(spec))
    st.session_state[state.Key.MODE] = "one"


def adapt() -> None:
    """Take the usual number of epochs for the architecture that was chosen."""
    chosen = Architecture(st.session_state[state.one("architecture")] or Architecture.LENET5)
    st.session_state[state.one("epochs")] = DEFAULT_EPOCHS[chosen]
    st.session_state[state.one("finetune_epochs")] = DEFAULT_FINETUNE_EPOCHS[chosen]


def article_note(spec: RunSpec) -> str:
    """Return the article's claim for its example beside what was measured; nothing for other specs."""
    if spec != ARTICLE:
        return ""
    claim = t(
        "The article claims {before} → {after} when 1,000 neurons become 500.",
        before=words.percent(ARTICLE_CLAIM[0], 1),
        after=words.percent(ARTICLE_CLAIM[1], 1),
    )
    result = next((r.result for r in resources.runs() if r.spec == spec and r.result), None)
    if result is None:
        return f"{claim} {t('Start it to see what this machine measures.')}"
    measured = t(
        "Measured: {before} → {after}.",
        before=words.percent(result.accuracy_baseline),
        after=words.percent(result.accuracy),
    )
    return f"{claim} {measured}"


def _values(spec: RunSpec) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(spec, name) for name in RunSpec.__dataclass_fields__}
    texts = ("architecture", "conv", "method", "criterion", "scope", "cost", "schedule")
    plain |= {name: str(plain[name]) for name in texts}
    one = {state.one(name): value for name, value in plain.items()}
    one[state.one("ignore")] = list(spec.ignore)
    swept = {state.many(name): [plain[name]] for name in ("architecture", "conv", "method", "criterion")}
    swept |= {state.many("scope"): [plain["scope"]], state.many("seed"): [str(spec.seed)]}
    return one | swept | {state.many("ratio"): [f"{spec.ratio:g}"]}
