"""Saved searches on the pages, as feeds and in the API, and searches within results and among lists."""

from __future__ import annotations

from html import unescape

import httpx
import pytest

from broadsheet.kit.paper import Paper, Record
from tests.web.markup import Page
from tests.web.members import Town, post
from tests.web.served import Served

NEW = Paper(title="Coral reef acoustics at night", abstract="This invented study of coral reef acoustics is new.")


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert not Page(answer.text).faults
    return answer.text


def titles(text: str) -> list[str]:
    return [unescape(part.partition("</h2>")[0]) for part in text.split('<h2 class="title">')[1:]]


def add_new(own: Served, title: str = NEW.title) -> int:
    own.library.add(Record(Paper(title=title, abstract=NEW.abstract), "invented", title))
    return own.library.newest


def test_a_search_is_saved_and_says_what_is_new(own: Served) -> None:
    assert "Save this search" in page(own.client, "/search?q=coral+reef")
    saved = own.post("/searches", what="save", name="Reefs", search="/search?q=coral+reef&page=1", next="/search?q=x")
    assert saved.headers["location"] == "/search?q=x&done=save-search"
    [one] = own.site.community.searches.all("me")
    assert (one.name, one.search) == ("Reefs", {"q": "coral reef"})
    assert "new</a>" not in page(own.client, "/searches")
    number = add_new(own)
    listed = page(own.client, "/searches")
    assert f'<a class="new" href="/searches/{one.id}?new=1">1 new</a>' in listed
    assert "1 new" in page(own.client, "/search")
    only_new = own.client.get(f"/searches/{one.id}?new=1")
    assert only_new.headers["location"] == f"/search?q=coral+reef&among=after%3A{one.seen_paper}"
    text = page(own.client, only_new.headers["location"])
    assert f'href="/paper/{number}"' in text
    assert text.count('<article class="card"') == 1
    assert "New since you looked last" in text
    assert "1 new" not in page(own.client, "/searches")


def test_another_site_and_a_prefetch_are_no_look(own: Served) -> None:
    own.post("/searches", what="save", name="Reefs", search="/search?q=coral+reef")
    [one] = own.site.community.searches.all("me")
    add_new(own)
    for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}):
        assert own.client.get(f"/searches/{one.id}", headers=headers).status_code == 303
    assert own.site.community.searches.new_count("me", one) == 1
    assert own.client.get(f"/searches/{one.id}").headers["location"] == "/search?q=coral+reef"
    assert own.site.community.searches.new_count("me", own.site.community.searches.get("me", one.id)) == 0


def test_renaming_deleting_and_undoing(own: Served) -> None:
    own.post("/searches", what="save", search="/search?q=coral+reef&sort=date")
    [one] = own.site.community.searches.all("me")
    assert one.name == "coral reef"
    own.post("/searches", what="rename", number=str(one.id), name="Sounds")
    assert "Sounds" in page(own.client, "/searches")
    gone = own.post("/searches", what="delete", number=str(one.id))
    assert gone.headers["location"] == "/searches?done=delete-search&deletion=1"
    shown = page(own.client, gone.headers["location"])
    assert "The search is deleted." in shown
    assert 'action="/deleted/restore"' in shown
    assert "No search is saved yet" in shown
    back = own.post("/deleted/restore", deletion="1", next="/searches")
    assert back.headers["location"] == "/searches?done=restore-search"
    [again] = own.site.community.searches.all("me")
    assert (again.id, again.name, again.search) == (one.id, "Sounds", {"q": "coral reef", "sort": "date"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"what": "save", "search": "/search"}, "an empty search cannot be saved"),
        ({"what": "save", "search": "/search?q=a&among=organisation:nowhere"}, "no organisation"),
        ({"what": "rename", "number": "7", "name": "x"}, "no saved search"),
        ({"what": "forget"}, "choose save, rename or delete"),
    ],
)
def test_what_cannot_be_done_says_why(own: Served, fields: dict[str, str], message: str) -> None:
    answer = own.post("/searches", **fields)
    assert answer.status_code == 400
    assert message in unescape(answer.text)


def test_a_saved_search_has_feeds(own: Served) -> None:
    own.post("/searches", what="save", name="Reefs", search="/search?q=coral+reef")
    [one] = own.site.community.searches.all("me")
    number = add_new(own)
    feed = own.client.get(f"/searches/{one.id}/feed.json").json()
    assert feed["title"].endswith("“Reefs”")
    assert feed["items"][0]["url"].rpartition("/")[2] == str(number)
    assert len(feed["items"]) == 4
    assert own.client.get(f"/searches/{one.id}/feed.atom").headers["content-type"].startswith("application/atom+xml")
    assert own.client.get("/searches/99/feed.atom").status_code == 400


def test_results_are_searched_within(site: Served) -> None:
    text = page(site.client, "/search?q=number+2&within=coral+reef")
    assert "/search?q=number+2" in text
    assert titles(text)[0].count("Coral reef acoustics number") or "2" in titles(text)[0]
    assert '<input type="hidden" name="within" value="coral reef">' in text
    assert '<input type="hidden" name="within" value="number 2">' in text
    moved = site.client.get("/search?within=coral+reef&within=number")
    assert moved.headers["location"] == "/search?q=number&within=coral+reef"


