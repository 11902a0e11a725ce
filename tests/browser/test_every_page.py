"""Every page of a community as a visitor, a reader and an administrator see it: for axe-core in both themes on a phone
and a desk, for html-validate, and for who pays by the kilobyte. Every list has something in it."""

# long: one entry a page

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import broadsheet
from broadsheet.catalogue.community.mail_recipients import Preference
from broadsheet.community.actor import Actor, Role
from broadsheet.community.mail.links import Purpose
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.web.authorisation import ROLES
from tests.browser.test_quality import AXE, RUN_AXE, VALIDATOR, emulate
from tests.browser.walker import Walker, open_browser
from tests.web.members import PASSWORD, PEOPLE, Town, form_token, post, town
from tests.web.replayed import full_report
from tests.web.served import PAPERS

pytestmark = pytest.mark.browser

SEEN_BY = ("", "rita", "amos")
LARGEST = 150_000  # bytes a page: its HTML, style, script and pictures
NARROWEST = 320
FULL = 45  # papers in the largest edition
SETTINGS = """sign_up = "open"
[edition]
closes = "18:00"
[mail]
host = "127.0.0.1"
security = "none"
sender = "papers@example.org"
open_list = "yes"
"""
NO_PAGES = (  # files, fragments and answers for programs
    "/health", "/favicon.ico", "/robots.txt", "/sitemap.xml", "/sources/progress", "/pictures/{number:int}",
    "/replay/progress", "/atlas/names/{zoom:int}", "/atlas/tiles/{zoom:int}/{x:int}/{y:int}", "/atlas/points/{kind}",
    "/atlas/titles", "/atlas/papers/{number:int}",
    "/papers/{paper:paper_name}.md", "/feeds.opml", "/exchange/feeds.opml", "/connections/progress",
    "/exchange/takeout.zip",
)  # fmt: skip
VISITS: Mapping[str, tuple[str, ...]] = {  # route → addresses, of which {words} are made with the community
    "/": ("/",),
    "/catch-up": ("/catch-up?days=9",),
    "/search": ("/search", "/search?q=retrieval", "/search?q=zzzzqqqq+year:1850"),
    "/alerts": ("/alerts", "/alerts?kind=author&target=ada-lee", "/alerts?kind=cites&target=shelf:saved"),
    "/alerts/{number:int}": ("/alerts/1",),
    "/searches": ("/searches",),
    "/searches/{number:int}": ("/searches/1",),
    "/similar": ("/similar?like=1",),
    "/atlas": ("/atlas", "/atlas?q=retrieval"),
    "/atlas/regions/{number:int}": ("/atlas/regions/1",),
    "/paper/{number:int}": ("/paper/1", "/paper/3", "/paper/5"),
    "/paper/{name:path}": ("/paper/2601.00001",),
    "/paper/{number:int}/comments": ("/paper/1/comments?from=2",),
    "/papers": ("/papers", "/papers?field=information-retrieval", "/papers?field=nothing"),
    "/papers/date/{text}": ("/papers/date/2026-06-29", "/papers/date/2026-06-30", "/papers/date/2026-07-01"),
    "/papers/week/{text}": ("/papers/week/2026-W27",),
    "/papers/month/{text}": ("/papers/month/2026-07",),
    "/papers/calendar": ("/papers/calendar",),
    "/papers/calendar/{text}": ("/papers/calendar/2026", "/papers/calendar/1850"),
    "/papers/{paper:paper_name}": ("/papers/2601.00001",),
    "/subscribe": ("/subscribe",),
    "/subscribe/confirm/{token}": ("/subscribe/confirm/{confirm}",),
    "/mail/unsubscribe/{token}": ("/mail/unsubscribe/{stop}", "/mail/unsubscribe/guess"),
    "/mail/act/{token}": ("/mail/act/{act}",),
    "/mail/preferences/{token}": ("/mail/preferences/{prefer}",),
    "/api": ("/api",),
    "/sign-in": ("/sign-in",),
    "/sign-in/with/{key}": ("/sign-in/with/nobody",),
    "/sign-in/with/{key}/back": ("/sign-in/with/nobody/back",),
    "/sign-up": ("/sign-up",),
    "/sign-up/{code}": ("/sign-up/{sign_up}", "/sign-up/guess"),
    "/invitations/{code}": ("/invitations/{invitation}",),
    "/confirm/{code}": ("/confirm/{address}",),
    "/reset-password": ("/reset-password",),
    "/reset-password/{code}": ("/reset-password/{reset}",),
    "/comments/{number:int}": ("/comments/1", "/comments/2", "/comments/3"),
    "/tags": ("/tags",),
    "/tags/{name:path}": ("/tags/late%20interaction",),
    "/moderation": ("/moderation",),
    "/moderation/log": ("/moderation/log",),
    "/votes/rules": ("/votes/rules",),
    "/submissions/{number:int}": ("/submissions/1",),
    "/mail": ("/mail",),
    "/account/mail": ("/account/mail",),
    "/claims": ("/claims",),
    "/admin/claims": ("/admin/claims",),
    "/organisations": ("/organisations", "/organisations?q=nothing-is-called-so"),
    "/organisations/{key}": ("{organisation}",),
    "/members/{name}": ("/members/rita",),
    "/authors/{slug}": ("/authors/ada-lee", "/authors/luis-mora"),
    "/for-you": ("/for-you",),
    "/account": ("/account",),
    "/account/connect/{key}": ("/account/connect/nobody",),
    "/account/leave": ("/account/leave",),
    "/account/mentions": ("/account/mentions",),
    "/papers/{number:int}/report": ("/papers/1/report",),
    "/papers/{number:int}/moderate": ("/papers/1/moderate",),
    "/library": ("/library", "/library?collection=Reading+group", "/library?shelf=passed", "/library?shelf=changed"),
    "/about-feed": ("/about-feed",),
    "/interests": ("/interests",),
    "/interests/start": ("/interests/start",),
    "/interests/as-of": ("/interests/as-of?day=2026-06-30",),
    "/replay": ("/replay",),
    "/exchange": ("/exchange",),
    "/connections": ("/connections",),
    "/add": ("/add?url=https://arxiv.org/abs/2601.00001", "/add?url=https://doi.org/10.5555/x", "/add?url=x"),
    "/collections/delete": ("/collections/delete?name=Reading+group",),
    "/collections/{number:int}": ("/collections/{list}",),
    "/collections/{number:int}/missing": ("/collections/{list}/missing",),
    "/collections/shared/{key}": ("/collections/shared/{list_key}", "/collections/shared/guess"),
    "/groups": ("/groups",),
    "/groups/{number:int}": ("/groups/1",),
    "/groups/{number:int}/leave": ("/groups/1/leave",),
    "/groups/{number:int}/papers/{paper:int}": ("/groups/1/papers/1",),
    "/groups/join/{key}": ("/groups/join/{group_key}", "/groups/join/guess"),
    "/day/{text}": ("/day/2026-07-01",),
    "/submit": ("/submit",),
    "/submit/{number:int}": ("/submit/1", "/submit/13"),
    "/votes": ("/votes",),
    "/sources": ("/sources",),
    "/joined": ("/joined",),
    "/admin/mail": ("/admin/mail",),
    "/admin/accounts": ("/admin/accounts", "/admin/accounts?q=nobody-is-called-so"),
    "/admin/audit": ("/admin/audit",),
    "/admin/votes/{number:int}": ("/admin/votes/1",),
    "/papers/delete": ("/papers/delete?pick=1&pick=2",),
    "/deleted": ("/deleted",),
}
REFUSED = {"": "/account", "rita": "/moderation", "amos": "/nowhere"}


