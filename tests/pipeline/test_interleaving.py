"""Two mixes share a page: the draft, who is credited, and when the verdict is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

import broadsheet
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.interleaving import sign_test, teams_of, verdict
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_mix_report import Time

TIME = Time()


@pytest.fixture
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library whose reader likes clocks and reads one page a day."""
    TIME.now = NOON
    with broadsheet.open(tmp_path_factory.mktemp("draft") / "library", clock=TIME) as library:  # type: ignore[arg-type]
        library.add(*world.records(count=15))
        world.act(library, "save", "clocks-1", "clocks-2")
        library.tune("me", recency=0, diversity=0, exploration=0)
        yield library


def read(library: Library, day: int, *, wanted: str = "", reader: str = "me") -> Counter[str]:
    """Read the page of a day, save two papers of the wanted team, and count the teams."""
    TIME.now = NOON + timedelta(days=day)
    page = library.feed(reader, 10)
    for item in [one for one in page.items if one.team == wanted][:2]:
        library.act(reader, item.stored.id, "save", position=item.position, policy=page.policy)
    assert all(one.propensity is None for one in page.items if one.team)
    return Counter(one.team for one in page.items)


def test_teams_pick_in_turns_and_every_paper_once() -> None:
    own, other = [1, 2, 3, 4, 5], [3, 2, 9, 8]
    for seed in range(20):
        picks = teams_of(own, other, 4, np.random.default_rng(seed))
        assert len({paper for paper, _ in picks}) == 4
        assert [team for _, team in picks].count(True) == 2
        for of_other, ranking in ((False, own), (True, other)):
            mine = [ranking.index(paper) for paper, team in picks if team is of_other]
            assert mine == sorted(mine)
    firsts = Counter(teams_of(own, other, 4, np.random.default_rng(seed))[0] for seed in range(200))
    assert set(firsts) == {(1, False), (3, True)}
    assert min(firsts.values()) > 70
    assert teams_of([1], [], 5, np.random.default_rng(0)) == [(1, False)]
    assert teams_of([], [], 5, np.random.default_rng(0)) == []


def test_a_page_is_of_both_and_the_same_all_day(library: Library) -> None:
    assert read(library, 0) == {"": 10}
    library.start_interleaving("me", recency=1)
    page = library.feed("me", 10)
    assert Counter(item.team for item in page.items) == {"own": 5, "other": 5}
    again = library.feed("me", 10)
    assert [(item.stored.id, item.team) for item in again.items] == [(i.stored.id, i.team) for i in page.items]
    topics = {item.stored.paper.title.split()[-3] for item in page.items if item.team == "own"}
    assert topics == {"clocks"}
    assert page.policy.startswith("draft ")
    assert "team" not in page.policy  # whose paper it is stays untold, so that nobody is biased
    who = library.catalogue.readers.get("me").id
    policies = {one.policy.rpartition(" team ")[2] for one in library.catalogue.readers.whole_log(who) if one.position}
    assert policies >= {"own", "other"}


def test_the_team_of_a_wanted_paper_is_credited_once_a_page(library: Library) -> None:
    library.start_interleaving("me", recency=1)
    for day, team in enumerate(["own"] * 6 + ["other"] + [""] * 2):
        read(library, day, wanted=team)
    found = library.interleaving("me")
    assert found is not None
    draft, told = found
    assert draft.is_running
    assert (told.pages, told.own, told.other, told.even, told.wanted) == (9, 6, 1, 2, (12, 2))
    assert told.p == pytest.approx(0.125)
    assert told.needed is not None
    assert 1 <= told.needed < 40
    assert told.says.startswith(
        "9 pages: 6 for your mix, 1 for the other, 2 even: too few to tell (sign test, p = 0.12)"
    )
    for day in range(9, 13):
        read(library, day, wanted="own")
    last = library.interleaving("me")
    assert last is not None
    assert (last[1].needed, last[1].says.endswith("Your own is better (sign test, p = 0.012).")) == (0, True)
    assert last[1].share is not None
    assert last[1].share.high < 0.5
    library.undo("me")
    library.undo("me")
    undone = library.interleaving("me")
    assert undone is not None
    assert undone[1].own == 9  # what was undone was not wanted


def test_a_stopped_draft_keeps_its_verdict_and_pages_are_of_one_mix(library: Library) -> None:
    with pytest.raises(UsageError, match="no draft of me is running"):
        library.stop_interleaving("me")
    assert library.interleaving("me") is None
    for other, says in (({"recency": 0.0}, "the other mix is your own"), ({"recency": 3}, "between 0 and 1")):
        with pytest.raises(UsageError, match=says):
            library.start_interleaving("me", **other)
    with pytest.raises(UsageError, match="no ranking is called 'fame'"):
        library.start_interleaving("me", ranking="fame")
    with pytest.raises(UsageError, match="nothing called 'size' to tune"):
        library.start_interleaving("me", size=3)
    library.start_interleaving("me", ranking="words")
    assert read(library, 0, wanted="other") == {"own": 5, "other": 5}
    library.stop_interleaving("me")
    assert read(library, 1) == {"": 10}
    found = library.interleaving("me")
    assert found is not None
    assert (found[0].is_running, dict(found[0].other), found[1].other) == (False, {"ranking": "words"}, 1)
    library.start_interleaving("me", recency=0.5)  # another begins with nothing
    again = library.interleaving("me")
    assert again is not None
    assert (again[1].pages, again[1].says) == (0, "No page was drafted yet: read one first.")


def test_the_draft_of_the_settings_is_everybodys(library: Library) -> None:
    (library.path / "broadsheet.toml").write_text('[feed]\ninterleave = "recency=1 diversity=0"\n', encoding="utf-8")
    library.create_reader("ann")
    library.act("ann", "bees-1", "save")
    with broadsheet.open(library.path, clock=TIME) as site:  # type: ignore[arg-type]
        assert read(site, 1, wanted="own") == {"own": 5, "other": 5}
        assert read(site, 1, wanted="other", reader="ann") == {"own": 5, "other": 5}
        assert site.feed("", 10, log=False).items[0].team == ""
        told = site.site_verdict()
        assert (told.pages, told.own, told.other, told.wanted) == (2, 1, 1, (2, 2))
        assert site.interleaving("me") is None
    who = library.catalogue.readers.get("ann").id
    assert verdict([library.catalogue.readers.whole_log(who)], "another").pages == 0


def test_a_sign_test_is_exact() -> None:
    assert [sign_test(0, 0), sign_test(1, 1), sign_test(5, 10)] == [1, 1, 1]
    assert sign_test(0, 6) == pytest.approx(2 / 64)
    assert sign_test(9, 10) == pytest.approx(22 / 1024)