def test_results_are_only_those_of_the_outer_query(site: Served) -> None:
    def numbers(path: str) -> list[int]:
        return [int(part.partition('"')[0]) for part in page(site.client, path).split('data-paper="')[1:]]

    outer = numbers("/search?q=year:2026")
    assert sorted(numbers("/search?q=retrieval&within=year:2026")) == sorted(outer)
    assert len(outer) == 2


def test_lists_are_searched_among(own: Served) -> None:
    number = own.number("2601.00001")
    own.library.act("me", number, "save")
    shelf = page(own.client, "/search?q=retrieval&among=shelf:saved")
    assert shelf.count('<article class="card"') == 1
    assert "Saved" in shelf
    assert page(own.client, "/search?among=shelf:saved").count('<article class="card"') == 1
    wrong = own.client.get("/search?q=x&among=heap:saved")
    assert wrong.status_code == 400
    assert "shelf:…" in unescape(wrong.text)
    assert own.client.get("/search?q=x&among=organisation:nowhere").status_code == 400


def test_pages_of_lists_have_a_form_that_searches_them(own: Served) -> None:
    for arxiv in ("2601.00001", "2601.00002"):
        own.library.act("me", arxiv, "save")
        own.library.collect("me", "mine & yours", arxiv)
    assert '<input type="hidden" name="among" value="shelf:saved">' in page(own.client, "/library")
    collection = page(own.client, "/library?collection=mine+%26+yours")
    assert '<input type="hidden" name="among" value="collection:mine &amp; yours">' in collection
    assert '<input type="hidden" name="among" value="author:luis-mora">' in page(own.client, "/authors/luis-mora")
    found = page(own.client, "/search?q=pruning&among=author:luis-mora")
    assert found.count('<article class="card"') == 2
    assert "Luis Mora" in found


def test_the_api_saves_runs_and_deletes(own: Served) -> None:
    with httpx.Client(
        base_url=f"{own.url}/api/v1", headers={"Content-Type": "application/json"}, trust_env=False, timeout=None
    ) as api:
        saved = api.post("/searches", json={"name": "Reefs", "q": "acoustics", "within": ["coral reef"]}).json()
        assert (saved["q"], saved["within"], saved["new"]) == ("acoustics", ["coral reef"], 0)
        path = f"/searches/{saved['id']}"
        number = add_new(own)
        assert api.get("/searches").json()[0]["new"] == 1
        assert [paper["id"] for paper in api.get(f"{path}/new").json()] == [number]
        assert len(api.get(f"{path}/results?k=3").json()["results"]) == 3
        assert api.post(f"{path}/look", json={}).json() == {"done": True}
        assert api.get(path).json()["new"] == 0
        assert api.patch(path, json={"name": "Sounds"}).json()["name"] == "Sounds"
        deletion = api.request("DELETE", path, json={}).json()["deletion"]
        assert api.get(path).status_code == 400
        assert api.post(f"/deletions/{deletion}/restore", json={}).json() == {"papers": []}
        assert api.get(path).json()["name"] == "Sounds"
        within = api.get("/search", params={"q": "number", "within": ["coral reef", "year:2025"]}).json()
        assert within["total"] == 3
        assert api.get("/search", params={"q": "pruning", "among": "author:luis-mora"}).json()["total"] == 2


def test_members_have_searches_of_their_own(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    assert own_town.as_("").get("/searches").status_code == 401
    assert "Save this search" not in page(own_town.as_(""), "/search?q=coral")
    post(rita, "/searches", what="save", name="Reefs", search="/search?q=coral")
    [one] = own_town.site.community.searches.all("rita")
    assert otto.get(f"/searches/{one.id}").status_code == 400
    assert otto.get(f"/searches/{one.id}/feed.atom").status_code == 400
    assert "no saved search" in post(otto, "/searches", what="delete", number=str(one.id)).text
    post(rita, "/searches", what="delete", number=str(one.id))
    assert post(otto, "/deleted/restore", deletion="1").status_code == 400
    assert post(rita, "/deleted/restore", deletion="1", next="/searches").status_code == 303
    assert [saved.name for saved in own_town.site.community.searches.all("rita")] == ["Reefs"]


def test_members_restore_their_collections_and_nothing_else(own_town: Town) -> None:
    rita = own_town.as_("rita")
    post(rita, "/collections", what="create", name="mine")
    post(rita, "/collections", what="delete", name="mine")
    assert post(rita, "/deleted/restore", deletion="1", next="/library").status_code == 303
    assert own_town.library.collections("rita") == {"mine": ()}
    papers = own_town.library.delete("2601.00001")
    for number in (papers, 99):
        assert post(rita, "/deleted/restore", deletion=str(number)).status_code == 400
    assert post(own_town.as_("amos"), "/deleted/restore", deletion=str(papers)).status_code == 303


def test_the_archive_has_the_searches_and_their_feeds(own_town: Town) -> None:
    import io
    import zipfile

    rita = own_town.as_("rita")
    post(rita, "/searches", what="save", name="Reefs", search="/search?q=coral")
    with zipfile.ZipFile(io.BytesIO(post(rita, "/account/archive").content)) as file:
        assert '"name": "Reefs"' in file.read("rows/saved_searches.jsonl").decode()
        assert "/searches/1/feed.atom" in file.read("feeds.opml").decode()