@dataclass
class Place:
    """A furnished community, and what its addresses are filled with."""

    town: Town
    words: dict[str, str]

    def addresses(self, name: str) -> list[str]:
        """The pages that a member may see, "" for a visitor, and one that they may not."""
        role = PEOPLE[name] if name else Role.visitor
        may = [path for path in VISITS if role.may(ROLES[f"GET {path}"])]
        found = [re.sub(r"\{(\w+)\}", lambda word: self.words[word[1]], one) for path in may for one in VISITS[path]]
        return [*found, REFUSED[name]]


def long_paper(n: int) -> Record:
    """A paper as long as papers are."""
    paper = Paper(
        title=f"A measured study of tidal attention and of the {n} ways in which it can be pruned without loss",
        abstract=f"Tidal attention has {n} heads, each with cost $O(n \\log n)$ where others have $O(n^2)$. "
        + "It is measured on three invented coasts, and keeps what it has read until the next flood. " * 15,
        authors=tuple(Person(f"Invented Author {i}", affiliations=("Example Institute",)) for i in range(9)),
        ids=Identifiers(arxiv=f"2606.{n:05d}", doi=f"10.5555/tidal.{n}"),
        venue="Proceedings of the Invented Conference on Tides",
        year=2026,
        submitted=date(2026, 6, 28),
        categories=(("cs.IR", "cs.CL", "stat.ML")[n % 3],),
    )
    return Record(paper, "invented", f"long-{n}", f"invented:long-{n}")


