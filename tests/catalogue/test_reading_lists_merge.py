"""What lists, notes, highlights and nominations become when papers become one, part, are deleted and restored."""

from __future__ import annotations

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.comments import Author
from broadsheet.kit.passages import Passage
from broadsheet.kit.reading_lists import Arrangement, Entry
from tests.catalogue.made import BOTH, PREPRINT, record
from tests.catalogue.test_merge_community_rows import put

ACCOUNT = {"role": "reader", "full_name": "", "joined_at": "2026-06-01T12:00:00+00:00"}


def reader_of(catalogue: Catalogue, name: str = "ada") -> int:
    return catalogue.readers.get(name, create=True).id


def entries(catalogue: Catalogue, number: int = 1) -> list[tuple[int, str, str]]:
    order = catalogue.readers.reading_lists.arrangement(number)
    return [(one.paper_id, one.section, one.remark) for one in order.entries]


def filled(catalogue: Catalogue, first: str, second: str) -> int:
    """A list of papers 1 and 2 in this order, each in a section with a remark of its own."""
    ada = reader_of(catalogue)
    catalogue.readers.create_collection(ada, "list")
    for paper in (1, 2):
        catalogue.readers.add_to_collection(ada, "list", paper)
    order = Arrangement(("A", "B"), (Entry(2, "A", first), Entry(1, "B", second)))
    catalogue.readers.reading_lists.arrange(1, lambda _: order)
    return ada


def test_of_two_papers_of_a_list_that_become_one_the_survivors_place_stays(two: Catalogue) -> None:
    ada = filled(two, "of the absorbed", "")
    two.papers.add([BOTH])
    assert entries(two) == [(1, "B", "of the absorbed")]
    assert two.readers.collections(ada) == {"list": (1,)}
    assert two.check() == []


def test_an_absorbed_paper_alone_in_a_list_keeps_its_place(two: Catalogue) -> None:
    ada = filled(two, "read it", "")
    two.readers.remove_from_collection(ada, "list", 1)
    two.papers.add([BOTH])
    assert entries(two) == [(1, "A", "read it")]


def test_a_deleted_paper_comes_back_to_its_place_with_its_notes_and_highlights(two: Catalogue) -> None:
    ada = filled(two, "read it", "and this")
    two.readers.highlights.add(ada, 2, "title", Passage("words", "", ""))
    two.community.comments.add(Author(reader_id=ada), 2, "a note")
    deletion = two.papers.delete(2)
    assert entries(two) == [(1, "B", "and this")]
    assert two.check() == []
    assert two.papers.restore(deletion) == [3]
    assert entries(two) == [(3, "A", "read it"), (1, "B", "and this")]
    assert [one.paper_id for one in two.readers.highlights.of(ada, [3])] == [3]
    assert [one.text for one in two.community.comments.notes(ada, [3])] == ["a note"]
    assert two.readers.highlights.papers(ada) == two.community.comments.papers_with_notes(ada) == {3}


def test_highlights_and_notes_of_both_papers_are_on_the_one_they_become(two: Catalogue) -> None:
    ada = reader_of(two)
    for paper in (1, 2):
        two.readers.highlights.add(ada, paper, "title", Passage(f"of {paper}", "", ""))
        two.community.comments.add(Author(reader_id=ada), paper, f"note {paper}")
    two.papers.add([BOTH])
    assert {one.passage.quote for one in two.readers.highlights.of(ada, [1])} == {"of 1", "of 2"}
    assert {one.text for one in two.community.comments.notes(ada, [1])} == {"note 1", "note 2"}


def test_two_nominations_become_one_and_each_member_votes_once(two: Catalogue) -> None:
    for name in ("ada", "bo"):
        put(two, "accounts", reader_id=reader_of(two, name), **ACCOUNT)
    groups = two.community.groups
    number = groups.create("club", "", 1)
    groups.join(number, 2)
    for paper, account in ((1, 1), (2, 2)):
        groups.nominate(number, paper, account, f"of {paper}")
        groups.vote(number, paper, account)
    groups.vote(number, 2, 1)
    two.papers.add([BOTH])
    [one] = groups.nominations(number)
    assert (one.paper_id, one.why, one.by, one.voters) == (1, "of 1", "ada", frozenset({1, 2}))
    groups.leave(number, 2)
    assert groups.nominations(number)[0].voters == frozenset({1})
    two.community.belongings.remove(reader_of(two), with_comments=False)
    [one] = groups.nominations(number)
    assert (one.by, one.account_id, groups.members(number)) == ("", None, [])
    assert two.check() == []


def test_the_number_of_a_deleted_paper_is_followed(catalogue: Catalogue) -> None:
    catalogue.papers.add([PREPRINT, record("Quite another paper on otters", "csl:c.json", "e")])
    ada = reader_of(catalogue)
    [number] = catalogue.papers.restore(catalogue.papers.delete(1))
    assert catalogue.readers.highlights.add(ada, 1, "title", Passage("x")) == 1
    assert catalogue.readers.highlights.add(ada, number, "title", Passage("x")) == 1
    assert catalogue.readers.highlights.remove(reader_of(catalogue, "bo"), 1) is False
    assert catalogue.readers.highlights.remove(ada, 1) is True
