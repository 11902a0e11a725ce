"""Like this, but …: both sides count as said, the paper itself stays out, filters are exact, reasons add up."""

from __future__ import annotations

import pytest

from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import SearchPage
from broadsheet.pipeline.search.by_example import WORDS
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD


def scores(page: SearchPage) -> dict[str, float]:
    return {key: result.score for key, result in zip(world.keys(page), page.results, strict=True)}


@pytest.mark.parametrize("words", ["swarming", "rye crust", "oven spring season"])
def test_a_score_is_the_mean_of_nearness_and_fit_each_with_its_best_at_one(shared: Library, words: str) -> None:
    # all 120 papers are candidates of both sides when 1000 are asked for
    near = scores(shared.similar(["bees-0"], k=1000))
    fit = scores(shared.search(f"{words} -id:bees-0", 1000))
    found = scores(shared.search(f"like:bees-0 but {words}", 1000))
    best = max(near.values()), max(fit.values())
    expected = {key: (1 - WORDS) * near.get(key, 0) / best[0] + WORDS * fit.get(key, 0) / best[1] for key in near | fit}
    assert found == pytest.approx(expected, rel=1e-4)
    assert list(found) == sorted(found, key=lambda key: -found[key])


def test_words_choose_among_the_papers_like_it(shared: Library) -> None:
    page = shared.search("like:bees-0 but for bumblebee", 6)
    for result in page.results:
        assert "bees report" in result.stored.paper.title
        assert "bumblebee" in result.matched
    assert [stored.source_ids[0][1] for stored in page.liked] == ["bees-0"]


@pytest.mark.parametrize(
    "name", ["bees-0", str(world.paper(BEES, 0).ids.arxiv), f'"arXiv:{world.paper(BEES, 0).ids.arxiv}"']
)
def test_a_paper_goes_by_any_id_and_is_not_among_its_own_results(shared: Library, name: str) -> None:
    page = shared.search(f"like:{name} but honeycomb", 1000)
    assert page.notes == ()
    assert "bees-0" not in world.keys(page)
    assert page.total == 4 * world.EACH - 1


def test_what_follows_but_not_is_left_out(shared: Library) -> None:
    without = world.keys(shared.search("like:bread-0 but not oven spring", 1000))
    assert without
    held = set(world.keys(shared.search('"oven spring"', 1000)))
    assert not held & set(without)
    assert set(world.keys(shared.search("like:bread-0 but kneading -rye", 1000))).isdisjoint(
        world.keys(shared.search("rye OR rye", 1000))
    )


def test_filters_are_exact(shared: Library) -> None:
    page = shared.search("like:bread-0 but crust year:2020.. author:Krume", 1000)
    assert world.keys(page)
    for result in page.results:
        assert (result.stored.paper.year or 0) >= 2020
        assert any("Krume" in person.name for person in result.stored.paper.authors)


def test_the_reasons_tell_both_shares_and_the_words(shared: Library) -> None:
    for result in shared.search("like:bees-0 but swarming", 20).results:
        kinds = {reason.kind: reason for reason in result.reasons}
        assert set(kinds) == {"near", "terms"}
        assert kinds["near"].weight + kinds["terms"].weight == pytest.approx(1)
        assert result.reasons[0].weight >= result.reasons[1].weight
        assert result.lexical + result.semantic == pytest.approx(1)
        assert kinds["terms"].terms == result.matched
        assert kinds["near"].text.startswith("near the paper")
        assert not any("%" in reason.text for reason in result.reasons)  # a share is no degree of fit
        paper = result.stored.paper
        assert all(word in f"{paper.title} {paper.abstract}".lower() for word in kinds["near"].terms)
        assert "swarming" not in kinds["near"].terms
        marked = {span.text.lower() for span in (*result.title, *result.snippet) if span.matched}
        assert marked <= {"swarming"}
    best = shared.search("like:bees-0 but swarming", 1).results[0]
    assert best.matched == ("swarming",)
    assert "fits your words: swarming" in " ".join(reason.text for reason in best.reasons)


def test_without_words_it_is_similar(shared: Library) -> None:
    page, similar = (
        shared.search("like:bees-0 like:bees-1 -like:ships-0", 30),
        shared.similar(["bees-0", "bees-1"], ["ships-0"], 30),
    )
    assert scores(page) == pytest.approx(scores(similar))
    assert page.results[0].reasons[0].text.startswith("near the papers, sharing ")


def test_stop_words_say_nothing(shared: Library) -> None:
    assert scores(shared.search("like:bees-0 but for the", 30)) == pytest.approx(
        scores(shared.similar(["bees-0"], k=30))
    )


def test_pages_and_bare_ids_follow_the_same_order(shared: Library) -> None:
    whole = world.keys(shared.search("like:bees-0 but rye", 30))
    assert world.keys(shared.search("like:bees-0 but rye", 10, 10)) == whole[10:20]
    hits = shared.search_ids("like:bees-0 but rye", 30)
    assert [p.source_ids[0][1] for p in shared.papers(hits.ids.tolist())] == whole
    among = [world.key(BREAD, n) for n in range(5)]
    assert set(world.keys(shared.search("like:bees-0 but rye", 30, among=among))) <= set(among)


def test_a_paper_that_is_not_here_is_noted_and_the_words_remain(shared: Library) -> None:
    page = shared.search("like:nowhere but rye crust", 10)
    assert page.notes == ("like:nowhere is no paper in this library",)
    assert world.keys(page) == world.keys(shared.search("rye crust", 10))
    alone = shared.search("like:nowhere", 10)
    assert (alone.results, alone.notes) == ((), ("like:nowhere is no paper in this library",))
    away = shared.search("-like:bread-0 rye crust", 1000)
    assert "bread-0" not in world.keys(away)
    assert "only together with like:" in away.notes[0]


def test_similar_takes_the_words_too(shared: Library) -> None:
    page = shared.similar(["bees-0"], ["ships-0"], 10, but="swarming, but not nectar")
    number, other = shared.resolve("bees-0"), shared.resolve("ships-0")
    same = shared.search(f"like:{number} -like:{other} but swarming, but not nectar", 10)
    assert page.query == same.query
    assert scores(page) == scores(same)
    with pytest.raises(UnknownPaper, match="nowhere"):
        shared.similar(["nowhere"], but="rye")
    with pytest.raises(UsageError, match="not both"):
        shared.similar(["bees-0"], but="rye", aspect="task")


def test_an_empty_library_has_nothing_like_anything(empty: Library) -> None:
    page = empty.search("like:1 but rye", 10)
    assert (page.results, page.total) == ((), 0)
