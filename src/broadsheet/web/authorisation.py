"""Who may ask for what: one table, route by route. A route that is not in it is refused to everybody.

In private mode whoever passes the start token has every right; the table then only says which routes exist.
"""

from __future__ import annotations

from fastapi import HTTPException
from starlette.requests import Request

from broadsheet.community.actor import Actor, Role, Scope
from broadsheet.web.site import site_of

__all__ = ["ROLES", "authorised"]

# long: one entry a route

_OF_PROGRAMS = (  # each asks for the password of a program itself: no session and no other token opens them
    "POST /accounts/ClientLogin",
    "GET /reader/api/0/token",
    "GET /reader/api/0/user-info",
    "GET /reader/api/0/subscription/list",
    "GET /reader/api/0/tag/list",
    "GET /reader/api/0/unread-count",
    "GET /reader/api/0/stream/items/ids",
    "GET /reader/api/0/stream/contents",
    "GET /reader/api/0/stream/contents/{stream:path}",
    "GET /reader/api/0/stream/items/contents",
    "POST /reader/api/0/stream/items/contents",
    "POST /reader/api/0/edit-tag",
    "POST /reader/api/0/mark-all-as-read",
    "POST /reader/api/0/subscription/edit",
    "POST /reader/api/0/subscription/quickadd",
    "POST /reader/api/0/rename-tag",
    "POST /reader/api/0/disable-tag",
)
_TABLE = {
    Role.visitor: (
        "GET /subscribe",
        "POST /subscribe",
        "GET /subscribe/confirm/{token}",
        "POST /subscribe/confirm/{token}",
        "GET /mail/unsubscribe/{token}",
        "POST /mail/unsubscribe/{token}",
        "GET /mail/act/{token}",
        "POST /mail/act/{token}",
        "GET /mail/preferences/{token}",
        "POST /mail/preferences/{token}",
        "GET /feeds/{token}.{form}",  # who knows the address
        "GET /feeds.opml",
        "GET /health",
        "GET /favicon.ico",
        "GET /",
        "GET /search",
        "GET /api/suggest",
        "GET /search/export/{form}",
        "GET /similar",
        "GET /paper/{number:int}",
        "GET /paper/{name:path}",
        "GET /paper/{number:int}/export/{form}",
        "GET /papers/export/{form}",
        "GET /papers",
        "GET /papers/date/{text}",
        "GET /papers/week/{text}",
        "GET /papers/month/{text}",
        "GET /papers/calendar",
        "GET /papers/feed.{form}",
        "GET /papers/{kind}/feed.{form}",
        "GET /papers/{kind}/{text}/feed.{form}",
        "GET /organisations",
        "GET /organisations/{key}",
        "GET /organisations/{key}/feed.{form}",
        "GET /authors/{slug}",
        "GET /members/{name}",
        "GET /authors/{slug}/feed.{form}",
        "GET /api/v1/organisations",
        "GET /api/v1/organisations/{organisation}",
        "GET /api/v1/authors/{author}",
        "POST /mcp",
        "GET /robots.txt",
        "GET /sitemap.xml",
        "GET /papers/calendar/{text}",
        "GET /api",
        "POST /theme",
        "GET /sign-in/with/{key}",
        "GET /sign-in/with/{key}/back",
        "POST /sign-in/join",
        "GET /sign-in",
        "POST /sign-in",
        "POST /sign-out",
        "GET /sign-up",
        "POST /sign-up",
        "GET /sign-up/{code}",
        "POST /sign-up/{code}",
        "GET /invitations/{code}",
        "POST /invitations/{code}",
        "GET /confirm/{code}",
        "POST /confirm/{code}",
        "GET /reset-password",
        "POST /reset-password",
        "GET /reset-password/{code}",
        "POST /reset-password/{code}",
        "GET /paper/{number:int}/comments",
        "GET /comments/{number:int}",
        "GET /tags",
        "GET /tags/{name:path}",
        "GET /moderation/log",
        "GET /collections/shared/{key}",  # a link that whoever shares it gives
        "GET /collections/shared/{key}/export/{form}",
        "GET /search.{form}",
        "GET /api/v1/search",
        "GET /api/v1/similar",
        "GET /api/v1/papers/{paper:path}/versions",
        "GET /api/v1/papers/{paper:path}/comments",
        "GET /api/v1/papers/{paper:path}/tags",
        "GET /api/v1/papers/{paper:path}/links",
        "GET /api/v1/comments/{number:int}",
        "GET /api/v1/comments/{number:int}/versions",
        "GET /api/v1/tags",
        "GET /api/v1/moderation/log",
        "GET /api/v1/papers/{paper:path}",
        "GET /api/v1/stats",
        "GET /votes/rules",
        "GET /pictures/{number:int}",
        "GET /submissions/{number:int}",
        "GET /api/v1/papers/{paper:path}/votes",
        "GET /api/daily_papers",
        "GET /api/papers",
        "GET /api/papers/search",
        "GET /api/papers/{paper:path}",
        "GET /papers/{paper:paper_name}.md",
        "GET /papers/{paper:paper_name}",
    ),
    Role.reader: (
        "GET /mail",
        "POST /mail",
        "GET /account/mail",
        "POST /account/mail",
        "POST /authors/{slug}/claim",
        "GET /claims",
        "POST /claims/{number:int}",
        "GET /for-you",
        "GET /account",
        "POST /account/profile",
        "POST /account/address",
        "POST /account/password",
        "POST /account/tokens",
        "POST /account/tokens/revoke",
        "GET /account/connect/{key}",
        "POST /account/connect",
        "POST /account/disconnect",
        "POST /account/archive",
        "GET /account/leave",
        "POST /account/leave",
        "POST /account/sessions/end",
        "POST /account/invitations",
        "POST /account/invitations/revoke",
        "GET /account/mentions",
        "POST /account/mentions",
        "POST /papers/{number:int}/comments",
        "POST /comments/{number:int}/edit",
        "POST /comments/{number:int}/delete",
        "POST /comments/{number:int}/report",
        "POST /papers/{number:int}/tags",
        "POST /papers/{number:int}/links",
        "GET /papers/{number:int}/report",
        "POST /papers/{number:int}/report",
        "POST /api/v1/papers/{paper:path}/comments",
        "PATCH /api/v1/comments/{number:int}",
        "DELETE /api/v1/comments/{number:int}",
        "POST /api/v1/comments/{number:int}/report",
        "POST /api/v1/submissions/{number:int}/report",
        "POST /api/v1/papers/{paper:path}/tags",
        "DELETE /api/v1/papers/{paper:path}/tags",
        "POST /api/v1/papers/{paper:path}/links",
        "DELETE /api/v1/papers/{paper:path}/links",
        "GET /exchange",
        "GET /exchange/feeds.opml",
        "POST /exchange/feeds",
        "POST /exchange/opml",
        "POST /exchange/programs",
        "POST /exchange/programs/revoke",
        "GET /library",
        "GET /library/export/{form}",
        "GET /about-feed",
        "GET /catch-up",
        "GET /replay",
        "GET /replay/progress",
        "POST /replay",
        "POST /replay/interleave",
        "POST /papers/{number:int}/act",
        "POST /papers/act",
        "POST /undo",
        "POST /start",
        "POST /import",
        "POST /tuning",
        "POST /tuning/default",
        "POST /reset",
        "POST /collections",
        "GET /collections/{number:int}",
        "POST /collections/{number:int}",
        "GET /collections/{number:int}/missing",
        "GET /collections/{number:int}/export/{form}",
        "GET /api/v1/reading-lists",
        "GET /api/v1/reading-lists/{number:int}",
        "POST /api/v1/reading-lists/{number:int}",
        "GET /api/v1/reading-lists/{number:int}/missing",
        "GET /collections/delete",
        "GET /searches",
        "GET /searches/{number:int}",
        "POST /searches",
        "GET /searches/{number:int}/feed.{form}",
        "GET /api/v1/searches",
        "POST /api/v1/searches",
        "GET /api/v1/searches/{number:int}",
        "GET /api/v1/searches/{number:int}/results",
        "GET /api/v1/searches/{number:int}/new",
        "POST /api/v1/searches/{number:int}/look",
        "PATCH /api/v1/searches/{number:int}",
        "DELETE /api/v1/searches/{number:int}",
        "POST /deleted/restore",  # what is one's own
        "POST /api/v1/deletions/{number:int}/restore",  # likewise
        "GET /day/{text}",
        "GET /feed.{form}",
        "GET /tagged.{form}",
        "GET /tags/{name:path}/feed.{form}",
        "GET /api/v1/feed",
        "GET /api/v1/library",
        "GET /api/v1/tuning",
        "POST /api/v1/papers/{paper:path}/actions",
        "POST /api/v1/undo",
        "POST /api/v1/tuning",
        "POST /api/v1/import",
        "GET /api/v1/collections",
        "POST /api/v1/collections",
        "PATCH /api/v1/collections",
        "DELETE /api/v1/collections",
        "POST /api/v1/collections/{name:path}",
        "DELETE /api/v1/collections/{name:path}",
        "GET /submit",
        "POST /submit",
        "GET /submit/{number:int}",
        "POST /submit/{number:int}",
        "POST /submissions/{number:int}/withdraw",
        "POST /submissions/{number:int}/report",
        "GET /votes",
        "POST /votes/name",
        "POST /papers/{number:int}/vote",
        "GET /api/v1/votes",
        "PUT /api/v1/papers/{paper:path}/vote",
        "DELETE /api/v1/papers/{paper:path}/vote",
        "PUT /api/papers/{paper:path}/upvote",
        "DELETE /api/papers/{paper:path}/upvote",
        "POST /api/papers/index",
    ),
    Role.curator: (
        "POST /organisations/{key}",
        "POST /submissions/{number:int}/hide",
        "POST /submissions/{number:int}/unhide",
        "POST /papers/{number:int}/pick",
        "GET /moderation",
        "POST /moderation",
        "POST /comments/{number:int}/hide",
        "POST /comments/{number:int}/unhide",
        "GET /papers/{number:int}/moderate",
        "POST /api/v1/comments/{number:int}/hide",
        "POST /api/v1/submissions/{number:int}/hide",
        "POST /api/v1/submissions/{number:int}/unhide",
        "POST /api/v1/comments/{number:int}/unhide",
        "GET /api/v1/moderation",
        "POST /api/v1/moderation",
        "GET /sources",
        "GET /sources/progress",
        "GET /joined",
        "POST /joined/undo",
        "POST /joined/part",
        "GET /api/v1/sources",
        "GET /api/v1/quarantine",
        "GET /api/v1/merges",
        "POST /api/v1/merges/{number:int}/undo",
        "GET /api/v1/suspects",
        "POST /api/v1/suspects/part",
    ),
    Role.admin: (
        "GET /admin/mail",
        "POST /admin/mail",
        "GET /admin/claims",
        "POST /admin/claims/{number:int}",
        "GET /admin/accounts",
        "POST /admin/accounts/{number:int}/role",
        "POST /admin/accounts/{number:int}/suspend",
        "POST /admin/accounts/{number:int}/restore",
        "POST /admin/accounts/{number:int}/sessions/end",
        "GET /admin/audit",
        "POST /sources/sync",
        "POST /quarantine/clear",
        "GET /papers/delete",
        "POST /papers/delete",
        "GET /deleted",
        "POST /deleted/purge",
        "POST /imports/undo",
        "GET /admin/votes/{number:int}",
        "POST /admin/votes/{number:int}",
        "DELETE /api/v1/papers/{paper:path}",
        "GET /api/v1/deletions",
        "GET /api/v1/imports",
        "POST /api/v1/imports/{number:int}/undo",
    ),
}
ROLES = {route: role for role, routes in _TABLE.items() for route in routes} | {
    route.replace(" ", f" {prefix}", 1): Role.visitor for route in _OF_PROGRAMS for prefix in ("", "/api/greader")
}


