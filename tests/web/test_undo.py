"""Every action is taken back, on the pages and by the API, once and twice, after another one, without its paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.markup import Page
from tests.web.served import Served, notice

FIRST, OTHER = 1, 2
FRAGMENT = {"X-Fragment": "true"}


def kept(own: Served) -> dict[str, Any]:
    """What a reader has said, without the moments."""
    state = own.library.state("me")
    return {
        "saved": set(state.saved),
        "ratings": dict(state.ratings),
        "hidden": set(state.hidden),
        "tags": {name: set(ids) for name, ids in state.tags.items() if ids},
    }


def by_page(own: Served, number: int, action: str, value: str = "") -> None:
    assert own.post(f"/papers/{number}/act", action=action, value=value).status_code == 303


def by_api(own: Served, number: int, action: str, value: str = "") -> None:
    body = {"action": action, "value": value}
    assert own.client.post(f"/api/v1/papers/{number}/actions", json=body).status_code == 200


def undo_by_page(own: Served) -> tuple[str | None, int | None]:
    query = dict(own.client.get(own.post("/undo").headers["location"]).url.params)
    return query.get("was"), int(query["paper"]) if "paper" in query else None


def undo_by_api(own: Served) -> tuple[str | None, int | None]:
    told = own.client.post("/api/v1/undo", json={}).json()
    return told["action"], told["paper_id"]


WAYS = {"page": (by_page, undo_by_page), "api": (by_api, undo_by_api)}
Act = Callable[..., None]
Undo = Callable[[Served], tuple[str | None, int | None]]

ACTIONS = [
    ((), "save", ""),
    (("save",), "unsave", ""),
    ((), "up", ""),
    (("down",), "up", ""),
    ((), "down", ""),
    (("up",), "unrate", ""),
    (("down",), "unrate", ""),
    ((), "hide", ""),
    (("hide",), "unhide", ""),
    ((), "tag", "to/read & more"),
    (("tag",), "untag", "to/read & more"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("before", "action", "value"), ACTIONS, ids=lambda one: "-".join(one) if one else "")
def test_an_action_is_taken_back_to_what_was_before(
    own: Served, way: str, before: tuple[str, ...], action: str, value: str
) -> None:
    act, undo = WAYS[way]
    for one in before:
        act(own, FIRST, one, value)
    act(own, OTHER, "save")
    was = kept(own)
    act(own, FIRST, action, value)
    assert kept(own) != was
    assert undo(own) == (action, FIRST)
    assert kept(own) == was
    assert undo(own) == ("save", OTHER)
    for one in reversed(before):
        assert undo(own) == (one, FIRST)
    assert undo(own) == (None, None)
    assert kept(own) == {"saved": set(), "ratings": {}, "hidden": set(), "tags": {}}


@pytest.mark.parametrize("way", WAYS)
def test_undo_is_no_toggle(own: Served, way: str) -> None:
    act, undo = WAYS[way]
    act(own, FIRST, "save")
    assert [undo(own) for _ in range(3)] == [("save", FIRST), (None, None), (None, None)]
    act(own, FIRST, "hide")
    assert undo(own) == ("hide", FIRST)
    assert kept(own)["saved"] == set()


def test_pages_and_api_share_one_history(own: Served) -> None:
    by_page(own, FIRST, "save")
    by_api(own, OTHER, "up")
    assert undo_by_page(own) == ("up", OTHER)
    assert undo_by_api(own) == ("save", FIRST)


def test_opening_and_looking_are_nothing_to_undo(own: Served) -> None:
    by_page(own, FIRST, "save")
    own.post(f"/papers/{OTHER}/act", action="open")
    own.client.get("/")
    assert undo_by_page(own) == ("save", FIRST)
    assert set(own.library.state("me").opened) == {OTHER}


def test_what_was_said_of_a_deleted_paper_is_passed_over(own: Served) -> None:
    by_page(own, OTHER, "save")
    by_page(own, FIRST, "save")
    own.post("/papers/delete", pick=str(FIRST))
    answer = own.client.post("/undo", data={"csrf": own.token()}, headers=FRAGMENT)
    assert (answer.status_code, f'id="a{OTHER}"' in answer.text) == (200, True)
    assert kept(own)["saved"] == set()


@pytest.mark.parametrize(
    ("action", "done", "undone"),
    [
        ("save", "Saved “", "Undone: “"),
        ("hide", "Hidden: “", "Undone: “"),
        ("up", "More like “", "Undone: “"),
        ("down", "Less like “", "Undone: “"),
    ],
)
def test_the_notice_says_what_was_done_and_offers_its_undo(own: Served, action: str, done: str, undone: str) -> None:
    title = own.library.paper(OTHER).paper.title
    answer = own.post(f"/papers/{OTHER}/act", action=action, next="/search?q=token")
    said = notice(own, answer.headers["location"])
    assert title in said
    assert done.rstrip("“").strip(": ").split()[0].lower() in said.lower()
    page = Page(own.client.get(answer.headers["location"]).text)
    assert "/undo" in [form.get("action") for form in page.all("form")]
    back = own.post("/undo", next="/search?q=token")
    said = notice(own, back.headers["location"])
    assert said.strip().removeprefix('class="notice"').count(title) == 1
    assert undone.partition(":")[0] in said


@pytest.mark.parametrize(("times", "left"), [(1, {1, 2, 3}), (2, {1, 2}), (100, set())])
def test_several_are_taken_back_at_once(own: Served, times: int, left: set[int]) -> None:
    for number in (1, 2, 3, 4):
        by_page(own, number, "save")
    answer = own.post("/undo", times=str(times))
    assert kept(own)["saved"] == left
    if times > 1:
        assert f"papers={4 - len(left)}" in answer.headers["location"]


@pytest.mark.parametrize("times", ["0", "-1", "101", "x", "1.5", ""])
def test_so_many_cannot_be_taken_back(own: Served, times: str) -> None:
    by_page(own, FIRST, "save")
    assert own.post("/undo", times=times).status_code == (303 if not times else 400)
    assert kept(own)["saved"] == (set() if not times else {FIRST})


def test_a_script_that_has_nothing_to_undo_is_told_so(own: Served) -> None:
    answer = own.client.post("/undo", data={"csrf": own.token()}, headers=FRAGMENT)
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    assert "There is nothing to undo." in answer.text


@pytest.mark.parametrize("path", ["/papers/9999/act", "/papers/x/act"])
def test_a_script_is_told_of_an_error_in_json(own: Served, path: str) -> None:
    answer = own.client.post(path, data={"csrf": own.token(), "action": "save"}, headers=FRAGMENT)
    assert answer.status_code == 404
    assert list(answer.json()["error"]) == ["message"]


def test_a_deleted_collection_comes_back_with_its_papers(own: Served) -> None:
    for number in (1, 2, 3):
        own.post("/collections", what="add", name="Reefs", paper=str(number))
    deleted = own.client.delete("/api/v1/collections?name=Reefs", headers={"Content-Type": "application/json"}).json()
    assert (deleted["papers"], own.library.collections("me")) == ([1, 2, 3], {})
    restored = own.client.post(f"/api/v1/deletions/{deleted['deletion']}/restore", json={}).json()
    assert restored == {"papers": []}
    assert own.library.collections("me") == {"Reefs": (1, 2, 3)}


def test_tuning_is_not_undone_by_undo(own: Served) -> None:
    by_page(own, FIRST, "save")
    own.post("/tuning", recency="1", diversity="1", exploration="0")
    assert undo_by_page(own) == ("save", FIRST)
    assert own.library.tuning("me").recency == 1.0
