"""ASGI entry: `streamlit run app.py`, `python app.py` or `uvicorn app:app`.

Starts and stops the long-lived objects, guards the doors, serves plotly.js and /metrics; draws nothing.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import anyio.to_thread
import plotly
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from core.engine.home import Home
from core.errors import LabError
from core.imports import lasting
from core.settings import Network, settings
from core.text import t
from ui import allocator, resources
from ui.doors import Doors, guarded
from ui.live import PLOTLY_URL
from ui.metrics import METRICS_URL, metrics

log = logging.getLogger(__name__)
NETWORK = settings().network
PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
MAIN = Path(__file__).parent / "ui" / "main.py"


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    allocator.give_back()
    # In a thread: the first paint needs neither, and opening a new database takes seconds.
    starting = Thread(target=start, name="resources", daemon=True)
    starting.start()
    yield
    await anyio.to_thread.run_sync(starting.join)
    await anyio.to_thread.run_sync(resources.close)


def start() -> None:
    """Make the long-lived objects; before the engine, where a spare worker may wait too, read a digit."""
    with lasting():
        resources.start(after_paint=warm_up)


def warm_up() -> None:
    """Load all that a first digit needs; a failure is left to the page, which can say it."""
    if not Home(settings().home).preferences().spare:
        return
    from ui.digit import networks  # loads SciPy and scikit-image

    try:
        networks.warm_up()
    except LabError as problem:
        log.warning("no digit was read ahead: %s", problem)


async def plotly_js(_: Request) -> FileResponse:
    return FileResponse(PLOTLY_JS, headers={"Cache-Control": "public, max-age=86400"})


def apologise(error: Exception) -> bool:
    """Show what a visitor can do about an error that nobody expected; its details go to the log."""
    log.error("a page failed", exc_info=error)
    st.error(t("Something went wrong that should not have. Reload the page; the server's log says more."))
    return True


app = st.App(
    MAIN,
    lifespan=lifespan,
    routes=[
        Route(PLOTLY_URL, guarded(plotly_js, NETWORK)),
        Route(METRICS_URL, guarded(metrics, NETWORK)),
    ],
    on_script_error=apologise,
    middleware=[Middleware(Doors, network=NETWORK)],
)

if __name__ == "__main__":
    app.run(config=None if NETWORK is Network.LOCAL else {"server.address": "0.0.0.0"})
