import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor, free_port, serve

SECRETS = """
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "{cookie}"
client_id = "pruning-lab"
client_secret = "not used by this provider"
server_metadata_url = "{provider}/.well-known/openid-configuration"

[access]
editors = ["ada@lab.example"]
"""


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that asks for a login, and its provider."""
    folder = tmp_path_factory.mktemp("login")
    provider, app = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    file = folder / "secrets.toml"
    file.write_text(SECRETS.format(app=app, provider=provider, cookie=secrets.token_hex(16)))
    asked = {"PRUNING_LAB_NETWORK": "login", "STREAMLIT_SECRETS_FILES": str(file)}
    with (
        serve(folder / "provider", *uvicorn("tests.e2e.provider:app"), address=provider, ISSUER=provider),
        serve(folder / "home", address=app, **asked) as url,
    ):
        yield url


def uvicorn(app: str) -> tuple[str, ...]:
    return ("-m", "uvicorn", app, "--port", "{port}")


def log_in(visitor: Visitor, address: str, path: str = "/experiment") -> Page:
    page = visitor.page
    page.goto(visitor.url + path)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Address").fill(address)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
    visitor.idle()
    return page


def test_before_the_login_nothing_is_shown_and_no_route_of_ours_answers(
    visit: Callable[..., Visitor], asking: str
) -> None:
    visitor = visit(asking)
    visitor.page.goto(f"{asking}/compare")
    expect(visitor.page.get_by_role("button", name="Log in")).to_be_visible()
    expect(visitor.page.get_by_role("heading", name="Compare")).to_have_count(0)
    expect(visitor.page.get_by_test_id("stSidebarNav")).to_have_count(0)
    for path in ("/metrics", "/assets/plotly.min.js"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asking + path, timeout=10)


def test_a_viewer_looks_and_an_editor_starts(visit: Callable[..., Visitor], asking: str) -> None:
    viewer = visit(asking, is_checked=False)
    page = log_in(viewer, "eve@lab.example")
    viewer.go("Experiment", "Experiment")
    expect(page.locator(".st-key-start button")).to_be_disabled()
    expect(page.get_by_text("an editor can start")).to_be_visible()
    expect(page.get_by_text("eve@lab.example · viewer")).to_be_visible()
    viewer.go("Digit", "Digit")
    assert page.request.get(f"{asking}/assets/plotly.min.js").status == 200

    editor = visit(asking, is_checked=False)
    page = log_in(editor, "ada@lab.example")
    editor.go("Experiment", "Experiment")
    expect(page.locator(".st-key-start button")).to_be_enabled()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    # The page says it before the browser has been sent to where its cookie is taken away.
    page.wait_for_function(
        "async url => (await fetch(url)).status === 401", arg=f"{asking}/assets/plotly.min.js", polling=200
    )


def test_without_a_provider_the_page_says_what_to_fill_in(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    with serve(tmp_path / "home", PRUNING_LAB_NETWORK="login") as url:
        visitor = visit(url)
        visitor.page.goto(url)
        expect(visitor.page.get_by_text("docs/security.md")).to_be_visible()
        expect(visitor.page.get_by_test_id("stSidebarNav")).to_have_count(0)
