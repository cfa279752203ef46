"""`/metrics`: the readings for Prometheus, where its client library is installed."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse

from core.errors import LabError
from core.telemetry.prometheus import CONTENT_TYPE, exposition
from ui import resources

METRICS_URL = "/metrics"


def metrics(_: Request) -> PlainTextResponse:
    """Answer with the newest readings; 501 says which package is missing. Runs in a thread of the server."""
    try:
        return PlainTextResponse(exposition(resources.sampler().wait()), media_type=CONTENT_TYPE)
    except LabError as error:
        return PlainTextResponse(f"{error}\n", status_code=501)
