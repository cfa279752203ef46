import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from core.settings import Network
from ui.doors import Doors, guarded


async def inside(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("inside")(scope, receive, send)


def scope_of(server: str, host: str, kind: str = "http") -> dict[str, Any]:
    return {
        "type": kind,
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "scheme": "http",
        "server": (server, 8501),
        "headers": [(b"host", host.encode())],
    }


def answer(network: Network, scope: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Doors(inside, network)(scope, None, send))  # type: ignore[arg-type]
    return sent


def status(network: Network, server: str, host: str) -> int:
    return int(answer(network, scope_of(server, host))[0]["status"])


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
def test_this_machine_is_let_in_under_its_own_names(server: str, host: str) -> None:
    assert status(Network.LOCAL, server, host) == 200


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("10.0.0.5", "10.0.0.5:8501"),
        ("10.0.0.5", "localhost:8501"),
        ("127.0.0.1", "evil.example:8501"),
        ("127.0.0.1", "127.0.0.1.evil.example"),
        ("127.0.0.1", ""),
        ("0.0.0.0", "localhost"),
    ],
)
def test_without_the_switch_a_network_or_a_foreign_name_is_refused(server: str, host: str) -> None:
    sent = answer(Network.LOCAL, scope_of(server, host))
    assert sent[0]["status"] == 403
    assert b"PRUNING_LAB_NETWORK" in sent[1]["body"]


def test_a_foreign_websocket_is_closed_before_it_opens() -> None:
    sent = answer(Network.LOCAL, scope_of("10.0.0.5", "10.0.0.5", "websocket"))
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("network", [Network.LOGIN, Network.TRUSTED])
def test_the_switch_lets_a_network_in(network: Network) -> None:
    assert status(network, "10.0.0.5", "lab.example") == 200


async def secret(_: Request) -> PlainTextResponse:
    return PlainTextResponse("secret")


def plain(_: Request) -> PlainTextResponse:
    return PlainTextResponse("secret")


@pytest.mark.parametrize("endpoint", [secret, plain])
@pytest.mark.parametrize(
    ("network", "code"), [(Network.LOCAL, 200), (Network.TRUSTED, 200), (Network.LOGIN, 401)]
)
def test_our_own_routes_ask_for_the_login_that_the_pages_ask_for(
    endpoint: Any, network: Network, code: int
) -> None:
    request = Request(scope_of("10.0.0.5", "lab.example"))
    assert asyncio.run(guarded(endpoint, network)(request)).status_code == code


@pytest.mark.parametrize(
    "cookie", ["nonsense", '{"is_logged_in": true}', "2|1:0|10:1|15:_streamlit_user|4:e30=|00"]
)
def test_a_forged_cookie_is_no_login(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = scope_of("10.0.0.5", "lab.example")
    scope["headers"].append((b"cookie", f"_streamlit_user={cookie}".encode()))
    assert asyncio.run(guarded(secret, Network.LOGIN)(Request(scope))).status_code == 401