def picture() -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((900, 500)).save(buffer, "PNG")
    return buffer.getvalue()


def furnish(place: Town, now: list[datetime]) -> dict[str, str]:
    """Two days closed, one without papers, one open; discussion, reports, mail and accounts on their way."""
    rita, otto, amos = (place.as_(name) for name in ("rita", "otto", "amos"))
    editions = place.site.community.editions
    rita.post(
        "/submit/1",
        data={"csrf": form_token(rita), "reason": "Read Table 3 before you prune anything."},
        files={"picture": ("figure.png", picture(), "image/png")},
    )
    for number in (2, 3, 5, 6, 7, 8, 9):
        editions.enter(number, "pick", "cleo")
    for browser in (rita, otto):
        post(browser, "/papers/1/vote", vote="cast", page="edition", position="1")
    post(rita, "/papers/2/vote", vote="cast", page="edition", position="2")
    post(rita, "/votes/name", shown="yes")
    furnish_talk(place)
    for reader in (rita, amos):
        post(reader, "/papers/1/act", action="save")
        post(reader, "/papers/1/act", action="tag", value="to/read")
        post(reader, "/collections", what="create", name="Reading group")
        post(reader, "/collections", what="add", name="Reading group", paper="1")
        post(reader, "/account/tokens", name="my feed reader", **{"scopes[]": "feeds"})
        post(reader, "/account/invitations", note="for a colleague")
        post(reader, "/searches", what="save", search="/search?q=retrieval", name="Retrieval")
    words = {**furnish_lists(place), **furnish_groups(place), **furnish_replay(place), **furnish_interests(place)}
    post(rita, "/authors/ada-lee/claim", shown="yes")
    post(amos, "/authors/luis-mora/claim")
    post(amos, "/import", text="@article{b, author={Nobody}, year={2020}}")
    post(amos, "/papers/delete", **{"pick": "4", "sure": "yes"})
    post(amos, "/admin/votes/1", reader="otto", counted="no", reason="a second account of rita")
    post(amos, f"/admin/accounts/{place.number('otto')}/suspend", reason="advertisements")
    later = now[0]
    for days, papers in ((1, range(0)), (2, range(100, 100 + FULL))):
        later = now[0] = NOON + timedelta(days=days)
        editions.close_due(later)
        entered = place.library.add(*map(long_paper, papers)).paper_ids if papers else ()
        for number in entered:
            editions.enter(number, "source", "arXiv")
    editions.close_due(later)
    return {**addresses_in_mail(place), **words}


def furnish_talk(place: Town) -> None:
    """Comments, reports and hidden ones on paper 1, with a tag and a link."""
    rita, otto, cleo = (place.as_(name) for name in ("rita", "otto", "cleo"))
    text = "Does *Table 3* hold for $k > 2$?\n\n$$\\sum_i \\alpha_i$$\n\n- `train.py`\n- @cleo, @amos\n\n> quoted"
    post(otto, "/papers/1/comments", text=text)
    post(rita, "/papers/1/comments", text="It does, see the appendix", parent="1")
    post(rita, "/comments/2/edit", text="It does, see appendix B, @amos")
    post(otto, "/papers/1/comments", text="buy kelp " * 30)
    post(rita, "/comments/3/report", reason="an advertisement")
    post(rita, "/comments/1/report", reason="off topic")
    post(cleo, "/comments/3/hide", reason="an advertisement")
    post(rita, "/papers/1/report", reason="its tags are odd")
    post(rita, "/papers/1/tags", name="late interaction")
    post(otto, "/papers/1/links", kind="code", url="https://example.org/code")


def furnish_replay(place: Town) -> dict[str, str]:
    """A replay of rita's past, and a page of hers that two mixes share."""
    number = place.library.catalogue.readers.get("rita").id
    place.library.catalogue.readers.experiments.keep_replay(number, full_report("rita"))
    place.library.start_interleaving("rita", recency=0.6)
    return {}


