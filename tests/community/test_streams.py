"""What a reader follows: streams of every kind, the programs that read them, and what is read and starred."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.exchange import followed_pages
from broadsheet.community.exchange.private_feeds import LIST
from broadsheet.community.exchange.reading import LABEL, READ, READING_LIST, STARRED, Reading
from broadsheet.community.exchange.streams import KINDS, papers_of, stream_named, streams
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Identifiers, Paper, Record
from broadsheet.pipeline.library import Library
from tests.clock import ticking

SUBJECTS = ("tides of the moon", "bread of rye")


def paper(n: int, subject: str) -> Paper:
    text = f"A study of {subject}, part {n}."
    return Paper(title=f"On {subject} {n}", abstract=text, ids=Identifiers(arxiv=f"2601.{n:05d}"), year=2026)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        records = [paper(n, SUBJECTS[n % 2]) for n in range(1, 21)]
        library.add(*(Record(one, "invented", f"inv-{n}") for n, one in enumerate(records)))
        yield library


@pytest.fixture
def community(library: Library) -> Community:
    return Community(library)


def keys(community: Community) -> list[str]:
    return [stream.key for stream in streams(community, "me")]


def numbers(community: Community, key: str, most: int = 50) -> list[int]:
    stream = stream_named(community, "me", key)
    assert stream is not None
    return [number for number, _ in papers_of(community, "me", stream, most)]


def test_a_reader_who_did_nothing_follows_the_page_and_an_empty_shelf(community: Community) -> None:
    assert keys(community) == ["page", "saved"]
    assert len(numbers(community, "page")) == 20
    assert numbers(community, "saved") == []
    assert stream_named(community, "me", "tag:none") is None
    assert stream_named(community, "me", "") is None
    assert stream_named(community, "me", "interest:p1") is None


def test_every_kind_lists_what_came_last_first(community: Community, library: Library) -> None:
    for number in (2, 4, 6):
        library.act("me", number, "save")
        library.act("me", number, "tag", "t: odd/name?")
        library.collect("me", "Moon", number)
    saved = community.searches.save("me", "rye", SearchTerms("rye"))
    alert = community.alerts.make("me", "search", "rye")
    found = keys(community)
    assert {"page", "saved", f"search:{saved.id}", f"alert:{alert.id}", "tag:t: odd/name?"} <= set(found)
    assert len(found) == len(set(found))
    assert numbers(community, "saved") == [6, 4, 2]
    assert numbers(community, "saved", 2) == [6, 4]
    assert numbers(community, "tag:t: odd/name?") == [6, 4, 2]
    [collection] = [key for key in found if key.startswith("collection:")]
    assert numbers(community, collection) == [6, 4, 2]
    library.rename_collection("me", "Moon", "Earth")
    assert numbers(community, collection) == [6, 4, 2]  # a new name changes no address
    library.delete_collection("me", "Earth")
    assert stream_named(community, "me", collection) is None
    library.create_collection("me", "Another")
    assert collection not in keys(community)  # which has the number of the one before, perhaps, but not its key
    assert len(numbers(community, f"search:{saved.id}")) == 10
    assert [kind.name for kind in KINDS if kind.is_own] == ["saved", "tag", "collection"]


def test_an_interest_keeps_its_feed_when_it_is_stored(community: Community, library: Library) -> None:
    for number in (2, 4, 6, 8):
        library.act("me", number, "save")
    first = next(key for key in keys(community) if key.startswith("interest:"))
    papers = numbers(community, first)
    assert papers
    assert set(papers) <= {item.stored.id for item in community.followed_page("me")}
    name = next(stream.title for stream in streams(community, "me") if stream.key == first)
    library.steering.rename("me", name, "Moon things")
    now = next(key for key in keys(community) if key.startswith("interest:"))
    old = stream_named(community, "me", first)
    assert old is not None
    assert (old.title, old.key) == ("Moon things", first)
    assert [one for one, _ in papers_of(community, "me", old, 50)] == numbers(community, now)
    library.steering.set_state("me", "Moon things", "muted")
    assert not any(key.startswith("interest:") for key in keys(community))


def test_the_page_that_is_followed_is_ranked_once_for_a_state(
    community: Community, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, real = [], library.feed

    def feed(*args: object, **options: object) -> object:
        calls.append(args)
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "feed", feed)
    monkeypatch.setattr(followed_pages, "_SECONDS", 1e9)
    first = community.followed_page("me")
    assert community.followed_page("me") is first
    library.act("me", 3, "save")
    assert 3 not in {item.stored.id for item in community.followed_page("me")}
    assert len(calls) == 2


def test_programs_are_let_in_by_a_password_of_their_own(community: Community, library: Library) -> None:
    programs = community.programs
    secret = programs.create("me", "  A phone  ")
    [one] = programs.all("me")
    assert (one.name, one.used_at) == ("A phone", None)
    assert programs.sign_in("me", secret.replace("-", " ").upper(), "192.0.2.1") == secret.replace("-", "")
    assert programs.all("me")[0].used_at is not None
    actor = programs.actor_of(secret, "192.0.2.1")
    assert actor is not None
    assert (actor.reader, str(actor.role), actor.account_id) == ("me", "reader", None)
    assert programs.actor_of("", "192.0.2.1") is None
    assert programs.actor_of("x" * 500, "192.0.2.1") is None
    with pytest.raises(UsageError, match="Name the program"):
        programs.create("me", " ")
    for _ in range(49):
        programs.create("me", "more")
    with pytest.raises(UsageError, match="50 programs at most"):
        programs.create("me", "one too many")
    programs.revoke("me", one.id)
    assert programs.actor_of(secret, "192.0.2.1") is None
    with pytest.raises(UsageError, match="no such program"):
        programs.revoke("me", one.id)
    library.create_reader("other")
    with pytest.raises(UsageError, match="no such program"):
        programs.revoke("other", programs.all("me")[0].id)


def test_addresses_are_made_once_and_open_nothing_after_they_are_revoked(community: Community) -> None:
    feeds = community.private_feeds
    feeds.make("me", "page")
    path = {one.stream.key: one.path for one in feeds.all("me")}["page"]
    feeds.make("me")
    everything = {one.stream.key: one.path for one in feeds.all("me")}
    assert everything["page"] == path
    assert everything[LIST.key]
    token = path.rpartition("/")[2]
    opened = feeds.opened(token)
    assert opened is not None
    assert (opened[0], opened[1].key) == ("me", "page")
    feeds.revoke("me", "page")
    assert feeds.opened(token) is None
    for key in ("page", "nothing"):
        with pytest.raises(UsageError, match="there is no feed"):
            feeds.revoke("me", key)
    with pytest.raises(UsageError, match="there is no feed"):
        feeds.renew("me", "nothing")
    feeds.renew("me", "page")
    assert feeds.opened(token) is None
    for forged in ("", "1", token[:-1], token + "0", "2" + token, f"{token}\n", token.upper()):
        with pytest.raises(UsageError, match="no address"):
            feeds.opened(forged)


def test_addresses_of_another_library_open_nothing(community: Community, tmp_path: Path) -> None:
    community.private_feeds.make("me")
    with broadsheet.open(tmp_path / "other") as other:
        theirs = Community(other).private_feeds
        theirs.make("me")
        token = next(one.path for one in theirs.all("me") if one.path).rpartition("/")[2]
    with pytest.raises(UsageError, match="no address"):
        community.private_feeds.opened(token)


def test_what_is_read_anywhere_is_read(community: Community, library: Library) -> None:
    library.act("me", 1, "open")
    library.act("me", 2, "up")
    library.act("me", 3, "tag", "mine")
    library.act("me", 20, "tag", "mine")
    reading = Reading(community, "me")
    page = set(reading.items("feed/page"))
    assert {1, 2} & page == set()  # what was opened or rated leaves the page
    assert {3, 20} <= set(reading.items("feed/tag:mine"))
    assert set(reading.items(READ)) == {number for number in (3, 20) if number not in page}
    reading.mark([5, 5, 999], [READ], [])
    assert library.state("me").opened.keys() == {1, 5}
    reading = Reading(community, "me")
    reading.mark([6, 7], [READ], [])
    reading = Reading(community, "me")
    assert {5, 6, 7} <= set(reading.items(READ))
    assert library.state("me").opened.keys() == {1, 5}
    reading.mark([6], ["user/1/state/com.google/kept-unread"], [])
    assert 6 not in Reading(community, "me").items(READ)
    with pytest.raises(UsageError, match="there is no stream"):
        reading.items("nonsense")


def test_stars_are_saves_and_marks_move_with_merged_papers(community: Community, library: Library) -> None:
    Reading(community, "me").mark([5], [STARRED, f"{LABEL}later"], [])
    Reading(community, "me").mark([6], [READ], [])
    assert list(library.state("me").saved) == [5]
    assert library.state("me").tags == {"later": frozenset({5})}
    both = Paper(title="On both", ids=Identifiers(arxiv="2601.00006", doi="10.5555/x"), year=2026)
    library.add(Record(Paper(title="On both", ids=Identifiers(doi="10.5555/x"), year=2026), "other", "o-1"))
    absorbed = library.resolve("10.5555/x")
    Reading(community, "me").mark([absorbed], [READ], [])
    library.add(Record(both, "third", "t-1"))
    survivor = library.resolve("2601.00006")
    marks = library.catalogue.community.exchange.read_marks(library.reader("me").id)
    assert marks[survivor]
    assert absorbed == survivor or absorbed not in marks
    deletion = library.delete(5)
    assert 5 not in Reading(community, "me").items(READING_LIST)
    [back] = library.restore(deletion)
    assert back in Reading(community, "me").items(STARRED)
    assert library.check().ok


def test_marking_all_leaves_what_came_later(community: Community, library: Library) -> None:
    community.searches.save("me", "rye", SearchTerms("rye"))
    before = Reading(community, "me").items("feed/search:1")
    until = max(before.values())
    library.add(Record(paper(99, "bread of rye"), "invented", "inv-99"))
    Reading(community, "me").mark_all("feed/search:1", until)
    reading = Reading(community, "me")
    unread = [number for number in reading.items("feed/search:1") if number not in reading.read]
    assert unread == [library.newest]
    assert reading.items("feed/search:1")[library.newest] > until
    Reading(community, "me").mark_all(READING_LIST, until + timedelta(days=1))
    reading = Reading(community, "me")
    assert set(reading.items(READING_LIST)) <= reading.read
    days = library.catalogue.readers.whole_log(library.reader("me").id)
    assert {one.kind for one in days} == {"impression"}  # seen, and nothing else
    assert library.catalogue.readers.last_shown(library.reader("me").id, until.date() + timedelta(days=9)) is None
