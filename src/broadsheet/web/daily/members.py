"""The public page of a member: what they brought, said, and, where they agree, what they voted for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.catalogue.community.accounts import Account
from broadsheet.catalogue.community.comments import Author
from broadsheet.community.people import author_slug
from broadsheet.community.threads import Entry
from broadsheet.web.daily.paper_lists import Chosen, paper_list
from broadsheet.web.daily.threads import Said, said
from broadsheet.web.site import Here, Site

__all__ = ["member_path", "router"]

_COMMENTS = 20
_VOTES = 50

router = APIRouter(include_in_schema=False)


@router.get("/members/{name}")
def member(request: Request, site: Here, name: str, choice: Chosen) -> Response:
    """A member: submissions, comments, the authors they are, and votes if they agreed to show them."""
    account = site.library.catalogue.community.accounts.named(name.lower()) if site.community.has_accounts else None
    if account is None:
        raise HTTPException(404, f"No member is called {name[:100]!r} here.")
    path = member_path(account.name)
    if account.name != name:
        return RedirectResponse(path, 307)
    tables = site.library.catalogue.community
    brought = [(one.paper_id, 0) for one in tables.submissions.of_account(account.id) if one.hidden_at is None]
    claims = [one for one in tables.claims.of_account(account.id) if one.state == "confirmed" and one.is_shown]
    comments = _comments(site, account)
    votes = _votes(site, account)
    context: dict[str, Any] = {
        "member": account,
        "claims": [(one.name, f"/authors/{quote(author_slug(one.key), safe='')}") for one in claims],
        "comments": comments,
        "votes": votes,
        "titles": site.titles([*(one.comment.paper_id for one in comments), *votes]),
        **paper_list(site, path, brought, choice),
    }
    return site.page(request, "daily/member.html", context, here="papers")


def member_path(name: str) -> str:
    """The page of a member."""
    return f"/members/{quote(name, safe='')}"


def _comments(site: Site, account: Account) -> list[Said]:
    """The latest comments that everybody may read, the newest first."""
    comments = site.library.catalogue.community.comments.of_author(Author(account_id=account.id))
    standing = [one for one in comments if one.deleted_at is one.hidden_at is None]
    return said(site, [Entry(one) for one in standing[: -_COMMENTS - 1 : -1]])


def _votes(site: Site, account: Account) -> list[int]:
    """The papers of the latest counted votes of who agreed to be shown with them."""
    votes = site.library.catalogue.community.votes.of_reader(account.reader_id) if account.show_votes else []
    return [vote.paper_id for vote in votes if vote.counted][:_VOTES]
