"""How readers steer, as it is stored: whole, undone, at an earlier time, and with what becomes of papers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadsheet.catalogue import Catalogue, Mute, Steering, StoredInterest
from broadsheet.catalogue.steering import UNSTEERED
from broadsheet.kit.errors import UnknownReader
from tests.catalogue.made import BOTH
from tests.clock import NOON

CLOCKS = StoredInterest("clocks", papers=frozenset({1, 2}))
SAID = StoredInterest("said", kind="sentence", value="no wasps", weight=2.0, quota=0.25, state="muted", named=True)


def test_a_steering_is_written_whole_and_undone(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    table = two.readers.steering
    assert (table.of(ada), table.undo(ada), table.last_change(ada)) == (UNSTEERED, None, None)
    first = table.write(ada, Steering((CLOCKS, SAID), (Mute("word", "survey"),)), "made two")
    assert first is not None
    assert [one.id for one in first.interests] == [1, 2]
    assert table.of(ada) == first
    assert [one.is_touched for one in first.interests] == [False, True]
    second = table.write(ada, Steering(first.interests[:1]), "deleted said", expected=first)
    assert second == Steering(first.interests[:1])
    assert table.write(ada, first, "late", expected=first) is None
    assert table.of(ada) == second
    assert table.last_change(ada) == "deleted said"
    assert table.undo(ada) == "deleted said"
    assert table.of(ada) == first
    assert (table.undo(ada), table.of(ada), table.undo(ada)) == ("made two", UNSTEERED, None)
    third = table.write(ada, Steering((CLOCKS,)))
    assert third is not None
    assert third.interests[0].id == 3  # numbers are never given twice
    assert table.last_change(ada) is None
    with pytest.raises(UnknownReader):
        table.write(99, UNSTEERED)


def test_an_earlier_time_and_only_the_latest_changes_are_kept(two: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet.catalogue.steering._KEPT", 3)
    ada = two.readers.get("ada", create=True).id
    table = two.readers.steering
    for n in range(5):
        table.write(ada, Steering(mutes=(Mute("word", f"w{n}"),)), f"change {n}")
    assert table.at(ada, NOON + timedelta(days=1)) == table.of(ada)
    assert table.at(ada, NOON - timedelta(days=1)).mutes == (Mute("word", "w1"),)  # as far as changes are kept
    assert [table.undo(ada) for _ in range(4)] == ["change 4", "change 3", "change 2", None]


def test_papers_are_followed_when_they_are_merged_parted_deleted_and_restored(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    table = two.readers.steering
    table.write(ada, Steering((CLOCKS,)), "first")
    table.write(ada, UNSTEERED, "second")
    table.undo(ada)
    two.papers.add([BOTH])
    assert table.of(ada).interests[0].papers == {1}
    deletion = two.papers.delete(1)
    assert table.of(ada).interests[0].papers == {1}
    (number,) = two.papers.restore(deletion)
    assert table.of(ada).interests[0].papers == {number}
    assert two.community.belongings.all(ada)["interest_papers"] == [{"interest_id": 1, "paper_id": number}]
    two.readers.forget_history(ada)
    assert (table.of(ada), table.undo(ada)) == (UNSTEERED, None)
