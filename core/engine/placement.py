"""Workers on this machine: the spare one where it is ready, else a fresh child process."""

from collections.abc import Sequence

from core.engine.local import WORKER, Child, Post
from core.engine.spare import Spare, has_room
from core.records import Job, RunSpec, Stage

TRAINING = (Stage.TRAINING, Stage.FINE_TUNING)


class LocalPlacement:
    """Starts a worker for each job; with `keeps_spare`, gets the next one ready ahead of time."""

    is_local = True
    survives = False
    capacity: int | None = None

    def __init__(self, command: Sequence[str] = WORKER, *, keeps_spare: bool = False) -> None:
        self._command = command
        self._spare = Spare(command)
        self._latest = RunSpec()
        self.keeps_spare = keeps_spare

    @property
    def spare_state(self) -> str:
        """Return whether a spare worker is `ready`, `warming` or `none`."""
        return self._spare.state

    def start(self, job: Job, post: Post) -> Child:
        """Start a worker on `job`; raises OSError where no process can be started."""
        self._latest = job.spec
        child = self._spare.take(job.spec.device) or Child(job.spec.device, self._command)
        child.listen(post)
        child.send(job)
        return child

    @property
    def can_hold(self) -> bool:
        """Whether memory allows that a trained baseline waits beside the next worker."""
        return has_room()

    def attach(self, run_id: str, post: Post) -> None:
        """Return None: a worker here ends with the process that started it."""

    def tend(self, stages: Sequence[Stage], *, is_awaited: bool) -> None:
        """Look after the spare, given what is at work: it stands still while something is measured.

        Getting ready takes seconds of a core, from a run that trains, too: it happens while there is none, or
        while one trains and another waits for a worker (`is_awaited`).
        """
        self._spare.tend()
        self._spare.keep_still(Stage.MEASURING in stages)
        if not self.keeps_spare:
            self._spare.release()
        elif not stages or (is_awaited and all(stage in TRAINING for stage in stages)):
            self._spare.prepare(self._latest)

    def close(self) -> None:
        """End the spare."""
        self._spare.release()
