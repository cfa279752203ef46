"""A small OpenID provider for the login test: `uvicorn tests.e2e.provider:app`. Everybody is who they say.

The authorization page asks for an address; the token is signed with a key made at start.
"""

import os
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:9")
KEY = RSAKey.generate_key(2048, {"kid": "only", "use": "sig", "alg": "RS256"})
codes: dict[str, dict[str, str]] = {}


async def configuration(_: Request) -> JSONResponse:
    return JSONResponse(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )


async def keys(_: Request) -> JSONResponse:
    return JSONResponse({"keys": [KEY.as_dict(private=False)]})


async def authorize(request: Request) -> HTMLResponse:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{request.query_params.get(name, "")}">'
        for name in ("redirect_uri", "state", "nonce", "client_id")
    )
    field = '<label>Address <input name="email"></label><button>Continue</button>'
    return HTMLResponse(f'<form action="/grant">{hidden}{field}</form>')


async def grant(request: Request) -> RedirectResponse:
    asked = dict(request.query_params)
    code = secrets.token_urlsafe(12)
    codes[code] = asked
    back = urlencode({"code": code, "state": asked["state"]})
    return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)


async def token(request: Request) -> JSONResponse:
    form = await request.form()
    asked = codes.pop(str(form["code"]))
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": asked["client_id"],
        "sub": asked["email"],
        "email": asked["email"],
        "email_verified": True,
        "iat": now,
        "exp": now + 300,
    }
    if asked.get("nonce"):
        claims["nonce"] = asked["nonce"]
    signed = jwt.encode({"alg": "RS256", "kid": "only"}, claims, KEY)
    return JSONResponse(
        {"access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": signed}
    )


app = Starlette(
    routes=[
        Route("/.well-known/openid-configuration", configuration),
        Route("/jwks", keys),
        Route("/authorize", authorize),
        Route("/grant", grant),
        Route("/token", token, methods=["POST"]),
        Route("/_stcore/health", configuration),
    ]
)
