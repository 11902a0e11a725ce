"""Steering: interests found and made, mutes, what a change moves, undo, the page of an earlier day, true reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from broadsheet.catalogue import Mute
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Identifiers
from broadsheet.pipeline.feed import ranking
from broadsheet.pipeline.feed.mutes import query_of
from broadsheet.pipeline.feed.steering import MOST_INTERESTS, Wish
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_feed import plain, topics
from tests.pipeline.world import BEES


@pytest.fixture
def two(library: Library) -> Library:
    """A reader of clocks and bees."""
    for topic in ("clocks", "bees"):
        world.act(library, "save", *(f"{topic}-{n}" for n in range(0, 12, 2)))
    plain(library, diversity=0.34)
    return library


def is_balanced(library: Library) -> bool:
    """Whether a page of twenty has both topics in about equal parts, and nothing else."""
    counts = topics(library.feed("me", 20, log=False))
    return counts.keys() == {"clocks", "bees"} and min(counts.values()) >= 8


def keys(library: Library) -> dict[str, str]:
    """Topic → the key of the interest that has its first save."""
    return {
        topic: one.key
        for topic in ("clocks", "bees")
        for one in library.steering.view("me").interests
        if library.resolve(f"{topic}-0") in one.papers
    }


def test_interests_are_found_stored_with_the_page_and_share_it(two: Library) -> None:
    found = two.steering.view("me").interests
    assert [one.stored.id for one in found] == [0, 0]
    assert [one.share for one in found] == pytest.approx([0.5, 0.5], abs=0.05)
    assert all(one.key.startswith("p") and one.stored.name for one in found)
    page = two.feed("me", 20)
    assert is_balanced(two)
    stored = two.steering.view("me").interests
    assert sorted(one.key for one in stored) == ["1", "2"]
    assert {one.stored.name for one in stored} == {one.stored.name for one in found}
    names = {one.key: one.stored.name for one in stored}
    for item in page.items:
        (reason,) = (reason for reason in item.reasons if reason.kind == "interest")
        assert reason.text == f"part of your interest “{names[reason.interest]}”"
    world.act(two, "save", "clocks-12", "clocks-14", "clocks-16")
    two.feed("me", 20)
    assert {one.key: one.stored.name for one in two.steering.view("me").interests} == names


def test_a_weight_a_quota_and_a_mute_move_the_page_and_are_undone(two: Library) -> None:
    clocks = keys(two)["clocks"]
    moved = two.steering.weigh("me", clocks, 3)
    assert moved.label.startswith("weighed “")
    assert set(world.topics_of(_named(two, moved.left))) == {"bees"}
    assert len(moved.left) == len(moved.came) >= 4
    assert topics(two.feed("me", 20, log=False))["clocks"] >= 13
    two.steering.set_quota("me", keys(two)["bees"], 0.25)
    shares = {one.key: one.share for one in two.steering.view("me").interests}
    assert shares[keys(two)["bees"]] == pytest.approx(0.25)
    assert topics(two.feed("me", 20, log=False))["bees"] == 5
    two.steering.set_state("me", keys(two)["bees"], "muted")
    page = two.feed("me", 20, log=False)
    assert topics(page)["bees"] == 0
    assert [(one.kind, one.papers > 0) for one in page.muted] == [("interest", True)]
    undone = [two.steering.undo("me") for _ in range(3)]
    assert [one.label.split()[0] for one in undone if one] == ["muted", "changed", "weighed"]
    assert is_balanced(two)
    assert two.steering.undo("me") is None


def _named(library: Library, ids: tuple[int, ...]) -> list[str]:
    return [stored.source_ids[0][1] for stored in library.papers(ids)]


def test_rename_split_merge_and_delete(two: Library) -> None:
    clocks, bees = keys(two)["clocks"], keys(two)["bees"]
    two.steering.rename("me", clocks, "  Time   pieces ")
    with pytest.raises(UsageError, match="already"):
        two.steering.rename("me", bees, "Time pieces")
    two.steering.split("me", "Time pieces", [two.resolve("clocks-0"), two.resolve("clocks-2")])
    view = two.steering.view("me").interests
    parts = {one.stored.name: len(one.papers) for one in view}
    assert parts["Time pieces"] == 4
    assert sorted(parts.values()) == [2, 4, 6]
    other = next(one for one in view if len(one.papers) == 2)
    assert other.stored.kind == "chosen"
    two.steering.merge("me", other.key, "Time pieces")
    assert sorted(len(one.papers) for one in two.steering.view("me").interests) == [6, 6]
    two.steering.split("me", keys(two)["bees"])
    assert len(two.steering.view("me").interests) == 3
    two.steering.undo("me")
    two.steering.delete("me", keys(two)["clocks"])
    assert topics(two.feed("me", 20, log=False))["clocks"] == 0
    assert len(two.steering.view("me").deleted) == 1
    assert len(two.state("me").saved) == 12
    world.act(two, "save", "clocks-20")  # a new save brings the topic back
    assert topics(two.feed("me", 20, log=False))["clocks"] > 0
    two.steering.reset("me")
    assert sorted(len(one.papers) for one in two.steering.view("me").interests) == [6, 7]
    for which in ("no such", "p999999", "77"):
        with pytest.raises(UsageError, match="no interest"):
            two.steering.interest("me", which)
    with pytest.raises(UsageError, match="itself"):
        two.steering.merge("me", keys(two)["bees"], keys(two)["bees"])


@pytest.mark.parametrize(
    ("kind", "value"),
    [("author", "Laib"), ("search", "sourdough"), ("sentence", "sourdough and rye bread, no oven spring papers")],
)
def test_an_interest_is_made_from_what_finds_papers(two: Library, kind: str, value: str) -> None:
    moved = two.steering.make("me", kind, value, "Bread")
    came = world.topics_of(_named(two, moved.came))
    assert came.count("bread") >= max(len(came) / 2, 3)
    page = two.feed("me", 20, log=False)
    bread = [item for item in page.items if world.topics_of([item.stored.source_ids[0][1]]) == ["bread"]]
    assert any(reason.text == "found by your interest “Bread”" for item in bread for reason in item.reasons)
    if kind == "sentence":
        texts = [item.stored.paper.text.lower() for item in bread if "found" in str(item.reasons)]
        assert not any("oven spring" in text for text in texts)
    with pytest.raises(UsageError, match="already"):
        two.steering.make("me", kind, value)
    two.steering.delete("me", "Bread")
    assert is_balanced(two)


def test_a_tag_a_collection_and_a_list_make_interests_without_saves(library: Library) -> None:
    plain(library)
    for n in range(4):
        library.act("me", f"ships-{n}", "tag", "sea")
        library.collect("me", "loaves", f"bread-{n}")
    library.steering.make("me", "tag", "sea")
    assert topics(library.feed("me", 10, log=False)) == {"ships": 10}
    library.steering.make("me", "collection", "loaves")
    library.steering.make("me", "list", "", "Bee list", [library.resolve(f"bees-{n}") for n in range(4)])
    page = library.feed("me", 30, log=False)
    assert set(topics(page)) == {"ships", "bread", "bees"}
    assert not {"ships-0", "bread-0", "bees-0"} & set(world.keys(page))  # known to the reader
    for kind, value in (("tag", "none"), ("collection", "none"), ("shelf", "x"), ("list", "")):
        with pytest.raises(UsageError):
            library.steering.make("me", kind, value)
    library.act("me", "ships-0", "untag", "sea")
    assert len(library.steering.interest("me", "sea").papers) == 3


def test_mutes_filter_hard_and_are_counted(two: Library) -> None:
    for kind, value in (("word", "pendulum"), ("author", "Imker"), ("venue", "Annals of Horology")):
        two.steering.mute("me", kind, value)
    page = two.feed("me", 100, log=False)
    for item in page.items:
        paper = item.stored.paper
        assert "pendulum" not in paper.text.lower()
        assert not any("Imker" in author.name for author in paper.authors)
        assert paper.venue != "Annals of Horology"
    assert {(one.kind, one.papers > 0) for one in page.muted} == {("word", True), ("author", True), ("venue", True)}
    assert page.muted[0].by == "the muted word “pendulum”"
    two.steering.mute("me", "word", "xyzzyquux")
    assert two.feed("me", 100, log=False).muted[-1].papers == 0
    assert len(two.feed("me", 100, log=False).items) == len(page.items)
    two.steering.unmute("me", "word", "pendulum")
    assert any("pendulum" in item.stored.paper.text.lower() for item in two.feed("me", 100, log=False).items)
    for kind, value in (("word", "?!"), ("word", "x" * 300), ("year", "2020"), ("author", "Imker")):
        with pytest.raises(UsageError):
            two.steering.mute("me", kind, value)
    with pytest.raises(UsageError, match="not muted"):
        two.steering.unmute("me", "word", "pendulum")
    assert query_of(Mute("organisation", 'a "b"')) == 'org:"a b"'


def test_a_sentence_is_read() -> None:
    assert Wish.of("robot learning from touch, no simulation-only papers") == Wish(
        "robot learning from touch", ("simulation",)
    )
    assert Wish.of("parsing without treebanks; not about English, in many languages") == Wish(
        "parsing in many languages", ("treebanks", "English")
    )
    assert Wish.of("nothing but bees") == Wish("nothing but bees")
    with pytest.raises(UsageError):
        Wish.of("no surveys")


def test_the_page_as_of_an_earlier_day(two: Library) -> None:
    before = two.steering.feed_as_of("me", NOON.date() - timedelta(days=30))
    assert (before.cold, before.items) == (True, ())  # nothing was there yet
    today = two.steering.feed_as_of("me", NOON.date(), 20)
    assert world.keys(today) == world.keys(two.feed("me", 20, log=False))
    assert today.policy.endswith(f"as-of={NOON.date()}")
    assert two.feed("me", 1, log=False).visited is None  # it logged nothing
    with pytest.raises(UsageError, match="still to come"):
        two.steering.feed_as_of("me", NOON.date() + timedelta(days=1))


def test_papers_that_are_merged_deleted_or_restored_keep_their_interest(two: Library) -> None:
    two.steering.rename("me", keys(two)["clocks"], "Clocks")
    two.steering.split("me", "Clocks", [two.resolve("clocks-0"), two.resolve("clocks-2")])
    deletion = two.delete("clocks-4")
    assert len(two.steering.interest("me", "Clocks").papers) == 3
    two.restore(deletion)
    assert two.resolve("clocks-4") in two.steering.interest("me", "Clocks").papers
    two.steering.undo("me")
    assert len(two.steering.interest("me", "Clocks").papers) == 6


def test_a_steering_of_another_reader_is_untouched(two: Library) -> None:
    two.create_reader("ada")
    world.act(two, "save", "ships-1", reader="ada")
    two.steering.mute("ada", "word", "rudder")
    assert two.steering.view("me").mutes == ()
    assert two.steering.undo("me") is None
    two.forget_history("ada")
    assert (two.steering.view("ada").mutes, two.steering.view("ada").interests) == ((), ())
    assert two.steering.undo("ada") is None


@pytest.mark.parametrize("n", [1, 2, 60])
def test_any_number_of_saves_makes_a_sensible_page(library: Library, n: int) -> None:
    saves = [f"{topic.name}-{i}" for i in range(30) for topic in world.TOPICS][:n]
    world.act(library, "save", *saves)
    world.act(library, "down", *saves[: n // 2])
    page = library.feed("me", 20)
    view = library.steering.view("me")
    assert len(page.items) == 20
    assert sum(one.share for one in view.interests) == pytest.approx(1)
    assert 1 <= len(view.interests) <= 8
    assert all(np.isfinite(item.score) for item in page.items)


def test_identical_papers_and_tiny_libraries(empty: Library) -> None:
    one = world.record(BEES, 0)
    ids = Identifiers()
    titles = enumerate(("Big swarm", "Late swarm", "Old swarm"))
    papers = [replace(one, source_id=f"b{n}", paper=replace(one.paper, title=title, ids=ids)) for n, title in titles]
    empty.add(*papers)
    world.act(empty, "save", "1", "2")
    assert [item.stored.id for item in empty.feed("me").items] == [3]
    (interest,) = empty.steering.view("me").interests
    assert interest.stored.name
    with pytest.raises(UsageError, match=r"no interest|two saves"):
        empty.steering.split("me", "p3")
    empty.steering.split("me", interest.key)
    assert len({one.stored.name for one in empty.steering.view("me").interests}) == 2
    for n in range(MOST_INTERESTS - 2):
        empty.catalogue.readers.steering.write(
            1, _with_one_more(empty, n), expected=empty.catalogue.readers.steering.of(1)
        )
    with pytest.raises(UsageError, match="at most"):
        empty.steering.make("me", "sentence", "one too many")


def _with_one_more(library: Library, n: int):  # type: ignore[no-untyped-def]
    from broadsheet.pipeline.feed.steering import made

    return made(library.catalogue.readers.steering.of(1), "sentence", f"swarms of kind {n}")


def test_the_named_save_is_of_the_topic_and_carries_a_share_of_the_score(two: Library) -> None:
    snapshot, state = two.snapshot(), two.state("me")
    model = two._readers.models.of(snapshot, two.reader("me"), state)
    assert model.interest is not None
    page = ranking.page(snapshot, "me", state, model.interest, two.tuning("me"), 12, NOON.date())
    places, shares = model.interest.taste.carriers(page.rows)
    saves = snapshot.ids[model.interest.taste.near.rows[places]].tolist()
    assert world.topics_of(_named(two, tuple(saves))) == world.topics_of(_named(two, tuple(snapshot.ids[page.rows])))
    assert ((shares > 0) & (shares <= 1)).all()
