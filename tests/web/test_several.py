"""Several papers picked on a page, collections, and taking things back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.markup import Page
from tests.web.served import Served, notice

JSON = {"Content-Type": "application/json"}


def three(own: Served) -> list[str]:
    return [str(own.number(f"2512.0010{n}")) for n in (1, 2, 3)]


@pytest.mark.parametrize("path", ["/", "/search?q=coral", "/library", "/similar?like=1"])
def test_every_list_has_boxes_and_a_form_for_them(own: Served, path: str) -> None:
    own.library.act("me", 1, "save")
    page = Page(own.client.get(path).text)
    boxes = page.all("input", type="checkbox", form="batch")
    assert len(boxes) == len(page.all("article"))
    [form] = page.all("form", id="batch")
    assert (form["method"], form["action"]) == ("post", "/papers/act")
    buttons = {button["value"] for button in page.all("button", name="action") if "data-key" not in button}
    assert buttons >= {"save", "hide", "tag", "collect", "export"}


@pytest.mark.parametrize("name", ["pick", "pick[]"])
def test_saved_together_and_undone_together(own: Served, name: str) -> None:
    picked = three(own)
    own.library.act("me", picked[0], "save")  # so already: not the batch's to undo
    fields: dict[str, Any] = {name: picked, "action": "save", "next": "/search?q=coral"}
    answer = own.post("/papers/act", **fields)
    assert answer.headers["location"] == "/search?q=coral&done=save&papers=2"
    assert len(own.library.state("me").saved) == 3
    said = notice(own, answer.headers["location"])
    assert "Saved 2 papers." in said
    undone = own.post("/undo", times="2", next="/")
    assert "Undone: saved 2 papers." in notice(own, undone.headers["location"])
    assert set(own.library.state("me").saved) == {int(picked[0])}
    assert own.post("/papers/act", pick=[picked[0]], action="save").headers["location"] == "/?done=none"


def test_tagged_hidden_and_collected_together(own: Served) -> None:
    picked = three(own)
    own.post("/papers/act", pick=picked, action="tag", value="reefs / 1")
    own.post("/papers/act", pick=picked[:2], action="collect", value="..")
    own.post("/papers/act", pick=picked[2:], action="hide")
    state = own.library.state("me")
    assert state.tags == {"reefs / 1": frozenset(map(int, picked))}
    assert own.library.collections("me") == {"..": tuple(map(int, picked[:2]))}
    assert state.hidden == {int(picked[2])}
    assert own.post("/papers/act", pick=picked, action="tag", value=" ").status_code == 400
    assert own.post("/papers/act", pick=picked, action="collect", value=" ").status_code == 400
    assert own.post("/papers/act", action="save").status_code == 400
    assert own.post("/papers/act", pick=["999999"], action="save").status_code == 400
    assert own.post("/papers/act", pick=[str(n) for n in range(1, 102)], action="save").status_code == 400


def test_exported_together(own: Served) -> None:
    answer = own.post("/papers/act", pick=three(own)[:2], action="export", form="ris")
    file = own.client.get(answer.headers["location"])
    assert file.text.count("TY  - ") == 2
    assert file.headers["content-disposition"] == 'attachment; filename="broadsheet-picked.ris"'
    assert own.post("/papers/act", pick=three(own), action="export", form="doc").status_code == 400


ODD = ["Reading group", "a/b", "..", ".", "a/papers/b", "Ünïcode & “quotes” ?#%", "  spaced  "]


@pytest.mark.parametrize("name", ODD)
def test_a_collection_of_any_name_on_the_pages(own: Served, name: str) -> None:
    made = own.post("/collections", what="create", name=name)
    at = made.headers["location"]
    assert own.library.collections("me") == {name.strip(): ()}
    assert "The collection is made." in notice(own, at)
    own.post("/papers/act", pick=three(own), action="collect", value=name)
    renamed = own.post("/collections", what="rename", name=name, to=f"{name.strip()} 2")
    assert "new name" in notice(own, renamed.headers["location"])
    assert own.library.collections("me") == {f"{name.strip()} 2": tuple(map(int, three(own)))}
    question = own.client.get("/collections/delete", params={"name": f"{name.strip()} 2"})
    assert "3 papers stay" in question.text
    assert Page(question.text).faults == []
    deleted = own.post("/collections", what="delete", name=f"{name.strip()} 2")
    assert own.library.collections("me") == {}
    [number] = parse_qs(urlsplit(deleted.headers["location"]).query)["deletion"]
    assert f'name="deletion" value="{number}"' in own.client.get(deleted.headers["location"]).text
    back = own.post("/deleted/restore", deletion=number, next="/library")
    assert "The collection is back." in notice(own, back.headers["location"])
    assert own.library.collections("me") == {f"{name.strip()} 2": tuple(map(int, three(own)))}


@pytest.mark.parametrize("name", [*ODD[:5], "Ünïcode ?#%"])
def test_a_collection_of_any_name_by_the_api(own: Served, name: str) -> None:
    from urllib.parse import quote

    api, client, first = "/api/v1/collections", own.client, own.number("2601.00001")
    assert client.post(api, json={"name": name, "papers": [first, "2601.00002"]}).json() == {"done": True}
    assert client.get(api).json() == {name: [first, own.number("2601.00002")]}
    gone = client.request("DELETE", api, params={"name": name, "paper": "2601.00002"}, headers=JSON)
    assert gone.status_code == 200
    assert client.patch(api, params={"name": name}, json={"name": name + "!"}).status_code == 200
    deleted = client.request("DELETE", api, params={"name": name + "!"}, headers=JSON).json()
    assert deleted["papers"] == [first]
    assert client.post(f"/api/v1/deletions/{deleted['deletion']}/restore", json={}).json() == {"papers": []}
    assert client.get(api).json() == {name + "!": [first]}
    client.patch(api, params={"name": name + "!"}, json={"name": name})
    client.request("DELETE", api, params={"name": name}, headers=JSON)
    if name in ("..", "."):
        return  # clients take these out of a path; there the query is the way
    path = f"{api}/{quote(name, safe='')}"
    assert client.post(path, json={"paper": "2601.00001"}).status_code == 200
    assert client.delete(f"{path}/papers/2601.00001", headers=JSON).status_code == 200
    assert client.get(api).json() == {name: []}
    assert client.delete(path, headers=JSON).status_code == 200
    assert client.get(api).json() == {}
    assert client.delete(path, headers=JSON).status_code == 400


def test_a_taken_name_is_told(own: Served) -> None:
    for name in ("one", "two"):
        own.library.create_collection("me", name)
    answer = own.post("/collections", what="rename", name="one", to="two")
    assert answer.status_code == 400
    assert "already" in answer.text
    assert own.post("/collections", what="rename", name="none", to="x").status_code == 400
    assert own.client.get("/collections/delete", params={"name": "none"}).status_code == 400


def test_undo_says_what_it_undid(own: Served) -> None:
    number = three(own)[0]
    for action, said in (("save", "is no longer saved"), ("hide", "is shown again"), ("up", "is no longer rated")):
        own.post(f"/papers/{number}/act", action=action)
        answer = own.post("/undo", next="/")
        assert f"Undone: “Coral reef acoustics number 1” {said}." in notice(own, answer.headers["location"])
