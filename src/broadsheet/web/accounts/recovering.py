"""Confirming an address and setting a forgotten password: a link opens a page, and only its button does anything."""

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
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]
Text = Annotated[str, Form()]


@router.get("/confirm/{code}")
def confirm_page(request: Request, site: Here, code: str) -> Response:
    """The button that confirms an address."""
    try:
        email = site.community.accounts.recovery.address_of(code, address_of(request))
    except UsageError as dead:
        return refused_page(site, request, "dead.html", {}, dead)
    return private_page(site, request, "confirm.html", {"code": code, "email": email})


@router.post("/confirm/{code}", dependencies=_FORM)
def confirm(request: Request, site: Here, code: str) -> Response:
    """Give an account its confirmed address."""
    try:
        account = site.community.accounts.recovery.confirm(code, address_of(request))
    except UsageError as dead:
        return refused_page(site, request, "dead.html", {}, dead)
    return private_page(site, request, "confirmed.html", {"email": account.email})


@router.get("/reset-password")
def forgotten_page(request: Request, site: Here) -> Response:
    """The form for an address."""
    return private_page(site, request, "forgotten.html", {"email": ""})


@router.post("/reset-password", dependencies=_FORM)
def forgotten(request: Request, site: Here, email: Text = "") -> Response:
    """Write to an address; the answer is the same whether it is a member's or not."""
    recovery = site.community.accounts.recovery
    try:
        address = recovery.expect_reset(email, address_of(request))
    except UsageError as error:
        return refused_page(site, request, "forgotten.html", {"email": email[:254]}, error)
    response = private_page(site, request, "written.html", {"about": "set a new password"})
    response.background = BackgroundTask(recovery.write_reset, address, site.base_url(request))
    return response


@router.get("/reset-password/{code}")
def reset_page(request: Request, site: Here, code: str) -> Response:
    """The form for a new password."""
    try:
        site.community.accounts.recovery.check_reset(code, address_of(request))
    except UsageError as dead:
        return refused_page(site, request, "dead.html", {}, dead)
    return private_page(site, request, "reset.html", {"code": code, "shortest": SHORTEST})


@router.post("/reset-password/{code}", dependencies=_FORM)
def reset(request: Request, site: Here, code: str, password: Text = "") -> Response:
    """Set the password; every browser is signed out, and this one in."""
    accounts, where = site.community.accounts, address_of(request)
    try:
        accounts.recovery.check_reset(code, where)
    except UsageError as dead:
        return refused_page(site, request, "dead.html", {}, dead)
    try:
        account = accounts.recovery.reset(code, password, where, site.base_url(request))
    except UsageError as error:
        return refused_page(site, request, "reset.html", {"code": code, "shortest": SHORTEST}, error)
    token = accounts.start_session(account.id, agent=agent_of(request), token=session_token(request))
    return signed_in(site, request, token, "/account")
