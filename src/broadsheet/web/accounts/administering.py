"""What administrators see and do: accounts, who invited whom, and the log of their acts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.accounts import Account
from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError
from broadsheet.web.accounts.common import WithAccounts, private_page, refused_page
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.site import Here, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]
_PAGE = 50  # accounts
_ACTS = 100  # of the log on a page
_ROLES = tuple(role for role in Role if role is not Role.visitor)
After = Annotated[int, Query(ge=0, le=2**53)]
SearchText = Annotated[str, Query(max_length=254)]


@router.get("/admin/accounts")
def accounts_page(request: Request, site: Here, q: SearchText = "", after: After = 0) -> Response:
    """Accounts that a text finds, and the tree of invitations."""
    return private_page(site, request, "accounts.html", _context(site, q.strip(), after))


@router.post("/admin/accounts/{number:int}/role", dependencies=_FORM)
def set_role(request: Request, site: Here, number: int, role: Annotated[Role, Form()]) -> Response:
    """Give an account another role."""
    account = _account(site, number)
    try:
        site.community.accounts.administration.set_role(account, role, site.reader)
    except UsageError as error:
        return refused_page(site, request, "accounts.html", _context(site, account.name, 0), error)
    return redirect(f"/admin/accounts?q={account.name}", {"done": "role"})


@router.post("/admin/accounts/{number:int}/suspend", dependencies=_FORM)
def suspend(request: Request, site: Here, number: int, reason: Annotated[str, Form()] = "") -> Response:
    """Keep an account out, for a reason."""
    account = _account(site, number)
    try:
        site.community.accounts.administration.suspend(account, reason, site.reader)
    except UsageError as error:
        return refused_page(site, request, "accounts.html", _context(site, account.name, 0), error)
    return redirect(f"/admin/accounts?q={account.name}", {"done": "suspend"})


@router.post("/admin/accounts/{number:int}/restore", dependencies=_FORM)
def restore(site: Here, number: int) -> Response:
    """Let a suspended account in again."""
    account = _account(site, number)
    site.community.accounts.administration.restore(account, site.reader)
    return redirect(f"/admin/accounts?q={account.name}", {"done": "unsuspend"})


@router.post("/admin/accounts/{number:int}/sessions/end", dependencies=_FORM)
def end_sessions(site: Here, number: int) -> Response:
    """Sign every browser of an account out."""
    account = _account(site, number)
    site.community.accounts.administration.end_sessions(account, site.reader)
    return redirect(f"/admin/accounts?q={account.name}", {"done": "signed-out"})


@router.get("/admin/audit")
def audit_page(request: Request, site: Here, before: Annotated[int, Query(ge=1, le=2**53)] = 2**53) -> Response:
    """What administrators did, newest first."""
    acts = site.community.accounts.administration.log(_ACTS + 1, before)
    context = {"acts": acts[:_ACTS], "older": acts[_ACTS - 1].id if len(acts) > _ACTS else 0}
    return private_page(site, request, "audit.html", context)


def _account(site: Site, number: int) -> Account:
    account = site.community.accounts.get(number)
    if account is None:
        raise HTTPException(404, f"No account has the number {number}.")
    return account


def _context(site: Site, text: str, after: int) -> dict[str, Any]:
    accounts = site.community.accounts
    page = accounts.like(text, after=after, most=_PAGE + 1)
    return {
        "accounts": page[:_PAGE],
        "more": page[_PAGE - 1].id if len(page) > _PAGE else 0,
        "text": text,
        "roles": _ROLES,
        "tree": accounts.administration.tree() if not text and not after else [],
    }
