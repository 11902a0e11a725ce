"""Groups of saves: how many, stable, and known again; their names; whose share of the page is which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.catalogue import Steering, StoredInterest
from broadsheet.pipeline.feed.clusters import MOST, Tree, groups, matched
from broadsheet.pipeline.feed.interest_names import _nameless
from broadsheet.pipeline.feed.naming import Group, names_of
from broadsheet.pipeline.feed.own_interests import Seeds, arranged, shares_of
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS


def papers_about(topics: int, each: int, noise: float = 0.5) -> NDArray[np.float32]:
    """Unit vectors of papers in time order, one topic after the other in turn."""
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(40)[None, :topics], each, axis=0).reshape(-1, 40) + noise * rng.normal(
        0, 40**-0.5, (topics * each, 40)
    )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize(("topics", "each"), [(1, 1), (1, 12), (2, 5), (3, 20), (5, 12)])
def test_the_number_of_groups_is_read_from_the_papers(topics: int, each: int) -> None:
    x = papers_about(topics, each)
    label = groups(x @ x.T)
    assert len(set(label.tolist())) == topics
    assert all(len(set(label[at::topics].tolist())) == 1 for at in range(topics))
    assert groups(x @ x.T).tolist() == label.tolist()


def test_no_papers_have_no_groups_and_equal_ones_have_one() -> None:
    assert groups(np.zeros((0, 0), np.float32)).tolist() == []
    assert set(groups(np.ones((30, 30), np.float32)).tolist()) == {0}
    assert len(Tree.of(np.eye(50, dtype=np.float32)).labels) == MOST


def test_near_a_border_the_number_stays_as_it_was() -> None:
    x = papers_about(2, 6)
    tree = Tree.of(x @ x.T)
    assert (tree.number(), tree.number(before=2), tree.number(before=1)) == (2, 2, 2)
    n = len(tree.costs)
    border = 0.8 + 0.25 * n**0.5
    close = replace(tree, costs=np.where(np.arange(n) == 1, 1.05 * border, 0.5))
    assert (close.number(), close.number(before=1), close.number(before=2)) == (2, 1, 2)


def test_groups_are_known_again_by_their_papers() -> None:
    assert matched([{1, 2, 3}, {4, 5}], [{4, 5, 6}, {1, 2}]) == [1, 0]
    assert matched([{1}, {2}, {3}], [{1, 2}]) == [0, None, None]
    assert matched([], [{1}]) == []


def test_names_are_the_words_that_set_groups_apart(shared: Library) -> None:
    snapshot = shared.snapshot()
    made = []
    for topic in (CLOCKS, BEES):
        stored = shared.papers([shared.resolve(world.key(topic, n)) for n in range(12)])
        rows = snapshot.rows_of([one.id for one in stored])
        made.append(([one.paper.title for one in stored], snapshot.dense.vectors(rows).mean(axis=0)))
    (clocks, a), (bees, b) = made
    names = names_of(snapshot, [Group(clocks, a - b), Group(bees, b - a)])
    for name, topic in zip(names, (CLOCKS, BEES), strict=True):
        phrases = name.split(", ")
        assert 1 <= len(phrases) <= 3
        words = " ".join((*topic.subjects, topic.name)).split()
        assert all(set(phrase.split()) <= set(words) for phrase in phrases), name
    assert names_of(snapshot, [Group(["Towards the of"], a), Group([], b)]) == ["", ""]
    twice = names_of(snapshot, [Group(clocks, a), Group(clocks, a)])
    assert len(set(twice)) == 2


def test_an_interest_keeps_its_number_and_name_as_saves_are_added() -> None:
    x = papers_about(2, 12)
    numbers = list(range(100, 124))
    first = arranged(numbers[:16], [x[:16]], Steering())
    assert [len(one.papers) for one in first.all] == [8, 8]
    known = [replace(one, id=at, name=f"interest {at}") for at, one in enumerate(first.stored, start=7)]
    later = arranged(numbers, [x], Steering(tuple(known[::-1])))
    assert {one.stored.id: one.papers for one in later.all} == {
        7: tuple(numbers[::2]) if 100 in first.all[0].papers else tuple(numbers[1::2]),
        8: tuple(numbers[1::2]) if 100 in first.all[0].papers else tuple(numbers[::2]),
    }
    assert [one.stored.name for one in later.all] == ["interest 8", "interest 7"]


def test_papers_given_to_an_interest_stay_and_new_ones_join_it() -> None:
    x = papers_about(2, 10)
    chosen = StoredInterest("mine", id=1, kind="chosen", papers=frozenset(range(0, 12, 2)))
    gone = StoredInterest("old", id=2, kind="saves", papers=frozenset({900}))
    empty = StoredInterest("empty", id=3, kind="tag", value="nothing")
    own = arranged(list(range(20)), [x], Steering((chosen, gone, empty)), {3: Seeds((), offered=False)})
    assert [(one.stored.name, one.papers) for one in own.all] == [
        ("mine", tuple(range(0, 20, 2))),
        ("empty", ()),
        ("", tuple(range(1, 20, 2))),
    ]
    assert own.stored[0].papers == frozenset(range(0, 20, 2))


def test_what_an_interest_finds_belongs_to_it_but_for_saves() -> None:
    x = papers_about(1, 6)
    sentence = StoredInterest("said", id=4, kind="sentence", value="x", named=True)
    seeds = {4: Seeds((3, 4, 5, 50, 51), against=frozenset({51}), sure=True)}
    own = arranged(list(range(6)), [x], Steering((sentence,)), seeds, standing={4, 5})
    assert [one.papers for one in own.all] == [(4, 5), (0, 1, 2, 3)]
    assert own.matching == {3: 0, 4: 0, 5: 0, 50: 0}
    assert own.sure == {3, 4, 5, 50}
    assert own.all[0].against == {51}


def test_shares_are_damped_counts_times_weights_but_for_quotas_and_mutes() -> None:
    x = papers_about(3, 16)
    own = arranged(list(range(48)), [x], Steering())
    assert [one.share for one in shares_of(own, np.ones(48, np.float32)).all] == pytest.approx([1 / 3] * 3, abs=0.02)
    few = np.where(np.arange(48) % 3, 1, 0.1).astype(np.float32)
    few_share = min(one.share for one in shares_of(own, few).all)
    assert few_share == pytest.approx(0.1**0.5 / (2 + 0.1**0.5), abs=0.02)
    changed = [replace(own.all[0].stored, quota=0.5), replace(own.all[1].stored, state="muted"), own.all[2].stored]
    steered = replace(own, all=tuple(replace(one, stored=new) for one, new in zip(own.all, changed, strict=True)))
    assert [one.share for one in shares_of(steered, np.ones(48, np.float32)).all] == pytest.approx([0.5, 0, 0.5])
    one_key = own.all[0]
    assert (one_key.key, replace(one_key, stored=replace(one_key.stored, id=5)).key) == ("p0", "5")


@pytest.mark.parametrize(
    ("titles", "name"),
    [
        ([], "Untitled"),
        ([""], "Untitled"),
        (["Kelp " * 20], ("Kelp " * 20)[:60]),
        (["Kelp", "Bread", "Snow"], "Kelp"),
        (["Kelp", "Bread", "Snow", "Glass"], "various topics"),
    ],
)
def test_papers_without_words_in_common_are_called_so(titles: list[str], name: str) -> None:
    assert _nameless(titles) == name
