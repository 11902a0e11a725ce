"""What readers take to other programs, as it is stored: addresses, programs, arrivals in streams, marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.exchange import ExchangeTables
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Record

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.db", create=True, clock=lambda: NOON)
    for name in ("ada", "bo"):
        opened.readers.get(name, create=True)
    opened.papers.add([Record(Paper(title=f"Paper {n}"), "x", str(n)) for n in range(1, 6)])
    yield opened
    opened.close()


@pytest.fixture
def tables(catalogue: Catalogue) -> ExchangeTables:
    return catalogue.community.exchange


def test_a_feed_is_made_once_renewed_and_revoked_for_its_reader_alone(tables: ExchangeTables) -> None:
    tables.add_feeds(1, ["page", "tag:a"])
    tables.add_feeds(2, ["page"])
    tables.add_feeds(1, ["page"])
    page, tag = tables.feeds(1)
    assert (page.stream, page.generation, page.is_open, page.created_at, page.fetched_at) == (
        "page",
        1,
        True,
        NOON,
        None,
    )
    tables.renew_feed(1, "page")
    tables.revoke_feed(1, "tag:a")
    assert [(one.generation, one.is_open) for one in tables.feeds(1)] == [(2, True), (2, False)]
    assert [(one.generation, one.is_open) for one in tables.feeds(2)] == [(1, True)]
    tables.renew_feed(1, "tag:a")
    assert [(one.id, one.generation, one.is_open) for one in tables.feeds(1)] == [(page.id, 2, True), (tag.id, 3, True)]
    tables.renew_feed(1, "nothing")
    assert len(tables.feeds(1)) == 2
    tables.note_fetched(page.id)
    found = tables.feed(page.id)
    assert found is not None
    assert (found[0].fetched_at, found[1]) == (NOON, "ada")
    assert tables.feed(999) is None
    assert tables.feeds(999) == []


def test_the_number_of_a_feed_is_never_given_again(catalogue: Catalogue, tables: ExchangeTables) -> None:
    tables.add_feeds(2, ["page"])
    number = tables.feeds(2)[0].id
    catalogue.community.belongings.remove(2, with_comments=False)
    assert tables.feed(number) is None
    catalogue.readers.get("bo", create=True)
    tables.add_feeds(3, ["page"])
    assert tables.feeds(3)[0].id > number


def test_programs_are_found_by_what_they_show(tables: ExchangeTables) -> None:
    tables.add_program(1, "  Phone\x00 " + "x" * 200, "hash-1")
    tables.add_program(2, "Desk", "hash-2")
    holder = tables.holder("hash-1")
    assert holder is not None
    assert (holder.reader, holder.account_id, holder.email, len(holder.program.name)) == ("ada", None, "", 100)
    assert tables.holder("hash-3") is None
    tables.use_program(holder.program.id)
    assert tables.programs(1)[0].used_at == NOON
    assert not tables.revoke_program(2, holder.program.id)
    assert tables.revoke_program(1, holder.program.id)
    assert tables.holder("hash-1") is None
    assert [one.name for one in tables.programs(2)] == ["Desk"]
    for n in range(50):
        tables.add_program(1, "more", f"more-{n}")
    with pytest.raises(UsageError, match="50 programs at most"):
        tables.add_program(1, "more", "more-50")


def test_arrivals_are_kept_by_stream_and_the_first_time_stays(tables: ExchangeTables) -> None:
    tables.note_stream(1, "page", {1: NOON - DAY, 2: NOON})
    tables.note_stream(1, "page", {1: NOON, 3: NOON})
    tables.note_stream(1, "tag:a", {1: NOON})
    tables.note_stream(2, "page", {4: NOON})
    assert tables.stream(1, "page") == {3: NOON, 2: NOON, 1: NOON - DAY}
    assert list(tables.stream(1, "page")) == [3, 2, 1]  # the latest first
    tables.note_stream(1, "page", {}, [2, 999])
    assert set(tables.stream(1, "page")) == {1, 3}
    assert set(tables.stream(1, "tag:a")) == {1}
    assert set(tables.stream(2, "page")) == {4}
    assert tables.stream(2, "tag:a") == {}


def test_marks_are_the_last_word_for_each_paper(tables: ExchangeTables) -> None:
    tables.mark_read(1, [1, 2], is_read=True)
    tables.mark_read(1, [2], is_read=False)
    tables.mark_read(2, [1], is_read=False)
    tables.mark_read(1, [], is_read=True)
    assert tables.read_marks(1) == {1: True, 2: False}
    assert tables.read_marks(2) == {1: False}


def test_who_forgets_their_history_has_no_arrivals_and_no_marks_left(
    catalogue: Catalogue, tables: ExchangeTables
) -> None:
    for reader in (1, 2):
        tables.note_stream(reader, "page", {1: NOON})
        tables.mark_read(reader, [1, 2], is_read=True)
    catalogue.readers.forget_history(1)
    assert (tables.stream(1, "page"), tables.read_marks(1)) == ({}, {})
    assert (tables.stream(2, "page"), tables.read_marks(2)) == ({1: NOON}, {1: True, 2: True})


def test_papers_that_become_one_have_one_arrival_and_one_mark(catalogue: Catalogue, tables: ExchangeTables) -> None:
    one, two = Identifiers(arxiv="2601.00001"), Identifiers(doi="10.5555/x")
    numbers = catalogue.papers.add(
        [Record(Paper(title="On one", ids=one), "x", "a"), Record(Paper(title="On another", ids=two), "y", "b")]
    ).paper_ids
    tables.note_stream(1, "page", {numbers[0]: NOON, numbers[1]: NOON - DAY})
    tables.mark_read(1, [numbers[1]], is_read=True)
    both = Paper(title="On one", ids=Identifiers(arxiv="2601.00001", doi="10.5555/x"))
    catalogue.papers.add([Record(both, "z", "c")])
    survivor = catalogue.papers.resolve("2601.00001")
    assert survivor == catalogue.papers.resolve("10.5555/x")
    assert tables.stream(1, "page") == {survivor: NOON - DAY}
    assert tables.read_marks(1) == {survivor: True}
    assert not list(catalogue.check())


def test_a_deleted_paper_is_in_no_stream_and_comes_back_with_its_marks(
    catalogue: Catalogue, tables: ExchangeTables
) -> None:
    tables.note_stream(1, "page", {1: NOON, 2: NOON})
    tables.mark_read(1, [1], is_read=True)
    deletion = catalogue.papers.delete(1)
    assert set(tables.stream(1, "page")) == {2}
    [back] = catalogue.papers.restore(deletion)
    assert set(tables.stream(1, "page")) == {2, back}
    assert tables.read_marks(1) == {back: True}
    assert not list(catalogue.check())


def test_keys_of_collections_are_no_others(catalogue: Catalogue, tables: ExchangeTables) -> None:
    catalogue.readers.create_collection(1, "One")
    catalogue.readers.create_collection(2, "Theirs")
    [(key, name)] = tables.collections(1).items()
    assert (key, name) == ("1-20260701120000", "One")
    catalogue.readers.rename_collection(1, "One", "Two")
    assert tables.collections(1) == {key: "Two"}
    assert tables.collections(2).keys() != tables.collections(1).keys()


def test_a_library_for_reading_only_is_read(catalogue: Catalogue, tables: ExchangeTables) -> None:
    tables.add_feeds(1, ["page"])
    with Catalogue.open(catalogue.path, read_only=True) as reading:
        theirs = reading.community.exchange
        assert [one.stream for one in theirs.feeds(1)] == ["page"]
        with pytest.raises(LibraryError, match="opened for reading only"):
            theirs.add_feeds(1, ["x"])
        with pytest.raises(LibraryError, match="opened for reading only"):
            theirs.mark_read(1, [1], is_read=True)
