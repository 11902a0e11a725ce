"""A member's tokens for programs; leaving."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.community.actor import Scope
from broadsheet.kit.errors import UsageError
from broadsheet.web.accounts.common import WithAccounts, address_of, member_of, private_page, refused_page
from broadsheet.web.accounts.own_account import account_context, refused_account
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.sessions import end_session
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]


@router.post("/account/tokens", dependencies=_FORM)
def create_token(
    request: Request,
    site: Here,
    name: Annotated[str, Form(max_length=100)] = "",
    scopes: Annotated[list[Scope] | None, Form(alias="scopes[]")] = None,
    days: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Make a token; it is shown once."""
    account = member_of(site)
    try:
        if days and not (days.isascii() and days.isdigit()):
            raise UsageError("A token lasts a number of days, or until it is revoked.")
        token = site.community.accounts.tokens.create(account.id, name, scopes or (), int(days) if days else None)
    except UsageError as error:
        return refused_account(request, site, error)
    feeds = [f"{site.base_url(request)}{path}?token={token}" for path in ("/feed.atom", "/feed.json")]
    shown = {"new_token": token, "new_feeds": feeds if Scope.feeds in (scopes or ()) else []}
    return private_page(site, request, "account.html", {**account_context(request, site), **shown})


@router.post("/account/tokens/revoke", dependencies=_FORM)
def revoke_token(request: Request, site: Here, token: Annotated[int, Form()]) -> Response:
    """Revoke a token."""
    try:
        site.community.accounts.tokens.revoke(member_of(site).id, token)
    except UsageError as error:
        return refused_account(request, site, error)
    return redirect("/account", {"done": "revoked"}, "tokens")


@router.get("/account/leave")
def leave_page(request: Request, site: Here) -> Response:
    """What leaving means, and its button."""
    return private_page(site, request, "leave.html", {"account": member_of(site)})


@router.post("/account/leave", dependencies=_FORM)
def leave_community(
    request: Request,
    site: Here,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=500)] = "",
    comments: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Delete the account and everything that is the member's alone."""
    account, accounts = member_of(site), site.community.accounts
    try:
        accounts.limits.take("leave", account.name, address_of(request))
        if name.strip().lower() != account.name:
            raise UsageError("Nothing was deleted: type your name to confirm.")
        accounts.recovery.prove(account, password)
        site.library.delete_reader(account.name, with_comments=comments == "yes")
    except UsageError as error:
        return refused_page(site, request, "leave.html", {"account": account}, error)
    response = RedirectResponse("/", 303)
    end_session(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
