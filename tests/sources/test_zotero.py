"""The client of Zotero's API: versions, pages, refusals in plain words, and what a hostile server may not do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import MemoryStore
from broadsheet.sources.providers import zotero as module
from broadsheet.sources.providers.zotero import Rights, ZoteroLibrary, providers, rights
from tests.sources.network import START, FakeClock
from tests.sources.zotero_server import KEY, ZoteroServer, paper_item, papers, zotero_server

TOKEN = "0" * 32


@contextmanager
def asking(
    zotero: ZoteroServer, library: str = "users/12", key: str = KEY
) -> Iterator[tuple[ZoteroLibrary, FakeClock]]:
    clock = FakeClock()
    with PoliteClient(
        providers(zotero.url, zotero.url),
        user_agent="broadsheet/0",
        state=MemoryStore(),
        clock=clock.now,
        sleep=clock.sleep,
        rng=random.Random(7),
    ) as client:
        yield ZoteroLibrary(client, zotero.url, library, key=key), clock


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with zotero_server(papers(5), longest=2) as server:
        yield server


def test_pages_follow_the_link_and_versions_say_what_changed(zotero: ZoteroServer) -> None:
    zotero.put("P0000001", title="Changed")
    with asking(zotero) as (library, _):
        first = library.items(0, 0)
        assert (len(first.rows), first.version, first.total, first.following) == (2, 2, 5, 2)
        assert library.items(0, 4).following is None
        assert [row["key"] for row in library.items(1, 0).rows] == ["P0000001"]
        assert library.items(2, 0).unchanged
        assert library.versions(1) == ({"P0000001": 2}, 2)
        assert [row["key"] for row in library.items_of(["P0000003"]).rows] == ["P0000003"]
        assert library.keys("items") == set(zotero.items)
    queries = [seen.query for seen in zotero.log]
    assert queries[0] == {
        **{"since": "0", "limit": "100", "start": "0", "sort": "dateAdded", "direction": "asc"},
        "includeTrashed": "1",
    }
    assert zotero.log[0].headers["zotero-api-version"] == "3"
    assert "if-modified-since-version" not in zotero.log[0].headers


def test_what_was_deleted_is_told_by_the_web_and_not_by_a_local_zotero(zotero: ZoteroServer) -> None:
    zotero.collect("COLL0001", "One")
    zotero.delete("P0000001")
    zotero.delete("COLL0001")
    with asking(zotero) as (library, _):
        assert library.deleted(1) == (["P0000001"], ["COLL0001"])
        assert library.deleted(3) == ([], ["COLL0001"])
        assert library.collections(zotero.version) is None
    with zotero_server(papers(1), is_local=True) as here, asking(here, "local/users/0", "") as (library, _):
        assert library.deleted(0) is None
        assert library.keys("items") == {"P0000000"}


def test_items_are_made_once_and_never_in_a_library_that_has_changed(zotero: ZoteroServer) -> None:
    with asking(zotero) as (library, _):
        made = library.create([paper_item(7), {"title": "no type"}], 1, TOKEN)
        assert made is not None
        assert (made.version, list(made.keys), made.failed) == (2, [0], {1: "'itemType' property not provided"})
        assert library.create([paper_item(8)], 2, TOKEN) is None  # the same token
        assert library.create([paper_item(8)], 1, "1" * 32) is None  # an older version
        assert library.create_collection("New", "2" * 32) in zotero.collections
        with pytest.raises(SourceError, match="asked for twice"):
            library.create_collection("New", "2" * 32)
        with pytest.raises(SourceError, match="so many items"):
            library.create([paper_item(n) for n in range(51)], zotero.version, "3" * 32)


def test_a_key_says_what_it_may(zotero: ZoteroServer) -> None:
    with asking(zotero) as (library, _):
        found = rights(library._client, zotero.url, KEY)
        assert found == Rights(12, "ada", frozenset({"users/12", "groups/all"}), frozenset({"users/12"}))
        assert found.may(found.reads, "groups/7")
        assert not found.may(found.writes, "groups/7")
        with pytest.raises(SourceError, match="does not know this key") as refused:
            rights(library._client, zotero.url, "another-key")
    assert "another-key" not in str(refused.value)


def test_refusals_are_plain_and_park_nobody(zotero: ZoteroServer) -> None:
    with asking(zotero) as (library, clock):
        zotero.misbehave("items", "403")
        with pytest.raises(SourceError, match=r"Zotero refuses the key: .* \(Invalid key\)") as refused:
            library.items(0, 0)
        assert not isinstance(refused.value, ProviderParked)
        assert len(library.items(0, 0).rows) == 2  # another reader's key is not to blame
        assert max(clock.slept) <= 0.5
    with asking(zotero, "groups/9") as (library, _), pytest.raises(SourceError, match="has no such library"):
        library.items(0, 0)
    with asking(zotero) as (library, _):
        for name in ("", "users/x", "users/1/../2", "local/users/0/items", "groups/-1"):
            with pytest.raises(SourceError, match="names no Zotero library"):
                ZoteroLibrary(library._client, zotero.url, name)


def test_a_busy_zotero_is_waited_for_as_it_asks(zotero: ZoteroServer) -> None:
    with asking(zotero) as (library, clock):
        zotero.misbehave("items", "429", "", "backoff", "")
        library.items(0, 0)
        assert clock.time - START >= 3
        before = clock.time
        library.items(0, 0)
        library.items(0, 0)
        assert clock.time - before >= 7


def test_a_long_pause_leaves_it_alone_and_says_until_when(
    zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asking(zotero) as (library, clock):
        monkeypatch.setattr("broadsheet.sources.net.http.LONGEST_PATIENCE", 5.0)
        zotero.misbehave("items", "backoff")
        library.items(0, 0)
        with pytest.raises(ProviderParked, match="asks for a pause"):
            library.items(0, 0)
        clock.sleep(10)
        assert library.items(0, 0).rows


def test_cut_answers_are_asked_for_again(zotero: ZoteroServer) -> None:
    with asking(zotero) as (library, _):
        zotero.misbehave("items", "half", "")
        assert len(library.items(0, 0).rows) == 2
        zotero.misbehave("items", "half", "half")
        with pytest.raises(SourceError, match="cut or no JSON"):
            library.items(0, 0)
        zotero.misbehave("items", "cut", "cut", "")
        assert len(library.items(0, 0).rows) == 2


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"{}", "no list but dict"), (b"[" * 5000, "cut or no JSON"), (b"7", "no list but int"), (b"", "cut or no JSON")],
)
def test_rubbish_is_said_to_be_rubbish(
    zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch, body: bytes, what: str
) -> None:
    with asking(zotero) as (library, _):
        real = library._client.get
        monkeypatch.setattr(library._client, "get", lambda *a, **k: replace(real(*a, **k), body=body))
        with pytest.raises(SourceError, match=what):
            library.items(0, 0)


def test_hostile_headers_lead_nowhere(zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    links = (
        '<http://169.254.169.254/x?start=4>; rel="next"',
        '<http://h/?start=0>; rel="next"',
        '<http://h/?start=-5>; rel="next"',
        '<http://h/?start=99999999999>; rel="next"',
        "<<<>;rel=next",
    )
    with asking(zotero) as (library, _):
        real = library._client.get
        found = []
        for link in links:
            headers = {"link": link, "last-modified-version": "1e9", "total-results": "-1"}
            monkeypatch.setattr(library._client, "get", lambda *a, h=headers, **k: replace(real(*a, **k), headers=h))
            page = library.items(0, 0)
            found.append(page.following)
            assert (page.version, page.total) == (0, 0)
        assert found == [4, None, None, None, None]  # only the position counts, never the address
    assert {seen.what for seen in zotero.log} == {"items"}


def test_no_redirect_is_followed(zotero: ZoteroServer) -> None:
    rules = providers("https://api.zotero.org", "http://localhost:23119/api")
    assert [(one.follows, one.tries) for one in rules.values()] == [(False, 5), (False, 1)]
    assert module.SIZE == 100
    with asking(zotero) as (library, _), pytest.raises(SourceError, match="not a host of provider"):
        library._client.get("zotero", "http://169.254.169.254/latest")
