"""Claims by forms: a member's own, and those that administrators decide about."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.web.accounts.common import WithAccounts
from broadsheet.web.actions import redirect, require_form_token
from broadsheet.web.daily.authors import author_path
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[WithAccounts])
_FORM = [Depends(require_form_token)]


@router.post("/authors/{slug}/claim", dependencies=_FORM)
def claim(site: Here, slug: str, shown: Annotated[Literal["", "yes"], Form()] = "") -> Response:
    """Say that this author is oneself."""
    claim = site.community.claims.claim(site.actor, slug, is_shown=shown == "yes")
    return redirect(author_path(claim.key), {"done": "claimed" if claim.state == "confirmed" else "claim"})


@router.get("/claims")
def own(request: Request, site: Here) -> Response:
    """One's own claims and what became of them."""
    claims = site.community.claims.mine(site.actor)[::-1]
    context = {"claims": [(one, author_path(one.key)) for one in claims]}
    return site.page(request, "daily/own_claims.html", context, here="account")


@router.post("/claims/{number:int}", dependencies=_FORM)
def change(site: Here, number: int, what: Annotated[Literal["withdraw", "show", "hide"], Form()]) -> Response:
    """Take a claim back; be named on the author's page, or not."""
    claims = site.community.claims
    if what == "withdraw":
        claims.withdraw(site.actor, number)
    else:
        claims.show(site.actor, number, is_shown=what == "show")
    return redirect("/claims", {"done": "unclaim" if what == "withdraw" else "profile"})


@router.get("/admin/claims")
def pending(request: Request, site: Here) -> Response:
    """The claims that wait for a decision."""
    claims = site.community.claims.pending()
    context = {"claims": [(one, author_path(one.key)) for one in claims]}
    return site.page(request, "daily/admin_claims.html", context, here="account")


@router.post("/admin/claims/{number:int}", dependencies=_FORM)
def decide(
    site: Here,
    number: int,
    what: Annotated[Literal["confirm", "refuse"], Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm a claim or refuse it, with a reason."""
    site.community.claims.decide(site.actor, number, confirmed=what == "confirm", why=reason)
    return redirect("/admin/claims", {"done": "decide"})
