"""What a start makes of runs that an earlier process left behind: none of them stays RUNNING."""

from dataclasses import replace

from core.records import RunRecord, Status

MOST_ATTEMPTS = 2


def reconciled(record: RunRecord, now: float) -> RunRecord:
    """Return a left-behind run as it goes on: queued again, or failed where it was interrupted too often.

    A run that is queued again starts from its baseline where that has ended, so its training is not repeated.
    One that never started (the process ended between creating and queueing it) is queued as if nothing had
    been.
    """
    if record.status is not Status.RUNNING:
        return record
    if record.attempts < MOST_ATTEMPTS:
        return replace(record, status=Status.SCHEDULED, started_at=None, stages=())
    reason = f"interrupted {record.attempts} times by the end of the process that supervised it"
    return replace(record, status=Status.FAILED, reason=reason, ended_at=now)
