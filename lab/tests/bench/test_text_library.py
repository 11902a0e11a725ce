"""The library that methods on text are measured on: who learns from what, candidates against a scan, ranks."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet_lab.bench.text import _library, _seeds
from broadsheet_lab.bench.text._library import Index, Library, rank_in
from lab.tests.bench.invented_library import invented

WORDS = ["graph", "protein", "robot", "bird", "kernel", "lattice", "market", "poem", "reef", "storm", "violin", "wheat"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return invented(tmp_path_factory.mktemp("library"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_CACHE", str(tmp_path))


def test_a_paper_serves_one_purpose(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {purpose: set(library.asked(purpose).wanted.tolist()) for purpose in ("learn", "choose", "test")}
    assert sum(map(len, rows.values())) == len(set.union(*rows.values())) == 40  # every second and every third
    learn, test = library.asked("learn"), library.asked("test")
    assert (learn.kinds == "recall").sum() == (learn.kinds == "short").sum() == (learn.kinds == "need").sum() > 0
    assert set(test.kinds) <= {"short", "need", "tldr"}
    monkeypatch.setattr(_library, "TESTED", {"written": 2, "tldr": 1})
    fewer = library.asked("test")
    assert sorted(fewer.kinds == "tldr") == [False, False, True]
    assert set(fewer.texts) <= set(test.texts)


def test_the_first_by_words_are_those_of_a_scan(library: Library) -> None:
    found = library.by_words(["graph of a robot", "nothing"])
    papers = tokenize(library.texts)
    stop = set(STOP_TERMS.tolist())
    bags = [
        [t for t in papers.terms[papers.bounds[i] : papers.bounds[i + 1]].tolist() if t not in stop] for i in range(60)
    ]
    average = np.mean([len(row) for row in bags])
    scores = np.zeros(60)
    for word in tokenize(["graph robot"]).terms.tolist():
        df = sum(word in row for row in bags)
        for i, row in enumerate(bags):
            tf = row.count(word)
            scores[i] += (
                np.log(1 + (60 - df + 0.5) / (df + 0.5)) * tf * 2.5 / (tf + 1.5 * (0.25 + 0.75 * len(row) / average))
            )
    order = [i for i in sorted(range(60), key=lambda i: (-scores[i], i)) if scores[i] > 0]
    np.testing.assert_allclose(scores[found[0, : len(order)]], scores[order], rtol=1e-5)
    assert (found[0, len(order) :] == -1).all()
    assert (found[1] == -1).all()
    assert library.by_words(["graph of a robot", "nothing"]).tolist() == found.tolist()  # from the cache


def test_ranks_are_places_in_a_list_and_in_the_index(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rank_in(np.array([[4, 2], [9, 9], [1, 3]]), np.array([2, 4, 1])) == [2, 0, 1]
    monkeypatch.setattr(Library, "by_meaning", lambda self, texts: self.by_words(texts))
    index = Index(library)
    asked = index.asked("test")
    assert [library.texts[i] for i in index.rows] == index.texts
    assert [index.texts[i] for i in asked.wanted] == [library.texts[i] for i in library.asked("test").wanted]
    scores = np.arange(len(index.rows), 0, -1, dtype=np.float32)
    assert index.ranks(lambda i: scores, asked.wanted) == (asked.wanted + 1).tolist()
    values = {"mine": np.linspace(0, 1, len(asked))}
    detail = index.detail(asked.kinds, values)
    assert detail["papers read"] == len(index.rows)
    assert detail["MRR@10, tldr"]["mine"] == round(float(values["mine"][asked.kinds == "tldr"].mean()), 4)


def test_a_seed_is_measured_once_until_its_source_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def make(seed: int) -> dict[str, np.ndarray]:
        made.append(seed)
        return {"ranks": np.array([1.0, seed])}

    monkeypatch.setattr(_seeds, "digest_of", lambda name, bench: "a")
    assert _seeds.over_seeds("star_adore", (0, 1), make)["ranks"].tolist() == [[1, 0], [1, 1]]
    assert _seeds.over_seeds("star_adore", (0, 1, 2), make)["ranks"].shape == (3, 2)
    assert made == [0, 1, 2]
    monkeypatch.setattr(_seeds, "digest_of", lambda name, bench: "b")
    _seeds.over_seeds("star_adore", (0,), make)
    assert made == [0, 1, 2, 0]
