"""What tokens of programs open: the rule route by route, whatever the role of their member."""

from __future__ import annotations

from itertools import combinations

import pytest
from fastapi import HTTPException

from broadsheet.community.actor import Actor, Role, Scope
from broadsheet.web.authorisation import ROLES, _check_scopes

SETS = [frozenset(some) for n in range(1, len(Scope) + 1) for some in combinations(Scope, n)]


def opens(scopes: frozenset[Scope] | None, route: str) -> bool:
    """Whether a token of an administrator with these scopes opens a route; None: a person in a browser."""
    method, _, path = route.partition(" ")
    try:
        _check_scopes(Actor(Role.admin, "amos", 1, scopes), method, path, ROLES[route])
    except HTTPException as error:
        return error.status_code != 403
    return True


def opened(*scopes: Scope) -> set[str]:
    return {route for route in ROLES if opens(frozenset(scopes), route)}


def routes(*methods: str, api: bool) -> set[str]:
    return {
        route
        for route in ROLES
        if route.partition(" ")[0] in methods and route.partition(" ")[2].startswith("/api/") is api
    }


FREE = {route for route, needed in ROLES.items() if needed is Role.visitor and route.startswith("GET ")}
HIGHER = {route for route, needed in ROLES.items() if needed in (Role.curator, Role.admin)}
FEEDS = {route for route in ROLES if route.startswith("GET ") and route.endswith(".{form}")}

DOOR = {"POST /mcp"}  # of agents: a token that reads opens it, and each tool asks for the scope of what it does


def test_a_person_is_not_bound_by_scopes() -> None:
    assert {route for route in ROLES if opens(None, route)} == set(ROLES)


@pytest.mark.parametrize("scopes", SETS, ids=lambda some: "+".join(sorted(some)))
def test_what_everybody_may_read_every_token_may(scopes: frozenset[Scope]) -> None:
    assert opened(*scopes) >= FREE


@pytest.mark.parametrize("scopes", SETS, ids=lambda some: "+".join(sorted(some)))
def test_no_token_opens_a_page_that_changes_something_or_is_ones_own(scopes: frozenset[Scope]) -> None:
    own_pages = {route for route in routes("GET", api=False) if ROLES[route] is not Role.visitor} - FEEDS
    assert not opened(*scopes) & own_pages
    assert not opened(*scopes) & routes("POST", "PUT", "PATCH", "DELETE", api=False) - DOOR


def test_each_scope_opens_its_part_and_nothing_else() -> None:
    own = {route for route in ROLES if ROLES[route] is Role.reader or not route.startswith("GET ")} - HIGHER
    reads, writes = own & routes("GET", api=True), own & routes("POST", "PUT", "PATCH", "DELETE", api=True)
    assert opened(Scope.feeds) == FREE | FEEDS
    assert opened(Scope.read) == FREE | FEEDS | DOOR | reads
    assert opened(Scope.write) == FREE | writes
    assert opened(Scope.manage) == FREE | HIGHER & routes("GET", "POST", "PUT", "PATCH", "DELETE", api=True)
    assert min(map(len, (reads, writes, FEEDS, FREE))) > 3


@pytest.mark.parametrize("scopes", SETS, ids=lambda some: "+".join(sorted(some)))
def test_several_scopes_open_what_each_of_them_opens(scopes: frozenset[Scope]) -> None:
    assert opened(*scopes) == set().union(*(opened(one) for one in scopes))


def test_all_scopes_together_open_the_api_and_the_feeds() -> None:
    assert opened(*Scope) == FREE | FEEDS | DOOR | routes("GET", "POST", "PUT", "PATCH", "DELETE", api=True)


@pytest.mark.parametrize(
    ("scope", "route", "said"),
    [
        (Scope.feeds, "POST /api/v1/undo", "This token lacks the scope write; it has feeds."),
        (Scope.read, "GET /api/v1/sources", "This token lacks the scope manage; it has read."),
        (Scope.manage, "POST /papers/{number:int}/vote", "Tokens open the API and the feeds, not this page"),
    ],
)
def test_who_is_refused_is_told_why(scope: Scope, route: str, said: str) -> None:
    method, _, path = route.partition(" ")
    with pytest.raises(HTTPException) as caught:
        _check_scopes(Actor(Role.admin, "amos", 1, frozenset({scope})), method, path, ROLES[route])
    assert said in caught.value.detail
