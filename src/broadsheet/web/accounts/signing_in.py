"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.kit.errors import UsageError
from broadsheet.web.accounts.common import (
    WithAccounts,
    address_of,
    agent_of,
    private_page,
    refused_page,
    sign_in_form,
    signed_in,
)
from broadsheet.web.actions import Next, require_form_token
from broadsheet.web.security import local_path
from broadsheet.web.sessions import browser_mark, end_session, session_token
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])


@router.get("/sign-in")
def sign_in_page(request: Request, site: Here, after: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The form; whoever is signed in goes where they wanted to."""
    if site.reader:
        return RedirectResponse(local_path(after), 303)
    return private_page(site, request, "sign_in.html", sign_in_form(site, after=after))


@router.post("/sign-in", dependencies=[Depends(require_form_token)])
def sign_in(
    request: Request,
    site: Here,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    after: Next = "/",
) -> Response:
    """Begin a session."""
    where = {"address": address_of(request), "agent": agent_of(request)}
    browser = {"token": session_token(request), "mark": browser_mark(request)}
    try:
        token = site.community.accounts.sign_in(name, password, **where, **browser)
    except UsageError as error:
        return refused_page(site, request, "sign_in.html", sign_in_form(site, name, after), error)
    return signed_in(site, request, token, after)


@router.post("/sign-out", dependencies=[Depends(require_form_token)])
def sign_out(request: Request, site: Here) -> Response:
    """End this browser's session."""
    site.community.accounts.sessions.end(session_token(request))
    response = RedirectResponse("/", 303)
    end_session(request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
