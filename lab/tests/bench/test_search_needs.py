"""Queries as people ask: halves, slips of typing, mixed lengths, collections of other fields."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet_lab.bench.search import classic, needs, sets, weights
from broadsheet_lab.bench.search.lengths import mixed_lengths
from broadsheet_lab.bench.search.metrics import means_over_kinds
from broadsheet_lab.bench.search.query_set import Doc, Need, Source, drawn_queries, is_trained_on, known_items
from broadsheet_lab.bench.search.shared import Shared, groups
from broadsheet_lab.bench.search.slips import neighbours, slip
from broadsheet_lab.bench.search.systems import entries
from broadsheet_lab.bench.study import Study
from lab.tests.bench.invented_search import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Toy papers with written queries for two of them, and one collection of another field."""
    write(tmp_path)
    lines = [
        {"paper_id": f"toy-{i}", "short": f"kettles {i}", "need": f"quiet kettles {i}", "recall": f"gardeners {i}"}
        for i in ("00", "13", "of another corpus")
    ]
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    place = tmp_path / "classic" / "lisa"
    place.mkdir(parents=True)
    files: dict[str, list[dict[str, object]]] = {
        "papers": [
            {"paper_id": "1", "title": "Shelves", "abstract": "On shelves."},
            {"paper_id": "2", "title": "Ink", "abstract": ""},
        ],
        "queries": [{"query_id": "1", "query": "shelves"}, {"query_id": "2", "query": "nothing judged"}],
        "qrels": [{"query_id": "1", "paper_id": "1", "grade": 2}],
    }
    for name, rows in files.items():
        (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_every_kind_asks_for_its_papers_in_halves_of_the_same_hash(folder: Path) -> None:
    source = sets.read(folder / "papers.parquet")
    made = {q.name: q for group in sets.corpora(source, {*needs.WRITTEN, *needs.SLIPS, *needs.MIXED}) for q in group}
    assert list(made) == [f"{kind}{variant}" for variant in ("", "-slips", "-mixed") for kind in needs.KINDS]
    assert made["need"].texts == made["need-mixed"].texts == ("quiet kettles 00", "quiet kettles 13")
    for found in made.values():
        assert [found.docs[min(rows)].id for rows in found.relevant] == ["toy-00", "toy-13"]
        assert found.dev.tolist() == made["short"].dev.tolist()
    assert [a == b for a, b in zip(made["need"].texts, made["need-slips"].texts, strict=True)] == [False, False]
    assert len(drawn_queries(made["need"], 1)) == 1
    assert drawn_queries(made["need"], None).texts == made["need"].texts


def test_papers_of_written_test_queries_are_held_out(folder: Path) -> None:
    source = replace(sets.read(folder / "papers.parquet"), summaries=("",) * 12)
    for need in source.needs:
        if need.paper == "toy-of another corpus":  # the toy papers all give a title query as well
            assert (need.paper in sets.asked(source)) == (zlib.crc32(need.paper.encode()) % 2 == 1)


def test_a_collection_of_another_field_has_papers_of_its_own(folder: Path) -> None:
    papers = folder / "papers.parquet"
    shared = Shared(sets.read(papers), Study(papers, lambda _: None))
    [(own, [queries])] = groups(shared, classic.NAMES)
    assert [doc.id for doc in own.source.docs] == ["lisa-1", "lisa-2"]
    assert (queries.name, queries.texts, queries.relevant) == ("lisa", ("shelves",), ({0: 2},))
    assert queries.objective == "ndcg@10"
    assert list(entries("lisa")) == ["broadsheet", "broadsheet precise", "bm25", "bm25s", "bm25s + minilm"]


def test_a_slip_is_one_keystroke_in_a_word_and_the_same_every_time() -> None:
    assert neighbours()["g"] == "tyfhvb"
    text = "Masked autoencoders for BERT models, arXiv:1706.03762 and GPT2x"
    found = {slip(text, f"key {i}") for i in range(200)}
    assert len(found) > 50
    assert slip(text, "key 1") == slip(text, "key 1") != text
    for one in found:
        assert abs(len(one) - len(text)) <= 1
        assert one.startswith("M")  # never the first letter
        assert "arXiv:1706.03762" in one
        assert "GPT2x" in one
        assert "BERT" in one
    assert slip("CNN on DCT", "key") == "CNN on DCT"


def test_lengths_are_mixed_and_nothing_is_taken_from_a_paper_that_is_asked_for() -> None:
    abstract = "One is here. Two is here. Three is {}. Four has five words."
    docs = tuple(
        Doc(f"p{i}", f"Title {i}", abstract.format(f"number{i}"), (), (f"A{i % 7}",), "V", 2020) for i in range(400)
    )
    asked = tuple(Need(f"p{i}", {}) for i in range(0, 400, 2))
    source = Source(docs, ("",) * len(docs), asked)
    lengths = {"cut": 0, "same": 0, "repeated": 0, "others": 0}
    for before, after in zip(docs, mixed_lengths(source), strict=True):
        words, was = len(after.abstract.split()), len(before.abstract.split())
        if words < was:
            lengths["cut"] += 1
            assert after.abstract == "One is here. Two is here."
        elif words == was:
            lengths["same"] += 1
        else:
            assert 3 * was <= words < 4 * was
            own = f"number{before.id[1:]}."
            lengths["repeated" if after.abstract.count(own) == 3 else "others"] += 1
            taken = {int(w[6:-1]) for w in after.abstract.split() if w.startswith("number") and w != own}
            assert all(i % 2 for i in taken)
    assert all(20 <= lengths[kind] <= 60 for kind in ("cut",))
    assert lengths["repeated"] > 5
    assert lengths["others"] > 5
    assert lengths["same"] > 280


def test_the_mean_counts_every_kind_once_and_wants_all_of_them() -> None:
    def row(value: float) -> dict[str, object]:
        return {"mrr@10": value, "ndcg@10": 0.0, "dev": {"mrr@10": value / 2, "ndcg@10": 0.0}}

    found = {
        "tldr": {"objective": "mrr@10", "systems": {"a": row(0.8), "b": row(0.4)}},
        "lisa": {"objective": "ndcg@10", "systems": {"a": row(0.9)}},
        "similar": {"objective": "ndcg@10", "systems": {"c": row(0.9)}},
    }
    assert means_over_kinds(found) == {"a": {"kinds": 2, "test": 0.4, "dev": 0.2}}
    assert means_over_kinds({}) == {}


def test_titles_of_another_field_ask_for_papers_without_titles(folder: Path) -> None:
    docs = tuple(Doc(f"lisa-{i}", f"On the shelves of town {i}", f"Abstract {i}.") for i in range(5))
    found = classic.titles("lisa", Source((*docs, Doc("lisa-5", "Ink", "Short title.")), ("",) * 6))
    assert (found.name, len(found), found.dev.all()) == ("lisa-title", 5, True)
    assert {doc.title for doc in found.docs} == {""}
    assert found.texts[2] == "On the shelves of town 2"
    assert found.relevant[2] == {2: 1}


def test_weights_are_learned_from_queries_that_no_model_was_trained_on(folder: Path) -> None:
    docs = tuple(Doc(f"p{i}", f"Title {i}", f"Abstract {i}.") for i in range(400))
    asked = known_items("short", docs, range(400), [doc.title for doc in docs])
    found = weights.chosen(asked)
    papers = [docs[min(rows)].id for rows in found.relevant]
    assert 0 < len(papers) < 120  # two of five of the dev half
    assert found.dev.all()
    assert not any(map(is_trained_on, papers))
    assert sum(map(is_trained_on, (doc.id for doc in docs))) + len(papers) == asked.dev.sum()
    assert len(weights.chosen(known_items("title", docs, range(400), [doc.title for doc in docs]))) == asked.dev.sum()
