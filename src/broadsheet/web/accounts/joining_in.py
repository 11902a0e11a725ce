"""Becoming a member: sign-up where it is open, and invitations. A link opens a form; only its button does anything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.accounts.passwords import SHORTEST
from broadsheet.kit.errors import UsageError
from broadsheet.web.accounts.common import (
    WithAccounts,
    address_of,
    agent_of,
    private_page,
    refused_page,
    signed_in,
)
from broadsheet.web.actions import require_form_token
from broadsheet.web.sessions import session_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]
Text = Annotated[str, Form()]


@router.get("/sign-up")
def sign_up_page(request: Request, site: Here) -> Response:
    """The form for an address, or how one becomes a member instead."""
    return private_page(site, request, "sign_up.html", _sign_up(site))


@router.post("/sign-up", dependencies=_FORM)
def sign_up(request: Request, site: Here, email: Text = "") -> Response:
    """Write to an address; the answer is the same whoever has it."""
    joining = site.community.accounts.joining
    try:
        address = joining.expect(email, address_of(request))
    except UsageError as error:
        return refused_page(site, request, "sign_up.html", {**_sign_up(site), "email": email[:254]}, error)
    response = private_page(site, request, "written.html", {"about": "go on"})
    response.background = BackgroundTask(joining.write_to, address, site.base_url(request))
    return response


@router.get("/sign-up/{code}")
def choose_page(request: Request, site: Here, code: str) -> Response:
    """The form for name and password, for an address that is thereby confirmed."""
    return _choose(request, site, f"/sign-up/{code[:100]}", code)


@router.post("/sign-up/{code}", dependencies=_FORM)
def choose(
    request: Request, site: Here, code: str, name: Text = "", full_name: Text = "", password: Text = ""
) -> Response:
    """Make the account, and sign in."""
    joining, where = site.community.accounts.joining, address_of(request)
    try:
        account = joining.sign_up(code, name, password, full_name, where)
    except UsageError as error:
        return _choose(request, site, f"/sign-up/{code[:100]}", code, error, name, full_name)
    return _welcome(request, site, account.id)


@router.get("/invitations/{code}")
def invitation_page(request: Request, site: Here, code: str) -> Response:
    """The form for name and password of who is invited."""
    return _choose(request, site, f"/invitations/{code[:100]}", code)


@router.post("/invitations/{code}", dependencies=_FORM)
def accept(
    request: Request,
    site: Here,
    code: str,
    name: Text = "",
    full_name: Text = "",
    password: Text = "",
    email: Text = "",
) -> Response:
    """Make the account, sign in, and write to the address if one is given."""
    accounts, where = site.community.accounts, address_of(request)
    try:
        wanted = accounts.recovery.spelt(email) if email.strip() else ""
        account = accounts.joining.accept(code, name, password, full_name, where)
    except UsageError as error:
        return _choose(request, site, f"/invitations/{code[:100]}", code, error, name, full_name, email)
    response = _welcome(request, site, account.id)
    if wanted:
        response.background = BackgroundTask(accounts.recovery.write_to, account, wanted, site.base_url(request))
    return response


def _choose(
    request: Request,
    site: Site,
    action: str,
    code: str,
    error: UsageError | None = None,
    name: str = "",
    full_name: str = "",
    email: str = "",
) -> Response:
    """The form for name and password, with why it was not accepted; a page without one where the link is dead."""
    joining, where = site.community.accounts.joining, address_of(request)
    is_invited = action.startswith("/invitations/")
    try:
        by = joining.inviter(code, where) if is_invited else ""
        confirmed = "" if is_invited else joining.address_of(code, where)
    except UsageError as dead:
        return refused_page(site, request, "dead.html", {}, dead)
    context = {
        "action": action,
        "by": by,
        "confirmed": confirmed,
        "name": name[:100],
        "full_name": full_name[:100],
        "email": email[:254],
        "shortest": SHORTEST,
    }
    if error is not None:
        return refused_page(site, request, "join.html", context, error)
    return private_page(site, request, "join.html", context)


def _welcome(request: Request, site: Site, account_id: int) -> Response:
    accounts = site.community.accounts
    token = accounts.start_session(account_id, agent=agent_of(request), token=session_token(request))
    return signed_in(site, request, token, "/account")


def _sign_up(site: Site) -> dict[str, str]:
    return {"how": site.library.settings.community.sign_up, "email": ""}
