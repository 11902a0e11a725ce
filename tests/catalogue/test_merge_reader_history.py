"""What readers did with a paper that became part of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.dedup.merge_reader_history import combined
from broadsheet.catalogue.events import PaperState
from tests.catalogue.made import BOTH

MAY = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 10)]


def test_what_readers_did_moves_along(two: Catalogue) -> None:
    ada, bo = (two.readers.get(name, create=True).id for name in ("ada", "bo"))
    for name in ("both", "second"):
        two.readers.create_collection(ada, name)
        two.readers.add_to_collection(ada, name, 2)
    two.readers.add_to_collection(ada, "both", 1)
    shown = [Event("impression", paper, position=1, at=MAY[day]) for paper, day in ((1, 0), (2, 0), (2, 3))]
    two.readers.log(ada, [*shown, Event("save", 2, at=MAY[2]), Event("save", 1, at=MAY[4]), Event("down", 1)])
    two.readers.log(ada, [Event("up", 2), Event("tag", 2, value="t"), Event("open", 2, at=MAY[5])])
    two.readers.log(bo, [Event("hide", 2)])
    two.papers.add([BOTH])
    state = two.readers.state(ada)
    assert (state.saved, state.ratings, state.opened) == ({1: MAY[2]}, {1: 1}, {1: MAY[5]})
    assert (state.tags, state.seen, state.hidden) == ({"t": frozenset({1})}, {1: 2}, frozenset())
    assert two.readers.collections(ada) == {"both": (1,), "second": (1,)}
    assert two.readers.state(bo).hidden == {1}
    assert state.last_event == 9  # nothing had to be amended
    undone = two.readers.undo(ada)
    assert undone is not None
    assert (undone.kind, undone.paper_id, two.readers.state(ada).tags) == ("tag", 1, {})


def test_unsaved_because_it_was_there_twice_is_still_saved(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    two.readers.log(ada, [Event("save", 1, at=MAY[0]), Event("up", 1), Event("tag", 1, value="t")])
    two.readers.log(ada, [Event("save", 2), Event("unsave", 2), Event("up", 2), Event("unrate", 2), Event("hide", 1)])
    two.readers.log(
        ada, [Event("tag", 2, value="t"), Event("untag", 2, value="t"), Event("hide", 2), Event("unhide", 2)]
    )
    two.papers.add([BOTH])
    state = two.readers.state(ada)
    assert (state.saved, state.ratings, state.hidden, state.tags) == (
        {1: MAY[0]},
        {1: 1},
        frozenset({1}),
        {"t": frozenset({1})},
    )
    undone = two.readers.undo(ada)
    assert undone is not None
    assert (undone.kind, undone.paper_id) == ("unhide", 1)  # the reader's own last action, not ours
    assert two.readers.state(ada).hidden == {1}


def test_an_old_number_is_good_for_actions(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    two.readers.create_collection(ada, "c")
    two.papers.add([BOTH])
    two.readers.log(ada, [Event("save", 2, at=MAY[0]), Event("impression", 2)])
    two.readers.add_to_collection(ada, "c", 2)
    assert (two.readers.state(ada).saved, two.readers.collections(ada)) == ({1: MAY[0]}, {"c": (1,)})


def test_states_together() -> None:
    mine = PaperState("2026-05-02", 1, False, "2026-05-02", {"a"})
    theirs = PaperState("2026-05-01", -1, True, "2026-05-03", {"b"})
    joint = PaperState(None, -1, False, "2026-05-03", {"b"})
    assert combined([mine, theirs], joint) == PaperState("2026-05-01", -1, True, "2026-05-03", {"a", "b"})
    assert combined([mine, PaperState()], PaperState()) == replace(mine, opened_at=None)