def furnish_interests(place: Town) -> dict[str, str]:
    """Rita's interests: found, made, muted and deleted; and a muted word."""
    rita, steering = place.as_("rita"), place.library.steering
    post(rita, "/interests", what="make", kind="sentence", value="late interaction, no surveys")
    post(rita, "/interests", what="make", kind="author", value="Ada", name="An author")
    post(rita, "/interests", what="mute-thing", kind="word", value="pruning")
    post(rita, "/interests", what="mute", key="An author")
    found = [one for one in steering.view("rita").interests if one.stored.kind == "saves"]
    post(rita, "/interests", what="delete", key=found[-1].key)
    return {}


def furnish_groups(place: Town) -> dict[str, str]:
    """A group of rita and amos with an agenda, comments, saves and invitations; notes and highlights on paper 1."""
    rita, amos = place.as_("rita"), place.as_("amos")
    post(rita, "/groups", name="Reading on Tuesdays", about="We read *one* paper a week.")
    post(rita, "/groups", name="Nobody here yet")
    for name in ("amos", "cleo"):
        post(rita, "/groups/1", what="invite", name=name)
    post(amos, "/groups", what="accept", group="1")
    post(rita, "/groups/1", what="show")
    post(rita, "/papers/3/act", action="save")
    for paper in ("1", "2", "5"):
        post(rita, "/groups/1", what="nominate", paper=paper, why="It has $O(n)$ of everything.")
    post(amos, "/groups/1", what="vote", paper="2")
    post(rita, "/groups/1", what="pick", day="2026-07-14")
    post(rita, "/groups/1", what="pick", day="2026-06-29", paper="5")
    post(amos, "/papers/1/comments", text="Shall we begin with *Table 3*, @rita?", audience="group:1")
    post(rita, "/groups/1", what="share", collection=str(furnished_list(place)))
    post(rita, "/groups/1", what="open-link")
    abstract = place.library.paper(1).paper.abstract
    for reader in (rita, amos):
        post(reader, "/papers/1/comments", text="Compare it with **mine**.", audience="me")
        post(reader, "/papers/1/highlights", what="mark", quote=abstract[:80])
    circle = place.site.community.groups.get(Actor(Role.reader, "rita", place.number("rita")), 1)
    return {"group_key": circle.group.invite_key}


def furnished_list(place: Town) -> int:
    """The number of rita's reading list."""
    return place.site.community.reading_lists.get("rita", "Reading group").collection.id


def furnish_alerts(place: Town) -> None:
    """Alerts of readers with what they found, and a change of a paper that both saved."""
    for name in ("rita", "amos"):
        post(place.as_(name), "/alerts", what="make", kind="search", target="Retrieval", near="500")
    source, key, _, first = place.library.records("1")[0]
    second = replace(first, abstract=f"{first.abstract} Revised twice.", version=(first.version or 1) + 1)
    place.library.add(Record(second, source, key), Record(Paper("Retrieval of tides", "Invented."), "invented", "r"))
    place.site.community.alerts.run()


def furnish_lists(place: Town) -> dict[str, str]:
    """A reading list of rita's with everything a list has, which amos may edit."""
    rita, lists = place.as_("rita"), place.site.community.reading_lists
    number = furnished_list(place)
    path = f"/collections/{number}"
    for paper in ("2", "3"):
        post(rita, path, what="add", paper=paper)
    post(rita, path, what="section", paper="2", heading="For the first evening")
    post(rita, path, what="add-section", heading="Nothing yet")
    post(rita, path, what="remark", paper="2", remark="Read $O(n^2)$ twice; see Table 3.")
    post(rita, path, what="share", name="amos", may="edit")
    post(rita, path, what="open-link")
    return {"list": str(number), "list_key": lists.shares(number).link_key}


