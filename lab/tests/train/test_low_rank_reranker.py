"""Training the reranker: queries never show in their paper, the same seed gives the same file, bad input is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit import artifacts
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.training.word_encoder import Paper
from broadsheet_lab.ranking.low_rank_cross_encoder import CrossEncoder
from broadsheet_lab.train import low_rank_reranker as reranker
from broadsheet_lab.train.low_rank_reranker import train
from tests.pipeline import world

TOLD = "We propose a method for {0} and show how {0} and {1} are kept in a careful season of the {2} year."


def papers(count: int = 20) -> list[Paper]:
    """Papers of the invented world with sentences that say what they do."""
    found = []
    for n in range(count):
        for topic in world.TOPICS:
            made = world.paper(topic, n)
            first, second = topic.subjects[n % 6], topic.subjects[(n + 1) % 6]
            abstract = f"{made.abstract}. {TOLD.format(first, second, n)} Much is left to be learned about {second}."
            found.append(Paper(made.title, abstract, id=f"{topic.name}-{n}"))
    return found


def test_queries_are_titles_and_sentences_that_their_papers_do_not_show() -> None:
    rng = np.random.default_rng(0)
    paper = papers(1)[0]
    drawn = [reranker._draw_query(paper.title, paper.abstract, rng) for _ in range(300)]
    found = [query for query in drawn if query is not None]
    titles = [query for query in found if not query.shows_titles]
    assert 0.25 < len(titles) / len(found) < 0.45
    assert {(query.text, query.rest) for query in titles} == {(paper.title, paper.abstract)}
    others = [query for query in found if query.shows_titles]
    for query in others:
        assert query.text in paper.abstract
        assert query.text not in query.rest
        assert 6 <= len(query.text.split()) <= 32
    assert any(query.text.startswith("We propose") for query in others)
    assert reranker._draw_query("T", "One. Two. Three. Four.", np.random.default_rng(5)) in (
        None,
        reranker._Query("T", "One. Two. Three. Four.", shows_titles=False),
    )


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reranker, "MODULES", ("no_such_module",))
    with pytest.raises(UsageError, match=r"pip install './lab\[transformers\]'"):
        train(papers(), tmp_path / "a.bin")


def test_it_names_what_it_cannot_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reranker, "MODULES", ())
    with pytest.raises(UsageError, match="there is no folder"):
        train(papers(), tmp_path / "no" / "a.bin")
    few = papers(2)
    with pytest.raises(UsageError, match="too little to learn from"):
        train([*few, Paper("No abstract", "")], tmp_path / "a.bin")
    with pytest.raises(UsageError, match="too little to learn from"):
        train(papers(), tmp_path / "a.bin", without=frozenset(p.id for p in papers()[6:]))
    assert not (tmp_path / "a.bin").exists()


def _small(*, steps: int, seed: int) -> CrossEncoder:
    from broadsheet_lab.networks import Network

    words = [text for paper in papers(1) for text in (paper.title, paper.abstract)]
    return CrossEncoder(network=lambda: Network.small(words, seed=seed), steps=steps, seed=seed)


def test_the_same_seed_gives_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("torch", "tokenizers"):
        pytest.importorskip(module)
    monkeypatch.setattr(reranker, "MODULES", ())
    monkeypatch.setattr(reranker, "HELD_OUT", 10)
    one, two, other = (tmp_path / f"{n}.bin" for n in ("one", "two", "other"))
    monkeypatch.setattr(reranker, "CrossEncoder", _small)
    told: list[str] = []
    first = train(papers(), one, steps=2, tell=told.append)
    train(papers(), two, steps=2)
    train(papers(), other, steps=2, seed=1)
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert told[-1].startswith("step 2 of 2: loss ")
    assert (first.papers, first.held_out, first.queries, len(first.losses)) == (80, 10, 24, 2)
    kept = artifacts.read(one, method="cross_encoder", version=1).meta
    assert kept["curve"]["data"] == first.data
    assert (kept["steps"], kept["seed"]) == (2, 0)
