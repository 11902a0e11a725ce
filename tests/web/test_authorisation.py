"""The table of who may ask for what."""

from __future__ import annotations

from fastapi.routing import APIRoute

from broadsheet.community.actor import Role
from broadsheet.web.authorisation import ROLES
from broadsheet.web.parts import PARTS


def test_the_table_has_every_route_and_no_other() -> None:
    known = set()
    for route in (route for part in PARTS for route in part.router.routes):
        assert isinstance(route, APIRoute)
        known |= {f"{method} {route.path}" for method in route.methods or ()}
    assert known == set(ROLES)


def test_a_role_may_do_what_lesser_ones_may() -> None:
    assert [[one.may(other) for other in Role] for one in Role] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]