def addresses_in_mail(place: Town) -> dict[str, str]:
    """What the links have that are sent to people."""
    visitor, rita = place.as_(""), place.as_("rita")
    mail, recipients = place.site.community.mail, place.library.catalogue.community.mail_recipients
    chosen = Preference("daily", 7, "UTC")
    names = [f"subscriber {recipients.ask(f'{name}@example.org', chosen).id}" for name in ("ida", "ole")]
    recipients.confirm(int(names[0].split()[1]), None)
    reader = f"reader {place.site.community.accounts.named('rita').reader_id}"
    post(visitor, "/sign-up", email="new@example.org")
    post(visitor, "/reset-password", email="rita@example.org")
    post(rita, "/account/address", email="rita@elsewhere.example", password=PASSWORD)
    invited = re.search(r"/invitations/([\w.~-]+)", post(rita, "/account/invitations", note="another").text)
    assert invited
    links = {
        "sign_up": place.link("new@example.org"),
        "reset": place.link("rita@example.org"),
        "address": place.link("rita@elsewhere.example"),
    }
    organisation = re.search(r'href="(/organisations/[\w-]+)"', visitor.get("/organisations").text)
    assert organisation
    return {
        "organisation": organisation[1],
        **{word: path.rpartition("/")[2] for word, path in links.items()},
        "invitation": invited[1],
        "confirm": mail.links.make(Purpose.confirm, names[1]),
        "stop": mail.links.make(Purpose.stop, names[0]),
        "prefer": mail.links.make(Purpose.prefer, names[0]),
        "act": mail.links.make(Purpose.act, reader, action="save", paper_id=2),
    }


NOON = datetime(2026, 6, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The furnished community, on a Wednesday."""
    folder, now = tmp_path_factory.mktemp("every"), [NOON]
    with broadsheet.open(folder / "stocked", clock=lambda: now[0]) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
        library.atlas.build()
    with town(folder / "stocked", folder / "library", SETTINGS, clock=lambda: now[0]) as running:
        words = furnish(running, now)
        furnish_alerts(running)
        yield Place(running, words)


def test_every_route_that_shows_a_page_is_visited() -> None:
    routes = {path for method, _, path in (route.partition(" ") for route in ROLES) if method == "GET"}
    others = {path for path in routes if path.startswith(("/api/", "/reader/api/")) or path.endswith("{form}")}
    assert routes - others - set(NO_PAGES) == set(VISITS)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make browser` brings it")
@pytest.mark.timeout(1200)  # minutes on a busy machine: some seventy pages, each judged twice
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", SEEN_BY)
def test_no_page_has_a_barrier_a_sideways_scroll_or_too_much_weight(
    place: Place, tmp_path: Path, name: str, width: int
) -> None:
    code = AXE.read_text(encoding="utf-8")
    found: list[tuple[object, ...]] = []
    with open_browser(place.town.url, tmp_path / "profile") as driver:
        walker = Walker(driver, place.town.url)
        if name:
            walker.go("/sign-in")
            walker.one("#name").send_keys(name)
            walker.one("#password").send_keys(PASSWORD)
            walker.one("main form button").click()
            walker.until(lambda: walker.all(".member a[href='/account']"))
        for path in place.addresses(name):
            emulate(walker, NARROWEST)
            walker.go(path)
            if (breadth := walker.script("document.documentElement.scrollWidth")) > NARROWEST:
                found.append((path, "scrolls sideways", breadth))
            driver.execute_cdp_cmd("Runtime.evaluate", {"expression": code})
            for scheme in ("light", "dark"):
                emulate(walker, width, scheme)
                answer = driver.execute_async_script(RUN_AXE)
                found += [(path, rule, scheme, node) for rule, nodes in answer for node in nodes]
            if (weight := walker.script(WEIGHT)) > LARGEST:
                found.append((path, "weighs", weight))
            found += [(path, "asks elsewhere", url) for url in walker.foreign_requests()]
    assert not found, "\n".join(map(str, found))


@pytest.mark.skipif(not VALIDATOR.exists(), reason="html-validate is not installed; `make browser` brings it")
@pytest.mark.parametrize("name", SEEN_BY)
def test_the_markup_of_every_page_is_valid(place: Place, tmp_path: Path, name: str) -> None:
    client, paths = place.town.as_(name), place.addresses(name)
    for number, path in enumerate(paths):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code < 500, path
        assert answer.headers["content-type"].startswith("text/html"), path
        (tmp_path / f"{number}.html").write_bytes(answer.content)
    settings = tmp_path / ".htmlvalidate.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}))
    files = sorted(map(str, tmp_path.glob("*.html")))
    command = [str(VALIDATOR), "--config", str(settings), "--formatter", "json", *files]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    messages = [
        (paths[int(Path(report["filePath"]).stem)], message["ruleId"], message["message"], message["line"])
        for report in json.loads(told)
        for message in report["messages"]
    ]
    assert not messages, "\n".join(map(str, messages))


WEIGHT = """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((bytes, entry) => bytes + entry.decodedBodySize, 0)""".replace("\n", " ")