def authorised(request: Request) -> None:
    """Refuse a request whose actor lacks the role its route needs. Raises 401 for a visitor, 403 for an account."""
    route = request.scope["route"]
    needed = ROLES.get(f"{request.method} {route.path}")
    actor = site_of(request).actor
    if needed is not None and actor.role.may(needed):
        _check_scopes(actor, request.method, route.path, needed)
        return
    if needed is not None and actor.role is Role.visitor:
        raise HTTPException(401, "Sign in to see this page.")
    raise HTTPException(403, f"This needs the role {needed or 'nobody has'}; you are {actor.role}.")


def _check_scopes(actor: Actor, method: str, path: str, needed: Role) -> None:
    """Refuse a program whose token does not reach this far. Raises 403."""
    if actor.scopes is None or (needed is Role.visitor and method == "GET"):
        return
    scope = _scope(method, path, needed)
    if scope is None:
        raise HTTPException(403, "Tokens open the API and the feeds, not this page: sign in with a browser.")
    if scope not in actor.scopes and not (scope is Scope.feeds and Scope.read in actor.scopes):
        raise HTTPException(403, f"This token lacks the scope {scope}; it has {', '.join(sorted(actor.scopes))}.")


def _scope(method: str, path: str, needed: Role) -> Scope | None:
    """The scope that a route needs; None where no token opens it."""
    if method == "GET" and path.endswith(".{form}"):
        return Scope.feeds
    if path == "/mcp":
        return Scope.read  # what an agent may change, its tools ask
    if not path.startswith("/api/"):
        return None
    if needed in {Role.curator, Role.admin}:
        return Scope.manage
    return Scope.read if method == "GET" else Scope.write
