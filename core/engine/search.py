"""A search for the fastest network within an accuracy limit: Optuna asks and remembers, trials are runs.

The studies live in a file of their own, `search.log` in the home folder: a search goes on after a restart.
"""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from core.engine.boundary import HIGHEST, Tried, next_ratio
from core.errors import EngineError, LabError
from core.records import RunRecord, RunSpec, Runtime, SearchRecord, Status, from_dict, to_dict

POLL_S = 0.3
MOST_TRIALS = 200
RATIO = "ratio"
_SPACE = {RATIO: FloatDistribution(0.0, HIGHEST)}

optuna.logging.set_verbosity(optuna.logging.WARNING)


class Halving(optuna.samplers.BaseSampler):
    """Samples the ratio between those that kept the accuracy and those that did not, as `is_good` says."""

    def __init__(self, is_good: Callable[[FrozenTrial], bool]) -> None:
        self._is_good = is_good

    def infer_relative_search_space(self, *_: object) -> dict[str, Any]:
        return dict(_SPACE)

    def sample_relative(self, study: Any, *_: object) -> dict[str, Any]:
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return {RATIO: next_ratio([Tried(t.params[RATIO], self._is_good(t)) for t in done])}

    def sample_independent(self, *arguments: object) -> Any:
        raise NotImplementedError(f"{arguments[2]} is no parameter of this search")


class Searches:
    """All searches of a home folder, each with a thread while it goes on.

    `submit(spec, search_id, name)` queues a run, `find(run_id)` returns it, `cancel(run_id)` stops it.
    """

    def __init__(
        self,
        file: Path,
        submit: Callable[[RunSpec, str, str], str],
        find: Callable[[str], RunRecord | None],
        cancel: Callable[[str], None],
    ) -> None:
        self._storage = JournalStorage(JournalFileBackend(str(file)))
        self._submit, self._find, self._cancel = submit, find, cancel
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._studies: dict[str, optuna.Study] = {}
        for name in optuna.get_all_study_names(self._storage):
            study = optuna.load_study(study_name=name, storage=self._storage)
            study.sampler = self._sampler(study.user_attrs["max_drop"])
            self._studies[name] = study

    def _sampler(self, max_drop: float) -> Halving:
        def kept(trial: FrozenTrial) -> bool:
            run = self._find(trial.user_attrs.get("run_id", ""))
            return run is not None and is_good(run, max_drop)

        return Halving(kept)

    def resume(self, search_id: str = "") -> None:
        """Go on with the searches, or the one, that an earlier process left unfinished."""
        for name, study in self._studies.items():
            if study.user_attrs["state"] == "running" and search_id in ("", name):
                self._run(study)

    def start(self, spec: RunSpec, max_drop: float, num_trials: int, name: str) -> str:
        """Begin a search around `spec`, whose ratio does not matter; return its id; raises EngineError."""
        _check(spec, max_drop, num_trials)
        search_id = uuid.uuid4().hex[:12]
        sampler = self._sampler(max_drop)
        study = optuna.create_study(
            study_name=search_id, storage=self._storage, sampler=sampler, direction="minimize"
        )
        facts = {"spec": to_dict(spec), "max_drop": max_drop, "num_trials": num_trials, "name": name}
        for key, value in {**facts, "created_at": time.time(), "state": "running"}.items():
            study.set_user_attr(key, value)
        self._studies[search_id] = study
        self._run(study)
        return search_id

    def stop(self, search_id: str) -> None:
        """End a search and cancel the run that it waits for."""
        study = self._studies.get(search_id)
        if study is None:
            raise EngineError(f"there is no search {search_id!r}.")
        study.set_user_attr("state", "cancelled")
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if run_id := trial.user_attrs.get("run_id"):
                self._cancel(run_id)

    def records(self) -> tuple[SearchRecord, ...]:
        """Return all searches, newest first."""
        found = [self._record(search_id, study) for search_id, study in tuple(self._studies.items())]
        return tuple(sorted(found, key=lambda record: record.created_at, reverse=True))

    def _record(self, search_id: str, study: optuna.Study) -> SearchRecord:
        facts = study.user_attrs
        trials = study.get_trials(deepcopy=False)
        run_ids = tuple(t.user_attrs["run_id"] for t in trials if "run_id" in t.user_attrs)
        runs = [run for run in map(self._find, run_ids) if run is not None]
        best = best_of(runs, facts["max_drop"])
        return SearchRecord(
            search_id=search_id,
            name=facts["name"],
            spec=from_dict(RunSpec, facts["spec"]),
            max_drop=facts["max_drop"],
            num_trials=facts["num_trials"],
            num_done=sum(t.state.is_finished() for t in trials),
            run_ids=run_ids,
            best_id=best.run_id if best else "",
            state=facts["state"],
            reason=facts.get("reason", ""),
            created_at=facts["created_at"],
        )

    def _run(self, study: optuna.Study) -> None:
        thread = threading.Thread(target=self._search, args=(study,), name="search", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _search(self, study: optuna.Study) -> None:
        facts = study.user_attrs
        spec, name = from_dict(RunSpec, facts["spec"]), facts["name"]
        while not self._closing.is_set() and study.user_attrs["state"] == "running":
            trials = study.get_trials(deepcopy=False)
            if sum(t.state.is_finished() for t in trials) >= facts["num_trials"]:
                study.set_user_attr("state", "finished")
                return
            left = [t for t in trials if t.state is TrialState.RUNNING and "run_id" in t.user_attrs]
            try:
                self._try(study, spec, name, left[0] if left else None)
            except LabError as error:
                study.set_user_attr("reason", str(error))
                study.set_user_attr("state", "failed")

    def _try(self, study: optuna.Study, spec: RunSpec, name: str, left: FrozenTrial | None) -> None:
        """Do one trial, or the rest of one that an earlier process began."""
        if left is None:
            trial = study.ask(fixed_distributions=dict(_SPACE))
            run_id = self._submit(spec.edited(ratio=trial.params[RATIO]), study.study_name, name)
            trial.set_user_attr("run_id", run_id)
            number = trial.number
        else:
            number, run_id = left.number, left.user_attrs["run_id"]
        run = self._awaited(run_id)
        if self._closing.is_set():
            return
        latency = latency_ms(run) if run is not None and run.status is Status.FINISHED else None
        if latency is None:
            study.tell(number, state=TrialState.FAIL)
        else:
            study.tell(number, latency)

    def _awaited(self, run_id: str) -> RunRecord | None:
        while not self._closing.wait(POLL_S):
            run = self._find(run_id)
            if run is None or run.status.is_finished:
                return run
        return None

    def close(self) -> None:
        """End the threads; the searches go on at the next start."""
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=5)


