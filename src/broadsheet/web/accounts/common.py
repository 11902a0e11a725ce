"""What the pages of accounts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broadsheet.catalogue.community.accounts import Account
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.web.security import local_path
from broadsheet.web.sessions import set_session
from broadsheet.web.site import Here, Site

__all__ = [
    "WithAccounts",
    "address_of",
    "agent_of",
    "member_of",
    "private_page",
    "refused_page",
    "sign_in_form",
    "signed_in",
]


def _with_accounts(site: Here) -> None:
    if not site.community.has_accounts:
        raise HTTPException(404, "There are no accounts here: this Broadsheet has one reader.")


WithAccounts = Depends(_with_accounts)


def member_of(site: Site) -> Account:
    """The account of who asks. Raises 403 where it is gone."""
    account = site.community.accounts.get(site.actor.account_id or 0)
    if account is None:
        raise HTTPException(403, "This page is for members.")
    return account


def address_of(request: Request) -> str:
    """The network address that the request came from."""
    return request.client.host if request.client else ""


def agent_of(request: Request) -> str:
    """The browser, as it names itself."""
    return request.headers.get("user-agent", "")


def private_page(
    site: Site, request: Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Response:
    """A page that no browser or proxy keeps."""
    response = site.page(request, f"accounts/{template}", {"error": "", **context}, here="account", status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def refused_page(
    site: Site, request: Request, template: str, context: Mapping[str, Any], error: UsageError
) -> Response:
    """The page of a form again, with why it was not accepted."""
    status = 429 if isinstance(error, RateLimited) else 400
    response = private_page(site, request, template, {**context, "error": str(error)}, status=status)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def sign_in_form(site: Site, name: str = "", after: str = "/") -> dict[str, Any]:
    """What the page to sign in shows."""
    providers = site.community.accounts.identities.providers.all()
    return {"name": name[:254], "after": local_path(after), "providers": providers}


def signed_in(site: Site, request: Request, token: str, after: str = "/") -> Response:
    """To a page of ours, with the cookie of a new session."""
    response = RedirectResponse(local_path(after), 303)
    set_session(request, response, token, site.community.accounts.mark_of(token))
    site.renew_form_cookie()
    site.tokens.set_cookie(request, response.headers, site.form_cookie)
    return response
