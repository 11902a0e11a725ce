"""The grid ranks as bm25s does under the same setting, and the best setting on the dev queries is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("ranx")
pytest.importorskip("bm25s")

from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.lexical import _bm25s
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.sets import tldr
from broadsheet_lab.bench.search.shared import Shared
from broadsheet_lab.bench.search.tuning import GRID_B, GRID_K1, Setting, Words, chosen, counted, rankings
from broadsheet_lab.bench.study import Study
from lab.tests.bench.invented_search import source


@pytest.mark.parametrize("setting", [Setting(), Setting(0.9, 0.2, 3), Setting(2.5, 0.9, 2)])
def test_the_grid_is_bm25s(tmp_path: Path, setting: Setting) -> None:
    papers = source(tmp_path)
    queries = tldr(papers)
    # no two papers are equally long, so that no two scores are equal
    docs = tuple(replace(d, abstract=d.abstract + " filler" * at) for at, d in enumerate(queries.docs))
    shared = Shared(papers, Study(tmp_path / "papers.parquet", lambda _: None))
    search = _bm25s(Corpus(docs, shared, tmp_path, lambda _: None), setting).search
    texts = [*queries.texts, "marble marble lanterns at night"]  # a word twice counts twice
    for text, rows in zip(texts, rankings(counted(Words.of(docs), texts), setting), strict=True):
        found = list(search(text, 10))
        assert len(found) >= 4
        assert rows == found


def test_the_best_setting_is_taken_and_of_equals_the_first(tmp_path: Path) -> None:
    queries = tldr(source(tmp_path))
    setting, reached = chosen(Words.of(queries.docs), queries, (1, 2))
    assert len(reached) == len(GRID_K1) * len(GRID_B) * 2
    value = reached[f"k1={setting.k1:g} b={setting.b:g} titles={setting.titles}"]
    assert value == max(reached.values())
    assert next(name for name, v in reached.items() if v == value).startswith(f"k1={setting.k1:g} b={setting.b:g}")
    found = rankings(counted(Words.of(queries.docs), queries.texts), setting)
    assert means(per_query(found, queries.relevant))["mrr@10"] == pytest.approx(value, abs=1e-4)
