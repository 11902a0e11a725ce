"""Earlier pages by day, collections through all that happens to them and their papers, and the change log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT, record

DAY = date(2026, 3, 1)


@pytest.fixture
def papers(catalogue: Catalogue) -> Catalogue:
    """Six papers."""
    catalogue.papers.add(
        [record(f"Otter report number {n * 37}", source_id=str(n), authors=(f"P{n}",)) for n in range(6)]
    )
    return catalogue


@pytest.fixture
def ada(papers: Catalogue) -> int:
    """A reader."""
    return papers.readers.get("ada", create=True).id


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


def show(catalogue: Catalogue, reader: int, when: datetime, *numbers: int) -> None:
    """Note a page."""
    catalogue.readers.log(reader, [Event("impression", n, i, "p", at=when) for i, n in enumerate(numbers, start=1)])


def test_a_day_shows_each_paper_once_by_its_best_place(papers: Catalogue, ada: int) -> None:
    show(papers, ada, at(DAY, 8), 3, 1, 2)
    show(papers, ada, at(DAY, 20), 5, 3, 1)
    assert set(papers.readers.shown_on(ada, DAY)) == {1, 2, 3, 5}
    first, second, *rest = papers.readers.shown_on(ada, DAY)
    assert {first, second} == {3, 5}  # each stood first once
    assert rest == [1, 2]
    assert papers.readers.shown_on(ada, DAY - timedelta(days=1)) == []


def test_a_day_ends_at_midnight(papers: Catalogue, ada: int) -> None:
    show(papers, ada, at(DAY, 0, 0, 0), 1)
    show(papers, ada, at(DAY, 23, 59, 59), 2)
    show(papers, ada, at(DAY + timedelta(days=1), 0, 0, 0), 3)
    assert papers.readers.shown_on(ada, DAY) == [1, 2]
    assert papers.readers.shown_on(ada, DAY + timedelta(days=1)) == [3]


def test_days_around(papers: Catalogue, ada: int) -> None:
    days = [DAY + timedelta(days=n) for n in (0, 2, 9)]
    for day in days:
        show(papers, ada, at(day), 1, 2)
    around = papers.readers.days_around
    assert around(ada, days[0]) == (None, days[1])
    assert around(ada, days[1]) == (days[0], days[2])
    assert around(ada, days[2]) == (days[1], None)
    assert around(ada, DAY + timedelta(days=1)) == (days[0], days[1])
    assert around(ada, date.min) == (None, days[0])
    assert around(ada, date.max) == (days[2], None)


def test_days_of_one_reader_are_nobody_elses(papers: Catalogue, ada: int) -> None:
    bo = papers.readers.get("bo", create=True).id
    show(papers, ada, at(DAY), 1)
    show(papers, bo, at(DAY + timedelta(days=1)), 2)
    assert papers.readers.shown_on(bo, DAY) == []
    assert papers.readers.days_around(ada, DAY) == (None, None)
    papers.community.belongings.remove(papers.readers.get("bo").id, with_comments=False)
    assert papers.readers.shown_on(bo, DAY + timedelta(days=1)) == []
    assert papers.readers.shown_on(ada, DAY) == [1]


def test_the_first_and_the_last_day_there_are(papers: Catalogue, ada: int) -> None:
    assert papers.readers.shown_on(ada, date.min) == papers.readers.shown_on(ada, date.max) == []
    show(papers, ada, at(date.max), 4)
    assert papers.readers.shown_on(ada, date.max) == [4]


def test_a_day_follows_a_paper_into_the_one_it_became_part_of(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    show(two, ada, at(DAY), 2, 1)
    two.papers.add([BOTH])
    assert two.readers.shown_on(ada, DAY) == [1]
    assert two.readers.state(ada).seen == {1: 1}


def test_actions_are_no_days(papers: Catalogue, ada: int) -> None:
    papers.readers.log(ada, [Event("save", 1, at=at(DAY)), Event("open", 2, at=at(DAY))])
    assert papers.readers.shown_on(ada, DAY) == []
    assert papers.readers.days_around(ada, DAY) == (None, None)


def test_a_collection_is_renamed_with_all_that_is_in_it(papers: Catalogue, ada: int) -> None:
    papers.readers.create_collection(ada, "thesis")
    papers.readers.create_collection(ada, "other")
    for n in (4, 2, 6):
        papers.readers.add_to_collection(ada, "thesis", n)
    papers.readers.rename_collection(ada, " thesis ", " Chapter one ")
    assert papers.readers.collections(ada) == {"Chapter one": (4, 2, 6), "other": ()}
    papers.readers.rename_collection(ada, "Chapter one", "Chapter one")
    papers.readers.rename_collection(ada, "Chapter one", "chapter one")
    assert papers.readers.collections(ada) == {"chapter one": (4, 2, 6), "other": ()}
    with pytest.raises(UsageError, match="there is a collection named 'other' already"):
        papers.readers.rename_collection(ada, "chapter one", "other")
    with pytest.raises(UsageError, match="no collection named 'thesis'; create it first"):
        papers.readers.rename_collection(ada, "thesis", "new")
    for name in ("", "  ", "x" * 201):
        with pytest.raises(UsageError, match="the name of a collection has 1 to 200 characters"):
            papers.readers.rename_collection(ada, "other", name)
    assert list(papers.readers.collections(ada)) == ["chapter one", "other"]


def test_two_readers_may_call_a_collection_the_same(papers: Catalogue, ada: int) -> None:
    bo = papers.readers.get("bo", create=True).id
    for reader, n in ((ada, 1), (bo, 2)):
        papers.readers.create_collection(reader, "thesis")
        papers.readers.add_to_collection(reader, "thesis", n)
    papers.readers.rename_collection(bo, "thesis", "book")
    assert (papers.readers.collections(ada), papers.readers.collections(bo)) == ({"thesis": (1,)}, {"book": (2,)})
    papers.community.belongings.remove(papers.readers.get("bo").id, with_comments=False)
    assert papers.readers.collections(ada) == {"thesis": (1,)}
    with pytest.raises(UnknownReader):
        papers.readers.create_collection(bo, "again")


def test_a_collection_names_the_paper_that_took_in_its_own(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    for name, numbers in (("first", (1,)), ("second", (2,)), ("both", (2, 1))):
        two.readers.create_collection(ada, name)
        for n in numbers:
            two.readers.add_to_collection(ada, name, n)
    two.papers.add([BOTH])
    assert two.readers.collections(ada) == {"both": (1,), "first": (1,), "second": (1,)}
    two.readers.add_to_collection(ada, "first", 2)  # the old number still means the paper
    assert two.readers.collections(ada)["first"] == (1,)


def test_a_deleted_paper_leaves_collections_and_returns_to_them(papers: Catalogue, ada: int) -> None:
    papers.readers.create_collection(ada, "thesis")
    for n in (1, 2, 3):
        papers.readers.add_to_collection(ada, "thesis", n)
    deletion = papers.papers.delete(2)
    assert papers.readers.collections(ada) == {"thesis": (1, 3)}
    with pytest.raises(UnknownPaper, match="number 2"):
        papers.readers.add_to_collection(ada, "thesis", 2)
    [number] = papers.papers.restore(deletion)
    assert set(papers.readers.collections(ada)["thesis"]) == {1, 3, number}


def test_a_collection_restored_after_one_of_its_papers_went(papers: Catalogue, ada: int) -> None:
    papers.readers.create_collection(ada, "thesis")
    for n in (1, 2, 3):
        papers.readers.add_to_collection(ada, "thesis", n)
    deletion = papers.readers.delete_collection(ada, "thesis")
    papers.papers.delete(2)
    assert papers.papers.restore(deletion) == []
    assert papers.readers.collections(ada) == {"thesis": (1, 3)}


def test_the_change_log_counts_on_and_can_be_read_from_anywhere(catalogue: Catalogue) -> None:
    assert (catalogue.changes.last_seq(), catalogue.changes.after(0)) == (0, [])
    catalogue.papers.add([PREPRINT, ARTICLE])
    catalogue.papers.add([PREPRINT, ARTICLE])  # nothing new
    assert catalogue.changes.after(0) == [(1, 1, "add"), (2, 2, "add")]
    catalogue.papers.add([BOTH])
    deletion = catalogue.papers.delete(1)
    [number] = catalogue.papers.restore(deletion)
    log = catalogue.changes.after(0)
    assert log == [
        (1, 1, "add"),
        (2, 2, "add"),
        (3, 2, "delete"),
        (4, 1, "update"),
        (5, 1, "delete"),
        (6, number, "add"),
    ]
    for seq in range(8):
        assert catalogue.changes.after(seq) == log[seq:]
        assert catalogue.changes.after(seq, 2) == log[seq : seq + 2]
        assert catalogue.changes.after(seq, 0) == []
    assert catalogue.changes.last_seq() == 6


def test_the_change_log_replayed_is_what_is_there(papers: Catalogue, ada: int) -> None:
    papers.readers.log(ada, [Event("save", 3)])  # what readers do is no change of a paper
    gone = papers.papers.delete(3, 5)
    papers.papers.add([record("Otter report number 0", source_id="0", authors=("P0",), comments="corrected")])
    papers.papers.restore(gone)
    papers.papers.delete(1)
    there: set[int] = set()
    for _, number, kind in papers.changes.after(0):
        assert (number in there) == (kind != "add")
        (there.discard if kind == "delete" else there.add)(number)
    assert there == set(papers.papers.ids().tolist())
    assert papers.papers.count() == len(there) == 5
