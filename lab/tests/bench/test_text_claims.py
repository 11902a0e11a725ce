"""The benches of plain text methods: what they report is what their figures are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.pipeline.pretrained import read_sentence_roles
from broadsheet.pipeline.training.role_model import MarkedAbstract, scores
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.bench.text import minilm, sentence_roles
from broadsheet_lab.encoders import minilm as minilm_method

WORDS = ("graphs", "bandits", "proteins", "compilers", "glaciers", "markets")
SENTENCES = (
    "We study the retrieval of papers.",
    "We propose a sparse index with two levels.",
    "Results show that it is twice as fast as a scan.",
)


def marked(times: int) -> list[MarkedAbstract]:
    """Abstracts of three sentences, each marked with its role, and one marked wrongly."""
    marks = np.eye(3, dtype=np.bool_)
    wrong = marks[[1, 0, 2]]
    return [MarkedAbstract(f"p{i}", SENTENCES, wrong if i == 0 else marks) for i in range(times)]


def test_the_f1_that_is_resampled_is_the_one_that_is_reported() -> None:
    model: SentenceRoles = read_sentence_roles()
    papers = marked(5)
    pairs = sentence_roles._roles(model, papers)
    assert pairs.shape == (15,)
    assert sentence_roles._macro_f1(pairs) == pytest.approx(scores(model, papers).macro_f1)
    assert sentence_roles._macro_f1(np.array([[0.0, 4.0, 8.0]])) == 1.0  # right in each role
    assert sentence_roles._macro_f1(np.array([1.0, 3.0, 8.0])) == pytest.approx(1 / 3)


@dataclass
class _Invented:
    """A study of papers that share few words with one another."""

    texts: tuple[str, ...] = tuple(f"paper {word} of {word}s. It is about {word}." for word in WORDS)

    @property
    def tldr(self) -> Queries:
        wanted = tuple(np.array([i]) for i in range(len(WORDS)))
        return Queries(tuple(f"about {word}" for word in WORDS), wanted, np.arange(len(WORDS)) % 2 == 0)

    @property
    def vectors(self) -> NDArray[np.float32]:
        return np.eye(len(WORDS), dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors[::-1].copy()  # each query at another paper


def test_minilm_stands_beside_its_strongest_rival() -> None:
    pytest.importorskip("bm25s")
    (claim,) = minilm.claims(cast("Study", _Invented()))
    (said,) = (c for c in minilm_method.CARD.claims if c.ours)
    assert (claim.dataset, claim.metric) == (said.dataset, said.metric)
    assert claim.n == 3
    assert claim.rival == ("BM25", 1.0)
    assert claim.value < 1
    found: dict[str, Any] = claim.to_json()
    assert found["interval"][0] <= found["value"] <= found["interval"][1]
