"""What the supervisor of runs needs from telemetry: have readings taken, keep a run's slice of them.

Imports late: a worker's parent may never run anything.
"""

from collections.abc import Sequence

from core.records import RunResult, StageTime


class Recorder:
    """Starts this process's sampler with the first run and turns its readings into a run's files."""

    def start(self) -> None:
        """Have readings taken from now on; does not wait for the first one."""
        from core.telemetry import trace  # noqa: F401  (loads pyarrow now, not when the run ends)
        from core.telemetry.sampling import sampler

        sampler()

    def files(
        self,
        device: str,
        stages: Sequence[StageTime],
        began: float,
        ended: float,
        result: RunResult | None,
    ) -> dict[str, bytes]:
        """Return trace and summary by file name."""
        from core.telemetry import trace
        from core.telemetry.sampling import sampler

        return trace.files(sampler(), device, stages, began, ended, result)
