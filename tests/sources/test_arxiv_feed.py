from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.arxiv_feed import ArxivFeed
from tests.sources.network import FakeClock, client_of, records, rejected
from tests.sources.provider import FakeProvider, Invented, provider

TODAY = date(2026, 3, 20)
PAPERS = (
    Invented("2603.00001", "A new paper", "About <x> & y.", doi="10.1234/a"),
    Invented("2603.00002", "A cross-listed paper", announce="cross", categories=("cs.LG", "cs.IR")),
    Invented("2511.00003", "A replaced paper", announce="replace", version=3, authors=((r"Andr\'e", "Ex'ample"),)),
)


def read(
    server: FakeProvider,
    *categories: str,
    shape: str = "atom",
    cursors: dict[str, str] | None = None,
    clock: FakeClock | None = None,
) -> tuple[list[Item], int]:
    """(items, pages) of one sync; cursors are committed with their page."""
    clock, cursors = clock or FakeClock(), {} if cursors is None else cursors
    url = server.endpoints.arxiv_feed.replace("/atom", f"/{shape}")
    items: list[Item] = []
    pages = 0
    with client_of(server, clock) as client:
        for page in ArxivFeed(client, categories or ("cs.IR",), base_url=url).pages(cursors.get):
            items += page.items
            pages += 1
            if page.cursor:
                cursors.update([page.cursor])
    return items, pages


@pytest.mark.parametrize("shape", ["atom", "rss"])
def test_announcements(shape: str) -> None:
    with provider(PAPERS) as server:
        items, _ = read(server, "cs.IR", "cs.LG", shape=shape)
    assert server.log[0].path == f"/feed/{shape}/cs.IR+cs.LG"
    assert [item.source_id for item in records(items)] == ["2603.00001", "2603.00002", "2511.00003"]
    assert {item.source for item in items} == {"arxiv-feed"}
    new, cross, replaced = (item.paper for item in records(items))
    assert (new.title, new.abstract) == ("A new paper", "About <x> & y.")
    assert [author.name for author in new.authors] == ["Ada Example", "José Sample"]
    assert (new.announced, new.updated, new.version) == (TODAY, None, 1)
    assert (cross.announced, cross.categories) == (TODAY, ("cs.LG", "cs.IR"))
    assert (replaced.announced, replaced.updated, replaced.version) == (None, TODAY, 3)
    assert replaced.authors[0].name == "André Ex'ample"
    assert [paper.extra["announce_type"] for paper in (new, cross, replaced)] == ["new", "cross", "replace"]
    assert new.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert new.urls == ("https://arxiv.org/abs/2603.00001",)


def test_an_unchanged_feed_is_not_read_again() -> None:
    cursors: dict[str, str] = {}
    with provider(PAPERS) as server:
        assert read(server, cursors=cursors)[1] == 1
        assert read(server, cursors=cursors) == ([], 0)
        server.records = PAPERS[:1]
        assert len(read(server, cursors=cursors)[0]) == 1
    assert list(cursors) == ["arxiv-feed:cs.IR"]
    assert "If-None-Match" in server.log[1].headers


def test_an_empty_feed_is_a_quiet_day() -> None:
    with provider(()) as server:
        assert read(server) == ([], 1)


def test_an_unknown_category_is_an_error() -> None:
    with provider(PAPERS) as server, pytest.raises(SourceError, match=r"Feed error for query: cs\.ZZ"):
        read(server, "cs.ZZ")


def test_a_cut_feed_is_asked_for_once_more() -> None:
    cursors: dict[str, str] = {}
    with provider(PAPERS, {"feed": ["truncated", "", "truncated", "truncated"]}) as server:
        items, _ = read(server)
        assert [type(item) for item in items] == [Record] * 3
        items, _ = read(server, cursors=cursors)
    assert len(server.log) == 4
    assert 1 <= sum(isinstance(item, Record) for item in items) < 3
    assert isinstance(items[-1], Rejected)
    assert cursors == {}  # so that it is read whole next time


@pytest.mark.parametrize(("fault", "reason"), [("bomb", "no feed"), ("wrong-type", "no feed"), ("empty", "no feed")])
def test_what_is_no_feed_is_quarantined(fault: str, reason: str) -> None:
    cursors: dict[str, str] = {}
    with provider(PAPERS, {"feed": [fault, fault]}) as server:
        items, _ = read(server, cursors=cursors)
    assert len(items) == 1
    assert reason in rejected(items)[0].reason
    assert cursors == {}


def test_a_bomb_inside_a_feed_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><feed><entry><id>&b;</id></entry></feed>'
    with provider(PAPERS, {"feed": [bomb, bomb]}) as server:
        items, _ = read(server)
    assert [item.reason.split(" (")[0] for item in rejected(items)] == [
        "document type or entity declarations are not accepted"
    ]


def test_any_answer_gives_items_or_a_source_error() -> None:
    with provider(PAPERS) as server:
        whole = server.answer("feed", "atom/cs.IR", [], "")[1].encode()
        cuts = st.tuples(st.integers(0, len(whole)), st.binary(max_size=20), st.integers(0, len(whole)))

        @settings(max_examples=80, deadline=None)
        @given(st.binary(max_size=300) | cuts.map(lambda m: whole[: m[0]] + m[1] + whole[m[2] :]))
        def check(answer: bytes) -> None:
            server.behave()
            server.misbehave("feed", answer, answer)
            items: list[Item] = []
            with suppress(SourceError):
                items, _ = read(server, cursors={"arxiv-feed:cs.IR": "[1"})
            assert all(isinstance(item, Record | Rejected) for item in items)

        check()
