"""The driver's life: starts it, counts GPUs, notices that it came, went or was replaced, and tries again."""

from collections.abc import Callable
from typing import Any

from core.records import DriverReading, DriverState, GpuReading
from core.telemetry import library, nvml, surroundings
from core.telemetry.gpu import DriverGoneError, Gpu
from core.telemetry.refusal import (
    MISMATCH,
    NO_GPU,
    NO_LIBRARY,
    NO_PERMISSION,
    NOT_LOADED,
    Reach,
    Refusal,
)

RETRY_S = 5.0
CHECK_S = 5.0
"""Together below the 15 s within which a driver that comes or goes is seen."""

_STATES = {
    NO_LIBRARY: DriverState.NO_DRIVER,
    NOT_LOADED: DriverState.NOT_LOADED,
    MISMATCH: DriverState.MISMATCH,
    NO_PERMISSION: DriverState.NO_PERMISSION,
    NO_GPU: DriverState.NO_GPU,
}


class Driver:
    """Owns NVML in this process. Used by the sampler's thread alone."""

    def __init__(self, ours: Callable[[], frozenset[int]] = frozenset) -> None:
        self.gpus: list[Gpu] = []
        self._ours = ours
        self._place = surroundings.place()
        self._started = False
        self._again_at = 0.0
        self._library: library.Identity | None = None
        self.reading = DriverReading(place=self._place)

    def refresh(self, now: float, with_pcie: bool = False) -> None:
        """Do what is due at monotonic time `now`."""
        try:
            if now >= self._again_at:
                self._check(now)
            for gpu in self.gpus:
                gpu.refresh(now, with_pcie)
        except DriverGoneError as gone:
            self._lose(gone.refusal, now)

    def readings(self, t: float) -> tuple[GpuReading, ...]:
        """Return every GPU's last answers; two GPUs that claim one UUID still get keys of their own."""
        keys = [gpu.key for gpu in self.gpus]
        unique = (
            key if keys.count(key) == 1 else f"{key}#{gpu.index}"
            for key, gpu in zip(keys, self.gpus, strict=True)
        )
        return tuple(gpu.reading(t, key) for gpu, key in zip(self.gpus, unique, strict=True))

    def close(self) -> None:
        """Close NVML; a later refresh would start it again."""
        if self._started:
            nvml.stop()
        self._started, self.gpus = False, []

    def _check(self, now: float) -> None:
        self._again_at = now + CHECK_S
        if self._started and (not self.gpus or library.is_replaced(self._library)):
            self.close()
        if not self._started:
            refused = nvml.start()
            if refused is not None:
                self._fail(refused, now)
                return
            self._started, self._library = True, library.in_use()
        self._enumerate(now)

    def _enumerate(self, now: float) -> None:
        counted = nvml.count()
        if isinstance(counted, Refusal):
            if counted.reach is Reach.DRIVER:
                raise DriverGoneError(counted)
            if not self.gpus:
                self._fail(counted, now)
            return
        if counted != len(self.gpus):
            self.gpus = [Gpu(index, self._place, self._ours) for index in range(counted)]
        state = DriverState.OK if counted else DriverState.NO_GPU
        if self.reading.state is not state:
            self.reading = self._described(state, nvml.versions())

    def _lose(self, refused: Refusal, now: float) -> None:
        """Close at once and start over at the next refresh: a reloaded driver answers again straight away."""
        again = self.reading.state is DriverState.OK
        self.close()
        self._fail(refused, now)
        if again:
            self._again_at = now

    def _fail(self, refused: Refusal, now: float) -> None:
        self.gpus = []
        self._again_at = now + RETRY_S
        state = _STATES.get(refused.code, DriverState.FAILED)
        if (self.reading.state, self.reading.detail) != (state, refused.reason):
            self.reading = self._described(state, {}, refused.reason)

    def _described(self, state: DriverState, versions: dict[str, Any], detail: str = "") -> DriverReading:
        refused = {field: answer.reason for field, answer in versions.items() if isinstance(answer, Refusal)}
        known = {field: answer for field, answer in versions.items() if field not in refused}
        return DriverReading(
            state=state,
            detail=detail,
            place=self._place,
            module_version=surroundings.module_version(),
            num_cards_on_bus=surroundings.cards_on_bus(),
            reasons=refused,
            **known,
        )
