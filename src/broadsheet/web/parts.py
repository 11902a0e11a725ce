"""The parts of the web application: one router each, in the order in which their routes are tried."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Depends
from starlette.routing import BaseRoute

from broadsheet.web import (
    actions,
    agents,
    api,
    atlas,
    collections,
    collections_api,
    days,
    deleting,
    deleting_api,
    exports,
    feeds,
    health,
    joining,
    pages,
    papers,
    search_pages,
    searches,
    searches_api,
    suggesting,
)
from broadsheet.web.accounts import (
    administering,
    elsewhere,
    joining_in,
    own_account,
    programs,
    recovering,
    signing_in,
)
from broadsheet.web.authorisation import authorised
from broadsheet.web.daily import (
    authors,
    claims,
    clients,
    comments,
    comments_api,
    crawlers,
    mail,
    mail_admin,
    members,
    moderating,
    moderating_api,
    organisations,
    people_api,
    picks,
    submissions_api,
    submitting,
    tagging,
    votes,
    votes_api,
)
from broadsheet.web.daily import feeds as edition_feeds
from broadsheet.web.daily import pages as editions
from broadsheet.web.exchange import adding, connections, greader, takeouts
from broadsheet.web.exchange import feeds as private_feeds
from broadsheet.web.exchange import page as exchange
from broadsheet.web.groups import groups, groups_api, lists, lists_api, notes_api, paper_notes
from broadsheet.web.steering import alerts, alerts_api, changes, interests, interests_api, replay

__all__ = ["PARTS", "routes"]

PARTS = (
    agents,
    mail,
    mail_admin,
    votes,
    votes_api,
    submitting,
    submissions_api,
    exports,
    comments,  # before the routes with any path behind /paper/ and /papers/
    comments_api,
    notes_api,
    pages,
    search_pages,
    atlas,
    suggesting,
    actions,
    papers,
    edition_feeds,
    editions,
    organisations,
    authors,
    members,
    claims,
    people_api,
    picks,
    crawlers,
    lists,
    lists_api,
    paper_notes,
    groups,
    groups_api,
    collections,
    days,
    deleting,
    joining,
    feeds,
    api,
    collections_api,
    searches,
    searches_api,
    alerts,
    alerts_api,
    changes,
    deleting_api,
    health,
    signing_in,
    elsewhere,
    programs,
    joining_in,
    recovering,
    own_account,
    administering,
    tagging,
    moderating,
    moderating_api,
    clients,
    private_feeds,
    exchange,
    greader,
    replay,
    interests,
    interests_api,
    connections,
    takeouts,
    adding,
)


@cache
def routes() -> tuple[BaseRoute, ...]:
    """The routes of all parts, each for who is authorised: what they take is worked out once, not for every app."""
    whole = APIRouter(dependencies=[Depends(authorised)])
    for part in PARTS:
        whole.include_router(part.router)
    return tuple(whole.routes)
