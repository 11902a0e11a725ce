"""Alerts, and what changed since one read it: on pages, in feeds and in the API, for one reader and for members."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from broadsheet.catalogue import Event
from broadsheet.community.mail.links import Purpose
from broadsheet.kit.paper import Paper, Person, Record
from tests.clock import NOON
from tests.community.mailing import Clock
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.served import Served, served

LIMIT = 150_000


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def own(stocked: Path, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    shutil.copytree(stocked, tmp_path / "library")
    with served(tmp_path / "library", clock=clock) as running:
        yield running


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert Page(answer.text).faults == []
    assert len(answer.content) < LIMIT
    return answer.text


def author(own: Served) -> str:
    """The name of an author who is here."""
    return own.library.paper(1).paper.authors[0].name


def add_by(own: Served, name: str, title: str) -> int:
    own.library.add(Record(Paper(title, "Invented.", (Person(name),)), "invented", title))
    return own.library.newest


def revise(own: Served, clock: Clock, number: int = 1, **changes: object) -> None:
    """A later record of a paper, an hour later."""
    clock.tomorrow(hour=1)
    source, name, _, paper = own.library.records(str(number))[0]
    own.library.add(Record(replace(paper, **changes), source, name))  # type: ignore[arg-type]


def test_an_alert_is_made_with_its_threshold_in_sight_and_shows_what_it_finds(own: Served) -> None:
    name = author(own)
    assert "No alert yet" in page(own.client, "/alerts")
    form = page(own.client, f"/alerts?kind=author&target={name}")
    assert "every paper: <strong>" in form
    assert "nearer than 95 of 100 papers of the library: <strong>" in form
    made = own.post("/alerts", what="make", kind="author", target=name, name="They", near="0", mail="no")
    assert made.headers["location"] == "/alerts/1?done=make-alert"
    assert "Nothing yet. It looks at papers that come from" in page(own.client, "/alerts/1?done=make-alert")
    number = add_by(own, name, "A new paper by them")
    own.site.community.alerts.run()
    assert "1 new</a>" in page(own.client, "/alerts")
    shown = page(own.client, "/alerts/1")
    assert f'href="/paper/{number}"' in shown
    assert "1 found, 1 new" not in page(own.client, "/alerts")
    assert "Seen all of it" in page(own.client, "/alerts/1")  # a look alone changes nothing
    own.post("/alerts", what="look", number="1")
    assert "Seen all of it" not in page(own.client, "/alerts/1")


def test_an_alert_is_changed_paused_and_deleted(own: Served) -> None:
    name = author(own)
    own.post("/alerts", what="make", kind="author", target=name)
    fields = {"near": "900", "mail": "weekly", "hook_url": "https://chat.example.org/x", "hook_shape": "slack"}
    assert own.post("/alerts/1", name="Weekly", **fields).status_code == 303
    alert = own.site.community.alerts.get("me", 1)
    assert (alert.name, alert.near, alert.mail, alert.hook_shape) == ("Weekly", 900, "weekly", "slack")
    text = page(own.client, "/alerts/1")
    assert 'value="900" checked' in text
    for what, words in (("pause", "The alert is paused."), ("resume", "The alert goes on.")):
        answer = own.post("/alerts", what=what, number="1")
        assert words in page(own.client, answer.headers["location"])
    own.post("/alerts", what="delete", number="1")
    assert "No alert yet" in page(own.client, "/alerts")
    assert own.client.get("/alerts/1").status_code == 400


def test_what_cannot_be_an_alert_is_said_on_the_page(own: Served) -> None:
    assert "no author" in page(own.client, "/alerts?kind=author&target=Nobody+At+All")
    assert "say which papers are yours" in page(own.client, "/alerts?kind=cites")
    assert "is no kind" in page(own.client, "/alerts?kind=%3Cscript%3E&target=x")
    for fields in ({"what": "make", "kind": "author", "target": "Nobody"}, {"what": "fly"}, {"what": "pause"}):
        assert own.post("/alerts", **fields).status_code == 400
    assert own.client.post("/alerts", data={"what": "delete", "number": "1"}).status_code == 403
    assert own.post("/alerts", what="make", kind="author", target=author(own), near="5000").status_code in {400, 422}


def test_papers_that_cite_ones_own_name_what_they_cite(own: Served) -> None:
    own.library.act("me", 1, "save")
    title = own.library.paper(1).paper.title
    form = page(own.client, "/alerts?kind=cites&target=shelf:saved")
    assert "says in its record what it cites" in form
    own.post("/alerts", what="make", kind="cites", target="shelf:saved", name="Cited")
    own.library.add(Record(Paper("It cites", extra={"references": [own.library.paper(1).paper.ids.arxiv]}), "i", "c"))
    own.site.community.alerts.run()
    text = page(own.client, "/alerts/1")
    assert 'Cites <a href="/paper/1">' in text
    assert title.split()[0] in text
    assert "1 of the" in page(own.client, "/alerts?kind=cites&target=shelf:saved")


def test_links_to_alerts_stand_where_they_are_needed(own: Served) -> None:
    own.post("/searches", what="save", search="/search?q=retrieval", name="Retrieval")
    assert 'href="/alerts?kind=search&amp;target=1"' in page(own.client, "/searches")
    assert "Alert me of new papers" in page(own.client, f"/authors/{author(own).lower().replace(' ', '-')}")
    assert 'href="/alerts"' in page(own.client, "/about-feed")


def test_feeds_have_each_paper_once_and_each_change_once(own: Served, clock: Clock) -> None:
    name = author(own)
    for called in ("one", "two"):
        own.post("/alerts", what="make", kind="author", target=name, name=called)
    add_by(own, name, "A new paper by them")
    own.site.community.alerts.run()
    for path, words in (("/alerts/feed", "Found by"), ("/alerts/1/feed", "Found by one")):
        items = own.client.get(f"{path}.json").json()["items"]
        assert [item["title"] for item in items] == ["A new paper by them"]
        assert words in items[0]["content_html"]
        assert own.client.get(f"{path}.atom").text.count("<entry>") == 1
    own.library.act("me", 1, "save")
    ids = []
    for text in ("First.", "<b>Second</b> & last."):
        revise(own, clock, abstract=text)
        [item] = own.client.get("/library/changed/feed.json").json()["items"]
        ids.append(item["id"])
        assert "New version" in item["content_html"]
    assert "<ins>&lt;b&gt;Second&lt;/b&gt; &amp; last.</ins>" in item["content_html"]
    assert len(set(ids)) == 2
    assert own.client.get("/library/changed/feed.rss").status_code == 200
    assert own.client.get("/alerts/feed.pdf").status_code == 400


def test_a_change_is_on_the_papers_page_and_in_the_library_until_it_is_seen(own: Served, clock: Clock) -> None:
    own.library.act("me", 1, "save")
    assert "Changed since you" not in page(own.client, "/paper/1")
    revise(own, clock, abstract="An <i>abstract</i> that is new.", version=7)
    text = page(own.client, "/paper/1")
    assert "Changed since you saved it" in text
    assert "<ins>An &lt;i&gt;abstract&lt;/i&gt; that is new.</ins>" in text
    assert "New version 7" in text
    assert '<a href="/library?shelf=changed">Changed since you read it</a> <span>1</span>' in page(
        own.client, "/library"
    )
    assert "<del>" in page(own.client, "/library?shelf=changed")
    assert "1 paper changed since you read it" in page(own.client, "/alerts")
    answer = own.post("/library/changed", paper="1", next="/paper/1")
    assert answer.headers["location"] == "/paper/1?done=see-changes"
    assert "Changed since you" not in page(own.client, "/paper/1")
    assert "Nothing has changed since." in page(own.client, "/library?shelf=changed")


def test_many_changes_are_pages_and_one_press_sees_them_all(own: Served, clock: Clock) -> None:
    records = [Record(Paper(f"Study {n}", "Invented."), "invented", f"study {n}") for n in range(25)]
    numbers = own.library.catalogue.papers.add(records).paper_ids
    own.library.catalogue.readers.log(own.library.reader("me").id, [Event("save", number) for number in numbers])
    clock.tomorrow(hour=1)
    later = [replace(one, paper=replace(one.paper, abstract="word " * 300)) for one in records]
    own.library.catalogue.papers.add(later)
    assert "25 papers" in page(own.client, "/library?shelf=changed")
    assert 'rel="next"' in page(own.client, "/library?shelf=changed")
    assert page(own.client, "/library?shelf=changed&page=2").count("<ins>") == 5
    own.post("/library/changed")
    assert "0 papers" in page(own.client, "/library?shelf=changed")


def test_the_api_does_what_the_pages_do(own: Served, clock: Clock) -> None:
    name, api = author(own), own.client
    made = api.post("/api/v1/alerts", json={"kind": "author", "target": name, "name": "They", "near": 0, "mail": "no"})
    assert made.status_code == 200, made.text
    assert (made.json()["name"], made.json()["webhook"], made.json()["new"]) == ("They", False, 0)
    assert made.json()["brings"]["words"]
    rates = api.get("/api/v1/alerts/rates", params={"kind": "author", "target": name}).json()
    assert [rate["near"] for rate in rates] == [0, 50, 75, 90, 95, 98, 99, 99.5]
    number = add_by(own, name, "A new paper by them")
    own.site.community.alerts.run()
    [hit] = api.get("/api/v1/alerts/1/papers").json()
    assert (hit["paper"]["id"], hit["is_new"], hit["cites"]) == (number, True, None)
    assert api.post("/api/v1/alerts/1/look", json={}).status_code == 200
    assert [one["new"] for one in api.get("/api/v1/alerts").json()] == [0]
    secret = {"webhook": "https://chat.example.org/secret", "shape": "slack", "paused": True, "near": 90.5}
    changed = api.patch("/api/v1/alerts/1", json=secret).json()
    assert (changed["webhook"], changed["near"], bool(changed["paused_at"])) == (True, 90.5, True)
    assert "secret" not in str(changed)
    assert api.patch("/api/v1/alerts/1", json={"paused": False}).json()["paused_at"] is None
    for wrong in ({"mail": "hourly"}, {"near": 100}, {"nothing": 1}):
        assert api.patch("/api/v1/alerts/1", json=wrong).status_code in {400, 422}
    own.library.act("me", 1, "save")
    revise(own, clock, abstract="New.")
    [change] = api.get("/api/v1/changes").json()
    assert (change["what"], change["differences"]["abstract"][-1]) == (["New version"], ["in", "New."])
    assert api.post("/api/v1/changes/seen", json={"papers": [1]}).json() == {"seen": 1}
    assert api.get("/api/v1/changes").json() == []
    assert api.delete("/api/v1/alerts/1", headers={"Content-Type": "application/json"}).status_code == 200
    assert api.get("/api/v1/alerts/1").status_code == 400


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(stocked, tmp_path_factory.mktemp("told") / "library", 'url = "https://papers.example.org"') as running:
        yield running


def test_members_see_their_own_alerts_and_visitors_none(place: Town) -> None:
    rita, otto, visitor = (place.as_(name) for name in ("rita", "otto", ""))
    name = place.library.paper(1).paper.authors[0].name
    assert post(rita, "/alerts", what="make", kind="author", target=name, name="Private").status_code == 303
    number = place.site.community.alerts.all("rita")[0].id
    assert "Private" in page(rita, "/alerts")
    assert "Private" not in page(otto, "/alerts")
    for path in (f"/alerts/{number}", f"/alerts/{number}/feed.atom", f"/api/v1/alerts/{number}"):
        assert otto.get(path).status_code == 400
        assert visitor.get(path, follow_redirects=False).status_code in {303, 401}
    assert post(otto, "/alerts", what="delete", number=str(number)).status_code == 400
    assert post(otto, f"/alerts/{number}", name="Mine").status_code == 400
    assert [one.name for one in place.site.community.alerts.all("rita")] == ["Private"]
    assert "Changed since you" not in page(visitor, "/paper/1")


def test_whoever_has_claimed_a_name_needs_to_say_no_more(place: Town) -> None:
    cleo = place.as_("cleo")
    assert "claim your name" in page(cleo, "/alerts?kind=cites")
    person = place.site.community.people.named(place.library.paper(1).paper.authors[0].name)
    account = place.site.community.accounts.named("cleo")
    claims = place.library.catalogue.community.claims
    claims.decide(claims.add(account.id, person.key, person.name, is_shown=False), "confirmed", by="amos")
    assert f"citing {person.name}" in page(cleo, "/alerts?kind=cites")
    assert post(cleo, "/alerts", what="make", kind="cites").status_code == 303
    cited = Paper("It cites", extra={"references": [place.library.paper(1).paper.ids.arxiv]})
    place.library.add(Record(cited, "invented", "citing"))
    place.site.community.alerts.run()
    assert place.site.community.alerts.unseen("cleo") == 1


def test_a_link_of_a_mail_ends_the_mail_of_alerts_with_one_click(place: Town) -> None:
    otto = place.as_("otto")
    name = place.library.paper(1).paper.authors[0].name
    post(otto, "/alerts", what="make", kind="author", target=name, name="By mail", mail="once")
    reader = place.library.catalogue.readers.get("otto").id
    token = place.site.community.mail.links.make(Purpose.alerts, f"reader {reader}")
    visitor = place.browser()
    assert "The mail of your alerts ends at once" in page(visitor, f"/mail/unsubscribe/{token}")
    assert [one.mail for one in place.site.community.alerts.all("otto")] == ["once"]
    assert visitor.post(f"/mail/unsubscribe/{token}", content="List-Unsubscribe=One-Click").status_code == 200
    assert [one.mail for one in place.site.community.alerts.all("otto")] == ["no"]
    assert visitor.post(f"/mail/unsubscribe/{token[:-2]}xx").status_code == 400
