"""Signing in with an account elsewhere. What is known between the steps is in a signed cookie of the browser.

A GET that begins or ends the way to a provider changes nothing but cookies, except that it signs in who is known; a new
account and a new connection take a button.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.community.accounts.oidc import Claims, Started
from broadsheet.kit.errors import SourceError, UsageError
from broadsheet.web.accounts.common import (
    WithAccounts,
    address_of,
    agent_of,
    member_of,
    private_page,
    refused_page,
    sign_in_form,
    signed_in,
)
from broadsheet.web.accounts.own_account import refused_account
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.cookies import cookie_header, cookie_of
from broadsheet.web.security import local_path
from broadsheet.web.sessions import session_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]
_AWAY, _BACK = "_away", "_back"  # cookies: on the way to a provider; back, with what it says
_SECONDS = 900  # that each is good for


@router.get("/sign-in/with/{key}")
def go(request: Request, site: Here, key: str, after: Annotated[str, Query(alias="next")] = "/") -> Response:
    """Send the browser to a provider."""
    return _go(request, site, key, local_path(after))


@router.get("/account/connect/{key}")
def go_connect(request: Request, site: Here, key: str) -> Response:
    """Send a member to a provider, to connect their account with the one there."""
    return _go(request, site, key, "/account#identities")


@router.get("/sign-in/with/{key}/back")
def come_back(
    request: Request,
    site: Here,
    key: str,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take what the provider says: sign in who is known, offer the rest a button."""
    accounts = site.community.accounts
    try:
        accounts.limits.take("identity", "", address_of(request))
        kept = _opened(site, request, _AWAY)
        started = Started(**kept["content"]) if kept else None
        if started is None or started.provider != key:
            raise UsageError("This sign-in was not begun in this browser, or too long ago. Try again.")
        if error or not code:
            raise UsageError(f"The sign-in was not completed there ({error or 'no answer'}).")
        claims = accounts.identities.providers.finish(started, code, state, _back(request, site, key))
        account = accounts.identities.account_of(claims)
    except (UsageError, SourceError) as problem:
        return _failed(request, site, problem)
    if account is not None and not site.reader:
        token = accounts.start_session(account.id, agent=agent_of(request), token=session_token(request))
        return _without(request, signed_in(site, request, token, kept["after"]), _AWAY)
    if account is not None:
        return _without(request, RedirectResponse("/account#identities", 303), _AWAY)
    response = private_page(site, request, "elsewhere.html", _known(site, claims))
    response.headers.append("Set-Cookie", _closed(site, request, _BACK, claims, kept["after"]))
    return _without(request, response, _AWAY)


@router.post("/sign-in/join", dependencies=_FORM)
def join(
    request: Request,
    site: Here,
    name: Annotated[str, Form(max_length=100)] = "",
    full_name: Annotated[str, Form(max_length=200)] = "",
    invitation: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Make the account of who has come back from a provider."""
    kept = _opened(site, request, _BACK)
    if not kept:
        return _failed(request, site, UsageError("This took too long. Sign in there once more."))
    claims, accounts = Claims(**kept["content"]), site.community.accounts
    try:
        account = accounts.identities.account_of(claims)
        if account is None:
            account = accounts.identities.join(claims, name, full_name, invitation, address_of(request))
    except UsageError as error:
        context = {**_known(site, claims), "name": name[:100], "full_name": full_name[:80], "invitation": invitation}
        return refused_page(site, request, "elsewhere.html", context, error)
    token = accounts.start_session(account.id, agent=agent_of(request), token=session_token(request))
    return _without(request, signed_in(site, request, token, kept["after"]), _BACK)


@router.post("/account/connect", dependencies=_FORM)
def connect(request: Request, site: Here) -> Response:
    """Connect the member's account with the one they have shown to be theirs."""
    kept = _opened(site, request, _BACK)
    try:
        if not kept:
            raise UsageError("This took too long. Connect once more.")
        site.community.accounts.identities.connect(member_of(site), Claims(**kept["content"]))
    except UsageError as error:
        return refused_account(request, site, error)
    return _without(request, redirect("/account", {"done": "connected"}, "identities"), _BACK)


@router.post("/account/disconnect", dependencies=_FORM)
def disconnect(
    request: Request,
    site: Here,
    issuer: Annotated[str, Form(max_length=1000)],
    subject: Annotated[str, Form(max_length=255)],
) -> Response:
    """Take an identity from the member's account."""
    try:
        site.community.accounts.identities.disconnect(member_of(site), issuer, subject)
    except UsageError as error:
        return refused_account(request, site, error)
    return redirect("/account", {"done": "disconnected"}, "identities")


def _go(request: Request, site: Site, key: str, after: str) -> Response:
    try:
        providers = site.community.accounts.identities.providers
        address, started = providers.start(key, _back(request, site, key))
    except (UsageError, SourceError) as problem:
        return _failed(request, site, problem)
    response = RedirectResponse(address, 303, {"Cache-Control": "private, no-store"})
    response.headers.append("Set-Cookie", _closed(site, request, _AWAY, started, after))
    return response


def _back(request: Request, site: Site, key: str) -> str:
    return f"{site.base_url(request)}/sign-in/with/{key}/back"


def _failed(request: Request, site: Site, problem: UsageError | SourceError) -> Response:
    error = problem if isinstance(problem, UsageError) else UsageError(f"The provider cannot be reached: {problem}")
    if site.reader:
        return refused_account(request, site, error)
    return refused_page(site, request, "sign_in.html", sign_in_form(site), error)


def _known(site: Site, claims: Claims) -> dict[str, Any]:
    identities = site.community.accounts.identities
    return {
        "provider": identities.providers.name_of(claims.issuer),
        "email": identities.email_for(claims),
        "is_members": identities.is_members(claims),
        "how": site.library.settings.community.sign_up,
        "name": "",
        "full_name": claims.name,
        "invitation": "",
    }


# The cookies between the steps -------------------------------------------------------------------------------------


def _closed(site: Site, request: Request, what: str, content: Started | Claims, after: str) -> str:
    """The Set-Cookie header that keeps something in this browser, signed, for a quarter of an hour."""
    until = site.library.now().timestamp() + _SECONDS
    data = json.dumps({"until": until, "after": after, "content": asdict(content)}).encode()
    value = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return cookie_header(request.scope, what, f"{value}.{_signature(site, what, value)}", _SECONDS)


def _opened(site: Site, request: Request, what: str) -> dict[str, Any]:
    """What `_closed` kept in this browser; {} where there is nothing, or too old."""
    value, _, signature = cookie_of(request.scope, what).partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(site, what, value).encode()):
        return {}
    kept: dict[str, Any] = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    return kept if kept["until"] > site.library.now().timestamp() else {}


def _signature(site: Site, what: str, value: str) -> str:
    return hmac.new(site.library.key, f"oidc {what} {value}".encode(), "sha256").hexdigest()


def _without(request: Request, response: Response, what: str) -> Response:
    response.headers.append("Set-Cookie", cookie_header(request.scope, what, "", 0))
    return response
