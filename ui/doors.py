"""The doors of the server, before any page: who may connect, and who may use our own routes.

Without PRUNING_LAB_NETWORK only this machine may: by the address that was called, and by the name that it was
called by (another site's script reaches 127.0.0.1 under its own name). `login` leaves the pages to ask for a
login (ui/access.py) and refuses our own routes without one; `trusted` lets everybody in.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.settings import Network

Endpoint = Callable[[Request], Awaitable[Response] | Response]

HERE_ONLY = (
    "This dashboard answers on its own machine only. To open it to a network, start it with "
    "PRUNING_LAB_NETWORK=login or, where everybody may do everything, PRUNING_LAB_NETWORK=trusted; "
    "see docs/security.md.\n"
)
NO_LOGIN = "Log in on the dashboard first.\n"


class Doors:
    """ASGI middleware that refuses, with 403 and the reason, whoever the `network` does not let in."""

    def __init__(self, app: ASGIApp, network: Network) -> None:
        self.app, self.network = app, network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the connection on, or refuse it."""
        outside = scope["type"] in ("http", "websocket") and not is_local(HTTPConnection(scope))
        if self.network is not Network.LOCAL or not outside:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "this machine only"})
        else:
            await PlainTextResponse(HERE_ONLY, status_code=403)(scope, receive, send)


def is_local(connection: HTTPConnection) -> bool:
    """Whether the connection came in on a loopback address and under a name of this machine."""
    address = (connection.scope.get("server") or ("",))[0]
    name = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    return _is_loopback(address) and (_is_loopback(name) or name == "localhost")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def guarded(endpoint: Endpoint, network: Network) -> Callable[[Request], Awaitable[Response]]:
    """Return `endpoint` under the rules of the pages: with `login` it answers only who has logged in.

    An endpoint that is no coroutine runs in a thread.
    """

    async def answer(request: Request) -> Response:
        if network is Network.LOGIN and not has_logged_in(request):
            return PlainTextResponse(NO_LOGIN, status_code=401)
        if iscoroutinefunction(endpoint):
            return await endpoint(request)
        return await run_in_threadpool(endpoint, request)

    return answer


def has_logged_in(request: Request) -> bool:
    """Whether the request carries the cookie that Streamlit signed for a visitor who logged in here."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    def opened(name: str) -> bytes | None:
        cookie = request.cookies.get(name)
        return decode_signed_value(get_cookie_secret(), name, cookie.encode("latin-1")) if cookie else None

    content = get_cookie_with_chunks(opened, "_streamlit_user")
    told = json.loads(content) if content else {}
    # Behind a proxy that ends TLS the scheme differs, so the names are compared.
    origin = urlsplit(str(told.get("origin", ""))).netloc
    return bool(told.get("is_logged_in")) and origin == request.headers.get("host")
