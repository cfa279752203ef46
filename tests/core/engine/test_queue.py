from core.engine.index import Index
from core.engine.queue import next_run, reordered
from core.records import RunRecord, RunResult, RunSpec, Status, from_dict
from tests.core.engine.scripted import RESULT

DENSE = RunSpec().baseline()


def record(
    run_id: str, status: Status = Status.SCHEDULED, spec: RunSpec | None = None, **fields: object
) -> RunRecord:
    return RunRecord(run_id=run_id, spec=spec or RunSpec(), status=status, **fields)


def chosen(*records: RunRecord) -> object:
    return next_run(Index(records))


def test_the_first_in_the_queue_is_next() -> None:
    done = record("dense", Status.FINISHED, DENSE)
    found = chosen(record("b", position=2), record("a", position=1), done)
    assert (found.run.run_id, found.baseline.run_id) == ("a", "dense")


def test_a_run_waits_for_its_baseline_and_others_go_on() -> None:
    other = RunSpec(seed=1)
    rows = (
        record("a", position=1),
        record("dense", Status.RUNNING, DENSE),
        record("b", spec=other, position=2),
        record("other", Status.FINISHED, other.baseline()),
    )
    assert chosen(*rows).run.run_id == "b"
    assert chosen(*rows[:2]) is None


def test_a_run_starts_from_a_baseline_that_has_trained_but_is_not_measured_yet() -> None:
    rows = (record("a"), record("dense", Status.RUNNING, DENSE))
    found = next_run(Index(rows), trained={"dense": from_dict(RunResult, RESULT)})
    assert (found.run.run_id, found.baseline.result.errors) == ("a", RESULT["errors"])


def test_a_run_without_a_baseline_asks_for_one() -> None:
    assert chosen(record("a")).needs_baseline


def test_a_run_whose_baseline_failed_is_given_up_with_the_reason() -> None:
    failed = record("dense", Status.FAILED, DENSE, reason="out of memory")
    found = chosen(record("a", baseline_id="dense"), failed)
    assert "dense" in found.refusal
    assert "out of memory" in found.refusal


def test_a_run_of_another_installation_is_not_taken() -> None:
    index = Index((record("a", owner="them"), record("dense", Status.FINISHED, DENSE, owner="them")))
    index.owner = "us"
    assert next_run(index) is None
    index.put(record("b", owner="us"))
    assert next_run(index).baseline.run_id == "dense"


def test_moving_changes_the_order_and_nothing_else() -> None:
    index = Index(tuple(record(name, position=place) for place, name in enumerate("abcd")))
    for run_id, place in reordered(index, "d", 1).items():
        index.change(run_id, position=place)
    assert [r.run_id for r in index.queue()] == ["a", "d", "b", "c"]
    assert reordered(index, "a", 0) == {}
    assert [r.run_id for r in index.all()].count("a") == 1


def test_the_version_grows_with_every_change_and_reading_costs_no_sorting() -> None:
    index = Index((record("a"),))
    before = index.version
    assert index.all() is index.all()
    index.change("a", name="new")
    assert index.version > before
    assert index.all()[0].name == "new"
