"""Snippets: whether the sentence that answers is in them, on the dev queries that people might ask.

The answer is the sentence of the paper's abstract that the product's transformer finds nearest to the query; snippets
are chosen without it. Beside the product stands the window of as many words with the most distinct query words.
A sentence is in a snippet if four fifths of it are shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import broadsheet
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper, Record
from broadsheet.kit.sentences import sentences
from broadsheet.kit.spool import temporary_path
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search import snippets
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.highlight import Texts
from broadsheet.pipeline.search.snippets import Evidence, Stretch
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search.needs import KINDS, read_needs
from broadsheet_lab.bench.search.query_set import is_dev

__all__ = ["Shown", "measure", "shown_of"]

SIZE = 40  # words, the product's default
_PAPERS, _OTHERS = 300, 3000  # papers with queries; papers beside them in the library
_SHARE = 0.8
Choose: TypeAlias = Callable[[Texts, Evidence], list[Stretch]]  # the stretches of the one text


@dataclass(frozen=True, slots=True)
class Shown:
    """What a snippet shows."""

    answer: bool
    words: float | None  # share of the query's words in the text; None where it has none
    is_whole: bool  # it begins and ends with sentences


def product(texts: Texts, evidence: Evidence) -> list[Stretch]:
    """The sentences that the product chooses."""
    return texts.stretches(evidence, SIZE)[0]


def window(texts: Texts, evidence: Evidence) -> list[Stretch]:
    """The window with the most distinct words."""
    del evidence
    here = texts.body(0)
    if here.stop - here.start <= SIZE:
        return [(0, len(texts.papers[0].body))]
    tokens, hits = texts.tokens, texts.hits[here]
    return [snippets.window(texts.papers[0].body, tokens.starts[here], tokens.stops[here], hits, SIZE)]


SYSTEMS: dict[str, Choose] = {"**the product**": product, "the window with most words": window}


def shown_of(texts: Texts, stretches: Sequence[Stretch], spans: Sequence[Stretch], answer: int) -> Shown:
    """What these stretches of the first paper's body show of its sentences `spans`, one of which is the answer."""
    shown = np.zeros(len(texts.papers[0].body) + 1, np.bool_)
    for start, stop in stretches:
        shown[start:stop] = True
    here = texts.body(0)
    hits, starts = texts.hits[here], texts.tokens.starts[here]
    present = {int(hit) for hit in hits[hits >= 0]}
    seen = {int(hit) for hit, start in zip(hits, starts, strict=True) if hit >= 0 and shown[start]}
    edges = {edge for span in spans for edge in span}
    start, stop = spans[answer]
    return Shown(
        answer=bool(shown[start:stop].mean() >= _SHARE),
        words=len(seen) / len(present) if present else None,
        is_whole=all(first in edges and last in edges for first, last in stretches),
    )


def measure(out: Path, tell: Any) -> list[Path]:
    """Choose the snippets of dev queries; writes snippets.json. Raises UsageError without the data or the model."""
    judge = pretrained.read_transformer()
    if judge is None:
        raise UsageError("the product's transformer is missing; it finds the sentence that answers")
    path = datasets.papers_path()
    needs = [need for need in read_needs(path) if is_dev([need.paper])[0]][:_PAPERS]
    with temporary_path("library") as folder, broadsheet.open(folder) as library:
        library.add_items("papers", _records(path, {need.paper for need in needs}))
        snapshot = library.snapshot()
        tell(f"{len(snapshot):,} papers")
        texts = {need.paper: library.paper(need.paper).paper for need in needs}
        needs = [need for need in needs if len(sentences(texts[need.paper].body)) > 2]
        rows = {}
        for kind in KINDS:
            asked = [(need.texts[kind], texts[need.paper]) for need in needs]
            rows[kind] = {"systems": _measure(snapshot, judge.encode, asked)}
            tell(f"{kind}: {rows[kind]}")
    file = out / "snippets.json"
    write(file, "snippets", {"data": {"papers.parquet": datasets.digest(path)}, "size": SIZE, "sets": rows})
    return [file]


def _measure(snapshot: IndexSnapshot, encode: Any, asked: Sequence[tuple[str, Paper]]) -> dict[str, dict[str, float]]:
    queries = encode([text for text, _ in asked])
    cases = []
    for (text, paper), query in zip(asked, queries, strict=True):
        spans = sentences(paper.body)
        answer = int((encode([paper.body[start:stop] for start, stop in spans]) @ query).argmax())
        cases.append((AnalyzedQuery.of(snapshot, text), paper, spans, answer))
    return {name: _scores(cases, choose) for name, choose in SYSTEMS.items()}


def _scores(cases: Sequence[tuple[AnalyzedQuery, Paper, list[Stretch], int]], choose: Choose) -> dict[str, float]:
    seen, seconds = [], 0.0
    for query, paper, spans, answer in cases:
        words = query.highlight_words
        texts, evidence = Texts.of([paper], words), Evidence.of(query, words)
        started = time.thread_time()
        stretches = choose(texts, evidence)
        seconds += time.thread_time() - started
        seen.append(shown_of(texts, stretches, spans, answer))
    words_shown = [one.words for one in seen if one.words is not None]
    return {
        "answer shown": round(float(np.mean([one.answer for one in seen])), 3),
        "words shown": round(float(np.mean(words_shown)), 3),
        "whole sentences": round(float(np.mean([one.is_whole for one in seen])), 3),
        "ms a paper": round(1000 * seconds / len(seen), 3),
    }


def _records(path: Path, wanted: set[str]) -> Iterator[Record]:
    """The papers with queries, and the first others."""
    import pyarrow.parquet as pq

    others = 0
    columns = pq.read_table(path, columns=["paper_id", "title", "abstract"]).to_pydict()
    for paper_id, title, abstract in zip(*columns.values(), strict=True):
        if paper_id not in wanted:
            others += 1
            if others > _OTHERS:
                continue
        yield Record(Paper(title=title or "", abstract=abstract or ""), "papers", paper_id, path.name)
