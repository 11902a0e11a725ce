"""Collections as reading lists: what each kind of reader may, what is refused and how, what a list lacks and prints."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community, reading_lists
from broadsheet.community.list_files import list_file
from broadsheet.community.missing_papers import missing
from broadsheet.community.reading_lists import ReadingLists
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.clock import noon
from tests.community.people import join

TOPICS = ("sparse retrieval of rye bread", "kelp forests in winter")


def papers() -> list[Record]:
    """Six papers on one topic and six on another; Ada Lee wrote the first three."""
    return [
        Record(
            Paper(
                f"{TOPICS[n // 6].capitalize()}, study {n}",
                f"We study {TOPICS[n // 6]} with method {n}.",
                authors=(Person("Ada Lee") if n < 3 else Person(f"Writer {n}"),),
                ids=Identifiers(arxiv=f"2601.{n:05d}"),
            ),
            "made", str(n), "made",
        )
        for n in range(12)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada's list of papers 1 to 4, which bo may edit and cy may read; dan is a stranger."""
    folder = tmp_path_factory.mktemp("lists") / "library"
    folder.mkdir()
    (folder / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    with broadsheet.open(folder, clock=noon) as library:
        library.add(*papers())
        for name in ("ada", "bo", "cy", "dan"):
            join(library, name)
        for paper in (1, 2, 3, 4):
            library.collect("ada", "list", paper)
        lists = Community(library).reading_lists
        lists.share("ada", "list", "bo", may_edit=True)
        lists.share("ada", "list", "cy")
    return folder


@pytest.fixture
def community(made: Path, tmp_path: Path) -> Iterator[Community]:
    """A copy of it, which the test may change."""
    shutil.copytree(made, tmp_path / "library")
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        yield Community(library)


@pytest.fixture
def lists(community: Community) -> ReadingLists:
    return community.reading_lists


EDITS: dict[str, Callable[[ReadingLists, str], object]] = {
    "add": lambda lists, who: lists.add(who, 1, 5),
    "remove": lambda lists, who: lists.remove(who, 1, 5),
    "move": lambda lists, who: lists.move(who, 1, 1, "up"),
    "place": lambda lists, who: lists.move(who, 1, 1, 1),
    "add_section": lambda lists, who: lists.add_section(who, 1, f"Of {who}"),
    "put_under": lambda lists, who: lists.put_under(who, 1, 1, ""),
    "rename_section": lambda lists, who: lists.rename_section(who, 1, f"Of {who}", f"From {who}"),
    "move_section": lambda lists, who: lists.move_section(who, 1, f"From {who}", "up"),
    "remove_section": lambda lists, who: lists.remove_section(who, 1, f"From {who}"),
    "remark": lambda lists, who: lists.remark(who, 1, 1, ""),
}
SHARES: dict[str, Callable[[ReadingLists, str], object]] = {
    "share": lambda lists, who: lists.share(who, 1, "dan"),
    "unshare": lambda lists, who: lists.unshare(who, 1, "dan"),
    "open_link": lambda lists, who: lists.open_link(who, 1),
    "close_link": lambda lists, who: lists.close_link(who, 1),
    "unshare_with_group": lambda lists, who: lists.unshare_with_group(who, 1, 9),
}
READS: dict[str, Callable[[ReadingLists, str], object]] = {
    "get": lambda lists, who: lists.get(who, 1),
    "missing": lambda lists, who: lists.missing(who, 1, 1),
}


@pytest.mark.parametrize(
    ("who", "reads", "edits", "shares"),
    [("ada", True, True, True), ("bo", True, True, False), ("cy", True, False, False), ("dan", False, False, False)],
)
def test_what_each_reader_may(lists: ReadingLists, who: str, reads: bool, edits: bool, shares: bool) -> None:
    for acts, may in ((READS, reads), (EDITS, edits), (SHARES, shares)):
        for name, act in acts.items():
            if may:
                act(lists, who)
                continue
            expected = "changed by those|shared and renamed by ada" if reads else "there is no collection 1 of yours"
            with pytest.raises(UsageError, match=expected):
                act(lists, who)
            assert name
    for act in READS.values():
        with pytest.raises(UsageError, match="sign in"):
            act(lists, "")


def test_a_reader_sees_their_own_first_then_those_of_others_by_name(community: Community, lists: ReadingLists) -> None:
    community.library.create_collection("cy", "Zebra")
    listed = [(one.collection.name, one.collection.owner, one.is_own, one.may_edit) for one in lists.all("cy")]
    assert listed == [("Zebra", "cy", True, True), ("list", "ada", False, False)]
    assert [(one.collection.id, one.size) for one in lists.all("bo")] == [(1, 4)]
    assert lists.all("dan") == []


def test_a_list_is_named_by_its_name_to_its_reader_and_by_its_number_to_others(lists: ReadingLists) -> None:
    assert lists.get("ada", " list ").collection.id == lists.get("bo", "1").collection.id == 1
    for who, which in (("bo", "list"), ("dan", "1"), ("ada", "lost"), ("ada", 99)):
        with pytest.raises(UsageError, match=f"there is no collection .*{which}.* of yours"):
            lists.get(who, which)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda lists: lists.share("ada", 1, "nobody"), "no member is called 'nobody'"),
        (lambda lists: lists.share("ada", 1, "ada"), "yours already"),
        (lambda lists: lists.move("ada", 1, 1, "sideways"), "moves up or down"),
        (lambda lists: lists.move("ada", 1, 9, "up"), "paper 9 is not in this collection"),
        (lambda lists: lists.move_section("ada", 1, "x", "left"), "moves up or down"),
        (lambda lists: lists.move_section("ada", 1, "x", "up"), "there is no section 'x'"),
        (lambda lists: lists.add_section("ada", 1, " \x00 "), "a section needs a heading"),
        (lambda lists: lists.add_section("ada", 1, "x" * 121), "at most 120 characters"),
        (lambda lists: lists.remark("ada", 1, 1, "x" * 501), "at most 500 characters"),
        (lambda lists: lists.of_key("guess"), "opens nothing"),
        (lambda lists: lists.of_key(""), "opens nothing"),
    ],
)
def test_what_is_refused_and_how(lists: ReadingLists, act: Callable[[ReadingLists], object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        act(lists)


def test_an_unknown_paper_is_unknown(lists: ReadingLists) -> None:
    with pytest.raises(UnknownPaper):
        lists.add("ada", 1, 99)


def test_remarks_and_headings_are_one_line_of_plain_text(community: Community, lists: ReadingLists) -> None:
    community.library.collect("dan", "mine", 1)
    lists.remark("dan", "mine", 1, " one\nline\u202e with\x00 all ")
    lists.put_under("dan", "mine", 1, "A\theading\n")
    [entry] = lists.arrangement(lists.get("dan", "mine").collection.id).entries
    assert (entry.remark, entry.section) == ("one line with all", "A heading")


def test_a_member_takes_themself_off_and_nobody_else(community: Community, lists: ReadingLists) -> None:
    community.library.collect("ada", "other", 1)
    number = lists.get("ada", "other").collection.id
    for name in ("bo", "cy"):
        lists.share("ada", number, name)
    with pytest.raises(UsageError, match="ada alone"):
        lists.unshare("bo", number, "cy")
    lists.unshare("bo", number, "bo")
    assert [name for name, _ in lists.shares(number).members] == ["cy"]


def test_a_link_is_long_and_another_each_time(community: Community, lists: ReadingLists) -> None:
    community.library.collect("ada", "linked", 1)
    first, second = lists.open_link("ada", "linked"), lists.open_link("ada", "linked")
    key = second.rpartition("/")[2]
    assert (first != second, len(key) >= 32, lists.of_key(key).name) == (True, True, "linked")
    assert lists.shares(lists.get("ada", "linked").collection.id).link_key == key
    with pytest.raises(UsageError):
        lists.of_key(first.rpartition("/")[2])
    lists.close_link("ada", "linked")
    with pytest.raises(UsageError):
        lists.of_key(key)


# What is missing ------------------------------------------------------------------------------------------------


def test_what_a_list_lacks_is_of_its_topic_with_reasons(community: Community, lists: ReadingLists) -> None:
    community.library.create_collection("dan", "topic")
    for paper in (1, 2, 4):
        community.library.collect("dan", "topic", paper)
    found = lists.missing("dan", "topic", 3)
    assert {one.stored.id for one in found} == {3, 5, 6}
    by_ada = next(one for one in found if one.stored.id == 3)
    assert [reason.partition(" ")[0] for reason in by_ada.reasons] == ["near", "by"]
    assert "by Ada Lee, an author here" in by_ada.reasons
    assert by_ada.reasons[0].startswith("near “Sparse retrieval of rye bread, study ")


def test_what_stands_beside_its_papers_elsewhere_is_raised(community: Community) -> None:
    library = community.library
    inside = library.papers([1, 2])
    plain = [one.stored.id for one in missing(library, inside, [], 12)]
    beside = [(collection, paper) for collection in (7, 8) for paper in (1, 12)]
    raised = missing(library, inside, [*beside, (9, 11)], 12)
    order = [one.stored.id for one in raised]
    assert 12 not in plain or order.index(12) < plain.index(12)
    assert "beside these papers in 2 other collections of yours" in raised[order.index(12)].reasons
    assert all("beside" not in reason for one in raised if one.stored.id != 12 for reason in one.reasons)


def test_others_lists_that_one_may_not_see_tell_nothing(community: Community, lists: ReadingLists) -> None:
    def reasons() -> list[str]:
        found = lists.missing("dan", "two", 12)
        return [reason for one in found if one.stored.id == 12 for reason in one.reasons if "beside" in reason]

    community.library.collect("cy", "hidden", 1)
    community.library.collect("cy", "hidden", 12)
    community.library.collect("dan", "two", 1)
    assert reasons() == []
    lists.share("cy", "hidden", "dan")
    assert reasons() == ["beside these papers in 1 other collection of yours"]


def test_an_empty_list_lacks_nothing_that_can_be_told(community: Community, lists: ReadingLists) -> None:
    community.library.create_collection("dan", "empty")
    assert lists.missing("dan", "empty") == []
    assert missing(community.library, community.library.papers([1]), [], 0) == []


def test_the_last_papers_of_a_very_long_list_speak_for_it(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadsheet.community.missing_papers._MOST", 2)
    papers = community.library.papers([1, 2, 7, 8])
    found = missing(community.library, papers, [], 2)
    assert {one.stored.id for one in found} <= {9, 10, 11, 12}
    all_others = missing(community.library, papers, [(9, 1), (9, 2), (9, 8)], 12)
    assert {one.stored.id for one in all_others} == {3, 4, 5, 6, 9, 10, 11, 12}


# Printing -------------------------------------------------------------------------------------------------------


def test_a_list_prints_its_order_and_the_notes_it_is_given(community: Community, lists: ReadingLists) -> None:
    for paper in (3, 1):
        community.library.collect("dan", "printed", paper)
    lists.put_under("dan", "printed", 1, "First")
    stored = lists.get("dan", "printed").collection
    printed = lists.printed(stored, lambda ids: {ids[0]: "noted"})
    assert [(s.heading, [p.number for p in s.papers]) for s in printed.sections] == [("First", [1]), ("", [3])]
    assert [one.notes for one in printed.papers] == ["noted", ""]
    assert [one.notes for one in lists.printed(stored).papers] == ["", ""]
    deletion = community.library.delete(3)
    assert [one.number for one in lists.printed(stored).papers] == [1]
    community.library.restore(deletion)
    assert len(lists.printed(stored).papers) == 2


@pytest.mark.parametrize("form", ["docx", "", "HTML"])
def test_a_format_that_is_none_is_refused_with_those_there_are(
    community: Community, lists: ReadingLists, form: str
) -> None:
    printed = lists.printed(lists.get("ada", "list").collection)
    with pytest.raises(UsageError, match="there are markdown, html, bibtex"):
        list(list_file(printed, form))


def test_notes_stand_behind_what_a_paper_had_in_their_field(lists: ReadingLists) -> None:
    printed = lists.printed(lists.get("ada", "list").collection)
    [section] = [one for one in printed.sections if one.papers]
    first = section.papers[0]
    paper = replace(first.paper, extra={"notes": "its own"})
    listed = replace(first, paper=paper, remark="a remark", notes="a note")
    one = replace(printed, sections=[replace(section, papers=[listed])])
    text = "".join(list_file(one, "bibtex"))
    assert [text.index(part) for part in ("its own", "a remark", "a note")] == sorted(
        text.index(part) for part in ("its own", "a remark", "a note")
    )


def test_the_most_members_is_one_number(lists: ReadingLists) -> None:
    assert (reading_lists.LONGEST_HEADING, reading_lists.LONGEST_REMARK) == (120, 500)
