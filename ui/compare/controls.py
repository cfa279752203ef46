"""What the visitor chose: axes, setup, filters, limits and runs, all of it in the address."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.analysis.quantities import row_of, setups
from core.charts.style import conv_name, method_name, quantity_label, stored
from core.records import Architecture, Caveat, Convolution, Method, Origin, RunRecord, Runtime
from core.records.comparison import Limit, Quantity, Setup
from core.text import t
from ui import words
from ui.address import Address

VIEWS = ("tradeoff", "map", "side")
LOG_BY_DEFAULT = (Quantity.P50, Quantity.P90, Quantity.P99, Quantity.PARAMETERS, Quantity.MACS, Quantity.SIZE)
CAVEATS = [str(caveat) for caveat in Caveat]
FILTERS = ("architecture", "origin", "conv", "sweep", "method", "sure")
GOALS = (Quantity.ACCURACY, Quantity.P50, Quantity.SIZE, Quantity.PARAMETERS)


@dataclass(frozen=True, slots=True)
class Axes:
    """The pair of quantities that the chart shows, and how."""

    x: Quantity
    y: Quantity
    log_x: bool
    log_y: bool
    bars: bool
    is_hiding_dominated: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What the network has to hold, and what it should be best at."""

    limits: tuple[Limit, ...]
    goal: Quantity


def view(address: Address) -> str:
    """Ask for the kind of comparison."""
    names = {"tradeoff": t("Trade-off"), "map": t("Convolution × ratio"), "side": t("Side by side")}
    return address.segments(
        t("View"), "view", VIEWS, "tradeoff", names.__getitem__, label_visibility="collapsed"
    )


def axes(address: Address) -> tuple[Quantity, Quantity]:
    """Ask for two different quantities, across and up, in two columns."""
    quantities = [str(quantity) for quantity in Quantity]
    left, right = st.columns(2)
    with left:
        y = address.pick(t("Up"), "y", quantities, Quantity.ACCURACY, _quantity_name)
    with right:
        others = [quantity for quantity in quantities if quantity != y]
        usual = Quantity.ACCURACY if y == Quantity.P50 else Quantity.P50
        x = address.pick(t("Across"), "x", others, usual, _quantity_name)
    return Quantity(x), Quantity(y)


def scales(address: Address, x: Quantity, y: Quantity) -> Axes:
    """Ask how the axes are drawn, in one row of switches."""
    with st.container(horizontal=True, gap="medium"):
        return Axes(
            x=x,
            y=y,
            log_x=address.switch(t("Log across"), f"log-{x}", x in LOG_BY_DEFAULT),
            log_y=address.switch(t("Log up"), f"log-up-{y}", False),
            bars=address.switch(t("Intervals"), "bars", True, help=_bars_help()),
            is_hiding_dominated=address.switch(t("Hide dominated"), "hide", False, help=_hide_help()),
        )


def setup(address: Address, records: Sequence[RunRecord]) -> Setup:
    """Ask on what the latency was measured, among the setups that there are, in four columns."""
    known = setups(records) or (Setup(),)
    columns = st.columns([2, 1.2, 1, 1])
    with columns[0]:
        runtimes = _options(str(s.runtime) for s in known)
        runtime = address.pick(t("Runtime"), "runtime", runtimes, str(known[0].runtime))
    known = tuple(s for s in known if s.runtime == runtime)
    with columns[1]:
        device = address.pick(t("Device"), "device", _options(s.device for s in known), known[0].device)
    known = tuple(s for s in known if s.device == device)
    with columns[2]:
        batch = address.pick(t("Batch"), "batch", _numbers(s.batch for s in known), _least(known, "batch"))
    known = tuple(s for s in known if str(s.batch) == batch)
    with columns[3]:
        all_threads = _numbers(s.threads for s in known)
        threads = address.pick(t("Threads"), "threads", all_threads, _least(known, "threads"))
    return Setup(runtime=Runtime(runtime), device=device, batch=int(batch), threads=int(threads))


