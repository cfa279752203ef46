"""One base error; each subclass is a boundary where a person reads the message."""


class LabError(Exception):
    """Anything this program refuses: the message says what came, what is allowed and what to do."""


class SpecError(LabError, ValueError):
    """A run was asked for that cannot be made."""


class DataError(LabError):
    """The embedded data set is missing or damaged."""


class PruningError(LabError, ValueError):
    """A network, or what was asked of it, cannot be pruned; nothing was changed."""


class MeasurementError(LabError):
    """A latency cannot be measured, or would not mean what it says."""


class StoreError(LabError):
    """The run store cannot be read or written."""


class EngineError(LabError):
    """A run cannot be queued, changed or found."""


class ImageError(LabError, ValueError):
    """An uploaded file is no picture that a digit can be read from."""


class InferenceError(LabError):
    """An exported network cannot be loaded or does not answer."""


class Cancelled(LabError):
    """A person asked to stop this run; nothing went wrong."""
