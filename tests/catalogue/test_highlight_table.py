"""Highlights and notes in the catalogue: kept for one reader, followed through merges and deletions."""

from __future__ import annotations

import pytest

from broadsheet.catalogue import Catalogue, highlights
from broadsheet.catalogue.community.comments import Author
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.passages import Passage
from tests.catalogue.made import BOTH

ONE, OTHER = Passage("learning", "", " to rank"), Passage("clicks", "few ", "")


@pytest.fixture
def ada(two: Catalogue) -> int:
    return two.readers.get("ada", create=True).id


@pytest.fixture
def bo(two: Catalogue) -> int:
    return two.readers.get("bo", create=True).id


def test_a_passage_is_marked_once(two: Catalogue, ada: int) -> None:
    table = two.readers.highlights
    first = table.add(ada, 1, "title", ONE)
    assert table.add(ada, 1, "title", ONE) == first
    second, third = table.add(ada, 1, "abstract", ONE), table.add(ada, 1, "title", OTHER)
    assert len({first, second, third}) == 3
    assert [(one.id, one.field, one.passage) for one in table.of(ada, [1])] == [
        (first, "title", ONE), (second, "abstract", ONE), (third, "title", OTHER),
    ]  # fmt: skip


def test_they_are_of_one_reader(two: Catalogue, ada: int, bo: int) -> None:
    table = two.readers.highlights
    number = table.add(ada, 1, "title", ONE)
    assert (table.of(bo, [1, 2]), table.papers(bo), table.remove(bo, number)) == ([], set(), False)
    assert (table.papers(ada), [one.paper_id for one in table.of(ada, [1, 2, 99])]) == ({1}, [1])
    assert (table.of(ada, []), table.remove(ada, 99), table.remove(ada, number), table.of(ada, [1])) == (
        [], False, True, [],
    )  # fmt: skip


def test_so_many_in_one_paper(two: Catalogue, ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlights, "MOST_HIGHLIGHTS", 1)
    table = two.readers.highlights
    table.add(ada, 1, "title", ONE)
    table.add(ada, 1, "title", ONE)
    with pytest.raises(UsageError, match="1 passages of this paper"):
        table.add(ada, 1, "title", OTHER)
    table.add(ada, 2, "title", OTHER)
    with pytest.raises(UnknownPaper, match="no paper has the number 99"):
        table.add(ada, 99, "title", ONE)


def test_a_merge_and_its_undoing_keep_every_mark(two: Catalogue, ada: int) -> None:
    table = two.readers.highlights
    for paper in (1, 2):
        table.add(ada, paper, "title", ONE)
    two.papers.add([BOTH])
    assert [one.paper_id for one in table.of(ada, [1, 2])] == [1, 1]
    assert table.add(ada, 2, "title", OTHER) > 0  # the old number leads to the survivor
    [merge] = two.papers.merges()
    two.papers.undo_merge(merge.id)
    assert {one.paper_id for one in table.of(ada, [1, 3])} == {1}


def test_a_paper_deleted_for_good_takes_them_along(two: Catalogue, ada: int) -> None:
    two.readers.highlights.add(ada, 1, "title", ONE)
    two.community.comments.add(Author(reader_id=ada), 1, "a note")
    two.papers.delete(1)
    assert two.readers.highlights.papers(ada) == {1}  # until then they wait for it
    two.papers.purge()
    assert (two.readers.highlights.papers(ada), two.community.comments.papers_with_notes(ada)) == (set(), set())


def test_a_reader_who_goes_takes_them_along(two: Catalogue, ada: int, bo: int) -> None:
    for reader in (ada, bo):
        two.readers.highlights.add(reader, 1, "title", ONE)
        two.community.comments.add(Author(reader_id=reader), 1, f"of {reader}")
    rows = two.community.belongings.all(ada)
    assert ([row["quote"] for row in rows["highlights"]], [row["text"] for row in rows["comments"]]) == (
        ["learning"], [f"of {ada}"],
    )  # fmt: skip
    two.community.belongings.remove(ada, with_comments=False)
    assert two.readers.highlights.papers(ada) == two.community.comments.papers_with_notes(ada) == set()
    assert two.readers.highlights.papers(bo) == two.community.comments.papers_with_notes(bo) == {1}


def test_notes_are_of_their_reader_and_of_papers_asked_for(two: Catalogue, ada: int, bo: int) -> None:
    comments = two.community.comments
    for reader, paper in ((ada, 1), (ada, 2), (bo, 1)):
        comments.add(Author(reader_id=reader), paper, f"{reader} on {paper}")
    assert [note.text for note in comments.notes(ada, [1])] == [f"{ada} on 1"]
    assert [note.text for note in comments.notes(ada, [1, 2])] == [f"{ada} on 1", f"{ada} on 2"]
    assert (comments.notes(ada, []), comments.notes(0, [1])) == ([], [])
    comments.delete(comments.notes(ada, [1])[0].id)
    assert (comments.notes(ada, [1]), comments.papers_with_notes(ada)) == ([], {2})
    assert comments.counts([1, 2]) == {}
