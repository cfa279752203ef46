"""Workers on this machine: a fresh child process for each run."""

from collections.abc import Sequence

from core.engine.local import WORKER, Child, Post
from core.records import Job


class LocalPlacement:
    """Starts a child process for each job."""

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = command

    def start(self, job: Job, post: Post) -> Child:
        """Start a worker on `job`; raises OSError where no process can be started."""
        child = Child(job.spec.device, self._command)
        child.listen(post)
        child.send(job)
        return child

    def close(self) -> None:
        """Let go of what waits."""
