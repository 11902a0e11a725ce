"""A member's own account: what others see, address, password, browsers, invitations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.accounts.passwords import SHORTEST
from broadsheet.community.actor import Scope
from broadsheet.kit.errors import UsageError
from broadsheet.web.accounts.common import (
    WithAccounts,
    address_of,
    agent_of,
    member_of,
    private_page,
    refused_page,
    signed_in,
)
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.sessions import session_token
from broadsheet.web.site import Here, Site

__all__ = ["account_context", "refused_account", "router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]
_VOTES = {"yes": True, "no": False}
Text = Annotated[str, Form()]


@router.get("/account")
def account_page(request: Request, site: Here) -> Response:
    """Everything about one's account."""
    return private_page(site, request, "account.html", account_context(request, site))


@router.post("/account/profile", dependencies=_FORM)
def profile(request: Request, site: Here, full_name: Text = "", show_votes: Text = "") -> Response:
    """Change what others see."""
    try:
        site.community.accounts.change(member_of(site), shown=full_name, show_votes=_VOTES.get(show_votes))
    except UsageError as error:
        return refused_account(request, site, error)
    return redirect("/account", {"done": "profile"})


@router.post("/account/address", dependencies=_FORM)
def address(request: Request, site: Here, email: Text = "", password: Text = "") -> Response:
    """Write to a new address; it counts once it is confirmed."""
    account, recovery = member_of(site), site.community.accounts.recovery
    try:
        new = recovery.expect_address(account, email, address_of(request))
        recovery.prove(account, password)
    except UsageError as error:
        return refused_account(request, site, error)
    response = private_page(site, request, "written.html", {"about": "confirm it"})
    response.background = BackgroundTask(recovery.write_to, account, new, site.base_url(request))
    return response


@router.post("/account/password", dependencies=_FORM)
def password(request: Request, site: Here, password: Text = "", new: Text = "") -> Response:
    """Set another password; every other browser is signed out."""
    account, accounts = member_of(site), site.community.accounts
    try:
        accounts.recovery.prove(account, password)
        accounts.recovery.set_password(account, new, site.base_url(request))
    except UsageError as error:
        return refused_account(request, site, error)
    token = accounts.start_session(account.id, agent=agent_of(request), token=session_token(request))
    return signed_in(site, request, token, "/account?done=password")


@router.post("/account/sessions/end", dependencies=_FORM)
def end_sessions(request: Request, site: Here, session: Annotated[int, Form()] = 0) -> Response:
    """Sign one browser out, or all others."""
    account, sessions = member_of(site), site.community.accounts.sessions
    if session:
        sessions.end_one(account.id, session)
    else:
        mine = sessions.find(session_token(request))
        sessions.end_all(account.id, but=mine.session.id if mine else 0)
    return redirect("/account", {"done": "signed-out"}, "sessions")


@router.post("/account/invitations", dependencies=_FORM)
def invite(request: Request, site: Here, note: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Make an invitation; its link is shown once."""
    try:
        code = site.community.accounts.joining.invite(member_of(site), note)
    except UsageError as error:
        return refused_account(request, site, error)
    context = {**account_context(request, site), "invitation": f"{site.base_url(request)}/invitations/{code}"}
    return private_page(site, request, "account.html", context)


@router.post("/account/invitations/revoke", dependencies=_FORM)
def revoke(request: Request, site: Here, invitation: Annotated[int, Form()]) -> Response:
    """Take an unused invitation back."""
    try:
        site.community.accounts.joining.revoke(member_of(site), invitation)
    except UsageError as error:
        return refused_account(request, site, error)
    return redirect("/account", {"done": "revoked"}, "invitations")


def refused_account(request: Request, site: Site, error: UsageError) -> Response:
    """The page of the account again, with why something was not accepted."""
    return refused_page(site, request, "account.html", account_context(request, site), error)


def account_context(request: Request, site: Site) -> dict[str, Any]:
    """What the page of the account shows."""
    account, accounts = member_of(site), site.community.accounts
    mine = accounts.sessions.find(session_token(request))
    invitations = accounts.joining.invitations_of(account)
    guests = accounts.among([one.used_by for one in invitations if one.used_by is not None])
    return {
        "account": account,
        "sessions": accounts.sessions.of_account(account.id),
        "this_session": mine.session.id if mine else 0,
        "invitations": [(one, guests.get(one.used_by or 0)) for one in invitations],
        "invitation": "",
        "tokens": accounts.tokens.of_account(account.id),
        "scopes": tuple(Scope),
        "new_token": "",
        "new_feeds": [],
        "identities": accounts.identities.of_account(account),
        "providers": accounts.identities.providers.all(),
        "may_invite": site.library.settings.community.sign_up != "closed",
        "shortest": SHORTEST,
    }
