"""Whose papers a page of several interests holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedItem, Reason, Stored
from broadsheet_lab.bench.feed.page_shares import named_interests, page_shares, share_errors
from broadsheet_lab.bench.feed.readers import FeedReader
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS, paper

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def item(*named: int) -> FeedItem:
    reasons = (Reason("terms", "shares words"), *(Reason("near", "like a save", paper_id=number) for number in named))
    return FeedItem(Stored(1, paper(BEES, 1), WHEN), 1, 1.0, reasons)


def test_a_paper_belongs_to_the_interest_of_the_first_save_it_names() -> None:
    of_save = {7: 0, 8: 1}
    assert named_interests([item(8, 7), item(7), item(), item(99, 8)], of_save).tolist() == [1, 0, 1]
    assert named_interests([], of_save).tolist() == []


def test_the_error_is_the_mean_distance_from_the_shares_of_the_saves() -> None:
    assert share_errors(np.array([0, 0, 1, 1]), [10, 10]) == 0.0
    assert share_errors(np.array([0, 0, 0, 1]), [10, 10]) == pytest.approx(0.25)
    assert share_errors(np.array([], np.int64), [3, 1]) == pytest.approx(0.5)


def test_pages_of_the_product_are_read(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library") as library:
        library.add(*world.records((CLOCKS, BEES)))
        _check(library)


def _check(library: Library) -> None:
    own = [np.array([library.resolve(world.key(topic, n)) for n in range(0, 30, 3)]) for topic in (CLOCKS, BEES)]
    saved = np.concatenate(own)
    numbers = np.arange(int(saved.max()) + 1)
    reader = FeedReader("0" * 16, saved, np.array([], np.int64), tuple(own))
    number = page_shares(library, numbers, [reader])
    assert "2 interests" in number.what
    assert 0 <= number.value <= 0.1
    assert page_shares(library, numbers, [reader]).value == number.value  # the reader is there already
