"""Drafted pages in a library that lives: papers are merged and deleted, readers leave, pages are caught up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Identifiers, Record
from broadsheet.pipeline.feed.mix_report import shown_pages
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedItem
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_mix_report import Time
from tests.pipeline.world import CLOCKS

TIME = Time()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library whose reader likes clocks and reads drafted pages from now on."""
    TIME.now = NOON
    with broadsheet.open(tmp_path / "library", clock=TIME) as library:  # type: ignore[arg-type]
        library.add(*world.records(count=15))
        world.act(library, "save", "clocks-1", "clocks-2")
        library.start_interleaving("me", recency=1)
        yield library


def picks(library: Library, team: str) -> list[FeedItem]:
    """The papers of a team on a page that is read now."""
    return [item for item in library.feed("me", 10).items if item.team == team]


def told(library: Library) -> tuple[int, int, int, tuple[int, int]]:
    found = library.interleaving("me")
    assert found is not None
    return found[1].own, found[1].other, found[1].even, found[1].wanted


def log(library: Library) -> list[str]:
    """The policies of all impressions."""
    who = library.catalogue.readers.get("me").id
    return [one.policy for one in library.catalogue.readers.whole_log(who) if one.kind == "impression"]


def test_a_paper_that_is_merged_keeps_its_team(library: Library) -> None:
    first = picks(library, "own")[0].stored
    named = dataclasses.replace(
        first.paper, title=f"Of {first.paper.title.lower()}, revised", ids=Identifiers(doi="10.5555/twin")
    )
    (twin,) = library.add(Record(named, "made", "twin")).paper_ids
    TIME.now += timedelta(hours=1)
    library.act("me", twin, "save")
    assert told(library) == (0, 0, 1, (0, 0))  # the twin was on no page
    both = dataclasses.replace(first.paper.ids, doi="10.5555/twin")
    library.add(Record(dataclasses.replace(first.paper, ids=both), "made", "both"))
    assert library.resolve("10.5555/twin") == library.resolve(first.id)
    assert told(library) == (1, 0, 0, (1, 0))  # they are one paper now, and it was


def test_a_paper_that_is_deleted_stays_credited(library: Library) -> None:
    chosen = picks(library, "other")[0].stored.id
    library.act("me", chosen, "save")
    assert told(library) == (0, 1, 0, (0, 1))
    deletion = library.delete(chosen)
    assert told(library) == (0, 1, 0, (0, 1))
    assert chosen not in {item.stored.id for item in library.feed("me", 10).items}
    library.restore(deletion)
    assert told(library) == (0, 1, 0, (0, 1))


def test_a_reader_who_leaves_takes_the_draft_along(library: Library) -> None:
    number = library.catalogue.readers.get("me").id
    picks(library, "own")
    archive = library.catalogue.community.belongings.all(number)
    assert [row["other"] for row in archive["interleavings"]] == ['{"recency":1}']
    library.forget_history("me")
    assert library.interleaving("me") is None
    assert {item.team for item in library.feed("me", 10).items} == {""}


def test_pages_of_a_draft_are_out_of_the_estimates_of_mixes(library: Library) -> None:
    who = library.catalogue.readers.get("me").id
    picks(library, "own")
    assert shown_pages(library.catalogue.readers.whole_log(who)) == []
    library.stop_interleaving("me")
    TIME.now += timedelta(days=1)
    library.feed("me", 10)
    (page,) = shown_pages(library.catalogue.readers.whole_log(who))
    assert page.at == TIME.now
    assert len(page.papers) == 10


def test_a_catch_up_and_a_look_without_a_log_are_no_pages_of_the_draft(library: Library) -> None:
    assert {item.team for item in library.catch_up("me", 7, 5).items} == {""}
    assert not any(policy.startswith("draft") for policy in log(library))
    library.feed("me", 10, log=False)
    assert told(library) == (0, 0, 0, (0, 0))
    library.feed("me", 10)
    assert told(library) == (0, 0, 1, (0, 0))
    assert sum(policy.startswith("draft") for policy in log(library)) == 10


def test_the_policy_of_every_impression_ends_with_its_team(library: Library) -> None:
    page = library.feed("me", 10, policy_note="note of a page")
    policies = log(library)
    assert len(policies) == 10
    assert [policy.rpartition(" ")[2] for policy in policies] == [item.team for item in page.items]
    found = library.interleaving("me")
    assert found is not None
    start = f"draft {found[0].started_at.isoformat()} taste recency="
    assert all(policy.startswith(start) and "note of a page team " in policy for policy in policies)
    assert max(map(len, policies)) < 200  # as much as an event keeps


@pytest.mark.parametrize("size", [1, 2, 5, 20, 100])
def test_any_length_of_page_is_drafted_evenly(library: Library, size: int) -> None:
    page = library.feed("me", size, log=False)
    own = sum(item.team == "own" for item in page.items)
    assert len({item.stored.id for item in page.items}) == len(page.items) <= size
    assert abs(2 * own - len(page.items)) <= max(2, len(page.items) // 3)
    assert [item.position for item in page.items] == list(range(1, len(page.items) + 1))
    assert page.policy.startswith("draft ")


def test_days_and_readers_are_drafted_anew_and_reloads_are_not(library: Library) -> None:
    library.create_reader("ann")
    for name in ("clocks-1", "clocks-2"):
        library.act("ann", name, "save")
    library.start_interleaving("ann", recency=1)

    def teams(reader: str) -> list[tuple[int, str]]:
        return [(item.stored.id, item.team) for item in library.feed(reader, 12, log=False).items]

    today = teams("me")
    assert today == teams("me")
    assert today != teams("ann")
    TIME.now += timedelta(hours=3)
    assert [team for _, team in teams("me")] == [team for _, team in today]
    days = set()
    for _ in range(8):
        TIME.now += timedelta(days=1)
        days.add(tuple(team for _, team in teams("me")))
    assert len(days) > 2


def test_without_a_like_nothing_is_drafted(library: Library) -> None:
    library.create_reader("bo")
    library.start_interleaving("bo", ranking="words")
    page = library.feed("bo", 5)
    assert (page.cold, {item.team for item in page.items}) == (True, {""})
    library.act("bo", world.key(CLOCKS, 5), "save")
    assert {item.team for item in library.feed("bo", 6).items} == {"own", "other"}