def _check(spec: RunSpec, max_drop: float, num_trials: int) -> None:
    if not spec.method.is_removal:
        raise EngineError(
            f"method is '{spec.method}'; a search for speed needs method structured, as zeros save no time."
        )
    if isinstance(max_drop, bool) or not 0 <= max_drop < 1:
        raise EngineError(
            f"max_drop is {max_drop!r}; allowed: 0 <= max_drop < 1, as in 0.003 for 0.3 points."
        )
    if isinstance(num_trials, bool) or not 1 <= num_trials <= MOST_TRIALS:
        raise EngineError(f"num_trials is {num_trials!r}; allowed: a whole number from 1 to {MOST_TRIALS}.")


def latency_ms(run: RunRecord) -> float | None:
    """Return a run's p50 on LiteRT fp32 with batch 1, None where it was not measured."""
    rows = run.result.latency if run.result else ()
    fitting = [r.p50_ms for r in rows if r.runtime is Runtime.LITERT_FP32 and r.batch == 1]
    return fitting[0] if fitting else None


def is_good(run: RunRecord, max_drop: float) -> bool:
    """Whether a run lost at most `max_drop` of the accuracy of its dense network."""
    return run.result is not None and run.result.accuracy >= run.result.accuracy_baseline - max_drop


def best_of(runs: Sequence[RunRecord], max_drop: float) -> RunRecord | None:
    """Return the fastest run within the limit, None where there is none."""
    timed = [(latency_ms(run), run) for run in runs if is_good(run, max_drop)]
    known = [(time_ms, run) for time_ms, run in timed if time_ms is not None]
    return min(known, key=lambda pair: pair[0])[1] if known else None
