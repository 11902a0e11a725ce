"""The benches of STAR and ADORE, ColBERTer, inference-free sparse and TILDEv2 run whole on an invented library."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet.pipeline import pretrained  # noqa: E402
from broadsheet_lab.bench.text import _library, _seeds  # noqa: E402
from broadsheet_lab.bench.text._lessons import Lessons  # noqa: E402
from broadsheet_lab.bench.text._library import Index, Library  # noqa: E402
from broadsheet_lab.encoders import star_adore  # noqa: E402
from broadsheet_lab.methods_page import lab_methods  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from lab.tests.bench.invented_library import WORDS, invented  # noqa: E402

SMALL: dict[str, dict[str, Any]] = {
    "star_adore": {"STEPS": 1, "ADORE_STEPS": 1},
    "colberter": {"STAGES": (1, 1, 1)},
    "inference_free_sparse": {"STEPS": (1, 1)},
    "tildev2": {"STEPS": (1, 1), "TAUGHT": 12},
}


class Reader:
    """Scores a text by how many of the query's words it has."""

    def scores(self, query: str, texts: Sequence[str]) -> np.ndarray:
        return np.array([sum(word in text for word in query.split()) for text in texts], np.float32)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("BROADSHEET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Network, "minilm", lambda **options: Network.small(WORDS, hidden=128, rank=options.get("rank")))
    monkeypatch.setattr(Library, "by_meaning", lambda self, texts: self.by_words(texts))
    monkeypatch.setattr(pretrained, "read_reader", Reader)
    monkeypatch.setattr(_seeds, "digest_of", lambda name, bench: "a")
    monkeypatch.setattr(_library, "TESTED", {"written": 6, "tldr": 4})
    return invented(tmp_path)


def test_lessons_are_the_wanted_paper_then_what_two_searches_take_for_it(library: Library) -> None:
    lessons = Lessons(Index(library))
    rows = lessons.candidates
    assert rows[:, 0].tolist() == lessons.asked.wanted.tolist()
    assert all(len(set(row)) == rows.shape[1] for row in rows.tolist())
    every = lessons.lexical_of_all.toarray()
    np.testing.assert_allclose(lessons.lexical, np.take_along_axis(every, rows, axis=1), rtol=1e-5)
    for i, row in enumerate(rows.tolist()):
        others = np.setdiff1d(np.arange(every.shape[1]), row)
        assert every[i, row[2]] >= every[i, others].max()  # BM25's first that is not wanted
        assert every[i, row[2::2]].tolist() == sorted(every[i, row[2::2]], reverse=True)
    first = Reader().scores(lessons.asked.texts[0], [lessons.index.texts[row] for row in rows[0, :3]])
    assert lessons.read[0].tolist() == first.tolist()
    assert (lessons.dense >= -1.001).all()
    assert (lessons.dense <= 1.001).all()


@pytest.mark.parametrize("name", SMALL)
def test_what_is_claimed_is_measured_with_three_seeds(
    name: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = importlib.import_module(f"broadsheet_lab.bench.text.{name}")
    for constant, value in SMALL[name].items():
        monkeypatch.setattr(bench, constant, value)
    if name == "star_adore":
        monkeypatch.setattr(star_adore.StarAdore.__init__, "__kwdefaults__", {**_defaults(), "depth": 10})
    monkeypatch.setattr(bench, "opened", lambda tell: library)
    found = bench.claims(type("Study", (), {"tell": staticmethod(lambda text: None)}))
    card = next(method.card for method in lab_methods() if method.name == name)
    wanted = {(claim.dataset, claim.metric) for claim in card.claims if claim.ours}
    assert {(claim.dataset, claim.metric) for claim in found} == wanted
    for claim in found:
        assert claim.seeds == (0, 1, 2)
        assert claim.interval is not None
        assert claim.interval[0] <= claim.value <= claim.interval[1]
        assert claim.rival is None or claim.rival[0]
        assert claim.detail


def _defaults() -> dict[str, Any]:
    found = star_adore.StarAdore.__init__.__kwdefaults__
    assert found is not None
    return dict(found)
