"""Order, sections and remarks of a reading list."""

from __future__ import annotations

import pytest

from broadsheet.kit.errors import UsageError
from broadsheet.kit.reading_lists import MOST_SECTIONS, Arrangement, Entry

PLAIN = Arrangement((), tuple(Entry(n) for n in (1, 2, 3)))
PARTED = Arrangement(("Basics", "More"), (Entry(1, "Basics"), Entry(2, "Basics"), Entry(3, "More"), Entry(4)))


def order(one: Arrangement) -> list[tuple[int, str]]:
    return [(entry.paper_id, entry.section) for entry in one.entries]


def test_a_paper_moves_up_and_down_and_stops_at_the_ends() -> None:
    assert [n for n, _ in order(PLAIN.moved(2, -1))] == [2, 1, 3]
    assert [n for n, _ in order(PLAIN.moved(2, 1))] == [1, 3, 2]
    assert (PLAIN.moved(1, -1), PLAIN.moved(3, 1)) == (PLAIN, PLAIN)


def test_at_the_edge_of_its_section_a_paper_goes_into_the_next_one() -> None:
    assert order(PARTED.moved(2, 1)) == [(1, "Basics"), (2, "More"), (3, "More"), (4, "")]
    assert order(PARTED.moved(3, -1)) == [(1, "Basics"), (2, "Basics"), (3, "Basics"), (4, "")]
    assert order(PARTED.moved(3, 1)) == [(1, "Basics"), (2, "Basics"), (3, ""), (4, "")]
    assert order(PARTED.moved(4, -1)) == [(1, "Basics"), (2, "Basics"), (3, "More"), (4, "More")]


def test_a_paper_goes_to_a_place_of_the_whole_list() -> None:
    assert [n for n, _ in order(PLAIN.placed(3, 1))] == [3, 1, 2]
    assert [n for n, _ in order(PLAIN.placed(1, 99))] == [2, 3, 1]
    assert order(PARTED.placed(4, 1)) == [(4, "Basics"), (1, "Basics"), (2, "Basics"), (3, "More")]


def test_sections_are_made_renamed_moved_and_removed_and_papers_stay() -> None:
    made = PLAIN.under(2, "Basics")
    assert (made.sections, order(made)) == (("Basics",), [(2, "Basics"), (1, ""), (3, "")])
    assert order(made.under(2, "")) == [(1, ""), (3, ""), (2, "")]
    renamed = PARTED.renamed_section("More", "Further")
    assert (renamed.sections, order(renamed)[2]) == (("Basics", "Further"), (3, "Further"))
    assert [n for n, _ in order(PARTED.moved_section("More", -1))] == [3, 1, 2, 4]
    without = PARTED.without_section("Basics")
    assert (without.sections, order(without)) == (("More",), [(3, "More"), (1, ""), (2, ""), (4, "")])
    assert [heading for heading, _ in PARTED.by_section()] == ["Basics", "More", ""]


def test_what_is_not_there_or_there_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="paper 9 is not in"):
        PLAIN.moved(9, 1)
    for act in (PARTED.without_section, lambda name: PARTED.moved_section(name, 1)):
        with pytest.raises(UsageError, match="there are 'Basics', 'More'"):
            act("Other")
    with pytest.raises(UsageError, match="already"):
        PARTED.with_section("More")
    with pytest.raises(UsageError, match="already"):
        PARTED.renamed_section("More", "Basics")
    full = Arrangement(tuple(map(str, range(MOST_SECTIONS))), ())
    with pytest.raises(UsageError, match="at most"):
        full.with_section("one more")


def test_a_remark_is_of_one_paper() -> None:
    assert [entry.remark for entry in PLAIN.remarked(2, "read section 3").entries] == ["", "read section 3", ""]
