"""The last replay and the drafts of readers: one of each a reader, gone with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.experiments import Interleaving
from broadsheet.kit.reader_actions import LAST_DAY, days_away
from tests.clock import NOON


@pytest.fixture
def who(catalogue: Catalogue) -> tuple[int, int]:
    ada, bo = (catalogue.readers.get(name, create=True).id for name in ("ada", "bo"))
    return ada, bo


def test_the_last_report_is_kept_for_each_reader(catalogue: Catalogue, who: tuple[int, int]) -> None:
    kept = catalogue.readers.experiments
    assert kept.last_replay(who[0]) is None
    kept.keep_replay(who[0], {"saves": 1, "says": ["zu wenig: “ä”"]})
    kept.keep_replay(who[0], {"saves": 2, "says": []})
    kept.keep_replay(who[1], {"saves": 3})
    last = kept.last_replay(who[0])
    assert last is not None
    assert (last[1], last[0] <= catalogue.now()) == ({"saves": 2, "says": []}, True)


def test_a_draft_that_begins_ends_the_one_before(catalogue: Catalogue, who: tuple[int, int]) -> None:
    drafts = catalogue.readers.experiments
    assert drafts.interleaving(who[0]) is drafts.running(who[0]) is None
    drafts.start_interleaving(who[0], {"recency": 0.5})
    first = drafts.interleaving(who[0])
    assert first is not None
    assert (first.is_running, first.other) == (True, {"recency": 0.5})
    drafts.start_interleaving(who[0], {"ranking": "words"})
    second = drafts.running(who[0])
    assert second is not None
    assert second.started_at >= first.started_at
    assert second.other == {"ranking": "words"}
    drafts.stop_interleaving(who[0])
    drafts.stop_interleaving(who[0])  # a second time changes nothing
    stopped = drafts.interleaving(who[0])
    assert isinstance(stopped, Interleaving)
    assert (stopped.is_running, drafts.running(who[0]), drafts.interleaving(who[1])) == (False, None, None)


def test_both_belong_to_their_reader(catalogue: Catalogue, who: tuple[int, int]) -> None:
    kept, belongings = catalogue.readers.experiments, catalogue.community.belongings
    for reader in who:
        kept.keep_replay(reader, {"saves": reader})
        kept.start_interleaving(reader, {"recency": 1})
    mine = belongings.all(who[0])
    assert (
        [row["reader_id"] for row in mine["replays"]] == [row["reader_id"] for row in mine["interleavings"]] == [who[0]]
    )
    catalogue.readers.forget_history(who[0])
    assert (kept.last_replay(who[0]), kept.interleaving(who[0])) == (None, None)
    assert kept.last_replay(who[1]) is not None
    belongings.remove(who[1], with_comments=False)
    assert kept.last_replay(who[1]) is None
    assert catalogue.check() == []


def test_days_away_are_counted_as_begun_and_end_with_a_year() -> None:
    def away(days: float) -> int:
        return days_away(NOON - timedelta(days=days), NOON)

    assert [away(0), away(0.5), away(1), away(7.1), away(9999)] == [1, 1, 2, 8, LAST_DAY]
    assert (days_away(None, NOON), away(-3)) == (0, 0)  # never, and a clock that was wrong
