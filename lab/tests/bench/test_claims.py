"""The claims' benchmark on an invented world: every claim on the cards is measured, and what must be exact is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import broadsheet
from broadsheet.kit.errors import UsageError
from broadsheet.methods import methods
from broadsheet_lab.bench import peers, run
from broadsheet_lab.bench.claims import METHODS
from broadsheet_lab.bench.corpus import LIBRARY, opened
from broadsheet_lab.bench.datasets import known_items
from broadsheet_lab.methods_page import lab_methods

pa = pytest.importorskip("pyarrow", reason="the extra `parquet`")
pq = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("bm25s")
pytest.importorskip("tantivy")

TOPICS, AUTHORS, PAPERS = 6, 12, 156  # just enough papers an author to make a reader


def letters(n: int) -> str:
    """A number in letters: a digit behind a name is a footnote's or a homonym's, no part of it."""
    return str(n).translate(str.maketrans("0123456789", "abcdefghij"))


def papers() -> dict[str, list[Any]]:
    """Papers of 6 topics; an author keeps to one; a summary is six words of its paper's own twelve."""
    rng = np.random.default_rng(3)
    words = np.array([f"{a}{b}{c}or" for a in "bdfgklmn" for b in "aeiou" for c in "bdfgklmnprst"])
    topics = words[: TOPICS * 40].reshape(TOPICS, 40)
    table: dict[str, list[Any]] = {k: [] for k in ("paper_id", "title", "abstract", "authors", "year", "tldr")}
    for at in range(PAPERS):
        author = at % AUTHORS
        drawn = rng.choice(topics[author % TOPICS], 12, replace=False)
        own = rng.choice(words[TOPICS * 40 :], 4, replace=False)
        table["paper_id"].append(f"toy-{at:03d}")
        table["title"].append(" ".join([*drawn[:4], own[0]]).title())
        table["abstract"].append(f"We study {' '.join(drawn)} and the {' '.join(own)}.")
        table["authors"].append([f"Ann Author{letters(author)}", f"Bob Writer{letters(at)}"])
        table["year"].append(2000 + at // AUTHORS)
        table["tldr"].append(f"About {' '.join([*drawn[6:9], *own[1:]])}" if at % 4 == 0 else None)
    return {**table, "keywords": [[] for _ in range(PAPERS)], "citations": [at % 50 for at in range(PAPERS)]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of benchmark data."""
    folder = tmp_path_factory.mktemp("data")
    pq.write_table(pa.table(papers()), folder / "papers.parquet")
    return folder


@pytest.fixture(scope="module")
def results(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a whole run writes, by method."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_DATA", str(data))
        patch.delenv(LIBRARY, raising=False)
        written = run("methods", tmp_path_factory.mktemp("results"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in written}


def test_every_claim_on_the_cards_of_the_measured_methods_has_its_figure(results: dict[str, Any]) -> None:
    cards = {one.name: one.card for one in (*methods(), *lab_methods())}
    assert results.keys() == METHODS.keys() <= cards.keys()
    for name, result in results.items():
        claimed = {(claim.dataset, claim.metric) for claim in cards[name].claims}
        assert {(c["dataset"], c["metric"]) for c in result["claims"]} == claimed, name
        assert result["data"].keys() == {"papers.parquet"}


def test_what_must_be_exact_is_exact(results: dict[str, Any]) -> None:
    found = results["positions"]["claims"][0]["detail"]
    assert found["papers found"] == found["papers found by tantivy"] > 100
    assert results["scan"]["claims"][0]["value"] == pytest.approx(1.0, abs=0.02)  # all rows are rescored; 8 bits remain
    assert results["inverted"]["claims"][0]["value"] == pytest.approx(1.0, abs=0.05)


def test_methods_do_what_they_are_for(results: dict[str, Any]) -> None:
    popular, ratio = results["logistic"]["claims"]
    assert popular["value"] > 1
    assert ratio["value"] == pytest.approx(1.0, abs=0.2)
    assert results["mmr"]["claims"][0]["value"] < 1
    named = results["influence"]["claims"][0]["detail"]
    assert named["named by influence"] > named["a save at random"]
    for name, result in results.items():
        for claim in result["claims"]:
            assert claim["interval"][0] <= claim["value"] <= claim["interval"][1], name
            assert claim["n"] > 1, name
            assert "rival" in claim or name == "static", name  # a speed of its own has none


def test_the_default_search_finds_known_items_as_its_peers_do(data: Path, tmp_path: Path) -> None:
    known = known_items(data / "papers.parquet")
    with broadsheet.open(tmp_path / "library") as library:
        library.add(data / "papers.parquet")
        ranks = peers.ranks_of(library, known)
        assert len(ranks) == 39
        assert sum(rank == 1 for rank in ranks) >= 37
        assert sum(rank == 1 for rank in peers.ours(library, known).ranks) >= 37


def test_a_library_of_other_papers_is_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with broadsheet.open(tmp_path):
        pass
    monkeypatch.setenv("BROADSHEET_DATA", str(data))
    monkeypatch.setenv(LIBRARY, str(tmp_path))
    with pytest.raises(UsageError, match=r"holds 0 papers, not the 156 of"), opened(lambda _: None):
        pass


def test_an_unknown_benchmark_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no method or benchmark 'spin'; there are the benchmarks spine, "):
        run("spin", tmp_path)