def filters(address: Address, records: Sequence[RunRecord], setup: Setup) -> tuple[RunRecord, ...]:
    """Ask which runs to look at and return those; its boxes are drawn once opened or in use."""
    panel = st.expander(t("Filter runs"), icon=":material/filter_list:", key="filters", on_change="rerun")
    if not panel.open and not address.is_given(*FILTERS):
        return tuple(records)
    with panel:
        columns = st.columns(3)
        with columns[0]:
            architectures = address.several(
                t("Architecture"), "architecture", [str(a) for a in Architecture], placeholder=t("all")
            )
            origins = address.several(
                t("Made"), "origin", [str(o) for o in Origin], origin_name, placeholder=t("all")
            )
        with columns[1]:
            convs = address.several(
                t("Convolution"), "conv", [str(c) for c in Convolution], _conv_name, placeholder=t("all")
            )
            sweeps = address.several(
                t("Sweep"),
                "sweep",
                _options(r.sweep_id for r in records if r.sweep_id),
                _sweep_names(records).__getitem__,
                placeholder=t("all"),
            )
        with columns[2]:
            methods = address.several(
                t("Method"), "method", [str(m) for m in Method], _method_name, placeholder=t("all")
            )
            left_out = address.several(
                t("Leave out latencies in doubt"),
                "sure",
                CAVEATS,
                _caveat_name,
                older={"1": CAVEATS},
                placeholder=t("none"),
                help=_sure_help(),
            )
    kept = tuple(
        record
        for record in records
        if record.spec.architecture in (architectures or Architecture)
        and record.spec.conv in (convs or Convolution)
        and record.spec.method in (methods or Method)
        and record.origin in (origins or Origin)
        and (not sweeps or record.sweep_id in sweeps)
        and not (left_out and set(left_out).intersection(caveats(record, setup)))
    )
    if len(kept) < len(records):
        st.caption(t("{n} of {all} runs pass the filter.", n=len(kept), all=len(records)))
    return kept


def wish(address: Address) -> Wish:
    """Ask for limits and goal."""
    accuracy = address.number(
        t("Lowest accuracy (%)"), "min-accuracy", min_value=0.0, max_value=100.0, step=0.1, format="%.2f"
    )
    latency = address.number(
        t("Latency budget, p50 (ms)"), "max-latency", min_value=0.0, step=0.01, format="%.4f"
    )
    size = address.number(t("Size budget (kB)"), "max-size", min_value=0.0, step=10.0, format="%.1f")
    goal = address.pick(t("Best at"), "goal", [str(g) for g in GOALS], Quantity.ACCURACY, _quantity_name)
    asked = ((Quantity.ACCURACY, accuracy), (Quantity.P50, latency), (Quantity.SIZE, size))
    limits = tuple(Limit(quantity=q, bound=stored(bound, q)) for q, bound in asked if bound is not None)
    return Wish(limits, Quantity(goal))


def chosen(address: Address, records: Sequence[RunRecord]) -> list[str]:
    """Ask for runs by name: what a click or a box on the chart does, for the keyboard."""
    names = run_names(records)
    return address.several(
        t("Selected runs"),
        "selected",
        list(names),
        lambda run_id: names.get(run_id, run_id),
        placeholder=t("Click or draw a box on the chart, or choose here"),
    )


def run_names(records: Sequence[RunRecord]) -> dict[str, str]:
    """Return what to call each run by its id: its title, and what tells it from others of that title."""
    times = Counter(record.title for record in records)
    marks = {
        r.run_id: origin_name(r.origin) if r.origin is Origin.RECORDED else r.run_id[:6] for r in records
    }
    return {r.run_id: f"{r.title} ({marks[r.run_id]})" if times[r.title] > 1 else r.title for r in records}


def origin_name(origin: str) -> str:
    """Return what a person calls an origin."""
    return t("recorded") if origin == Origin.RECORDED else t("here")


def caveats(record: RunRecord, setup: Setup) -> tuple[Caveat, ...]:
    """Return why its latency on `setup` deserves doubt."""
    row = row_of(record, setup)
    return row.warnings if row else ()


def _quantity_name(value: str) -> str:
    return quantity_label(Quantity(value))


def _conv_name(value: str) -> str:
    return conv_name(Convolution(value))


def _method_name(value: str) -> str:
    return method_name(Method(value))


def _caveat_name(value: str) -> str:
    return words.caveat_name(Caveat(value))


def _options(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _numbers(values: Iterable[int]) -> list[str]:
    return [str(value) for value in sorted(set(values))]


def _least(known: Sequence[Setup], field: str) -> str:
    return str(min(getattr(setup, field) for setup in known))


def _sweep_names(records: Sequence[RunRecord]) -> dict[str, str]:
    return {record.sweep_id: record.sweep_name or record.sweep_id for record in records}


def _hide_help() -> str:
    return t("Leaves out runs that another one clearly beats on both axes.")


def _bars_help() -> str:
    return t("95 % intervals: Wilson for accuracy, bootstrap for latency.")


def _sure_help() -> str:
    return t("Leaves out runs whose latency on this setup carries one of these marks:") + (
        f"\n\n{words.caveat_meanings()}"
    )
