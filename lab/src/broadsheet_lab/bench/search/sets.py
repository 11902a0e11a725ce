"""Query sets made of papers.parquet, each with the papers a system may see: what the query was taken from is gone.

tldr      a one-sentence summary asks for its paper; summaries are in no corpus
title     a title asks for its paper among papers without titles
keywords  the first keywords of a paper ask for every paper that shares some, by how many; no paper has its keywords
sentence  a sentence of an abstract asks for its paper, which has lost that sentence
similar   five papers that share two keywords ask for the others that do; no paper has its keywords
short, need, recall   queries written for a paper, in whole papers; with slips of typing; over mixed lengths (needs.py)
lisa, npl   judged queries of other fields, each with papers of its own (classic.py)
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.search import classic, needs
from broadsheet_lab.bench.search.lengths import SENTENCE_END
from broadsheet_lab.bench.search.query_set import Doc, QuerySet, Source, drawn, is_dev, known_items, untitled

__all__ = ["NAMES", "PAPERS", "asked", "corpora", "keywords", "read", "sentence", "similar", "title", "tldr"]

PAPERS = "BROADSHEET_BENCH_PAPERS"  # how many papers to measure on; all of them if unset
TITLES, KEYWORDS, SENTENCES = 2000, 1000, 2000  # queries at most
LEAST_KEYWORDS, ASKED_KEYWORDS = 4, 5
LEAST_TITLE_WORDS, LEAST_SENTENCE_WORDS = 3, 8
LIKED, LEAST_GROUP, LARGEST_GROUP = 5, 8, 100  # papers


def read(path: Path) -> Source:
    """The papers of papers.parquet in file order.

    With BROADSHEET_BENCH_PAPERS only so many: first those that give queries, then others, in the order of a hash.
    """
    import pyarrow.parquet as pq

    names = ["paper_id", "title", "abstract", "keywords", "authors", "venue", "year", "tldr"]
    table = pq.read_table(path, columns=names).to_pydict()
    rows = list(zip(*(table[name] for name in names), strict=True))
    docs = tuple(
        Doc(number, name or "", abstract or "", tuple(words or ()), tuple(people or ()), venue or "", year)
        for number, name, abstract, words, people, venue, year, _ in rows
    )
    return _fewer(Source(docs, tuple(row[-1] or "" for row in rows), needs.read_needs(path)))


def _fewer(source: Source) -> Source:
    wanted = os.environ.get(PAPERS, "")
    if not wanted:
        return source
    if not wanted.isdecimal() or int(wanted) < 1:
        raise UsageError(f"{PAPERS}={wanted}: must be a number of papers, for example 5000; unset it for all")
    docs, summaries = source.docs, source.summaries
    needed = {need.paper for need in source.needs}
    written = [bool(text) or doc.id in needed for text, doc in zip(summaries, docs, strict=True)]
    order = sorted(
        range(len(docs)),
        key=lambda i: (not written[i], len(docs[i].keywords) < LEAST_KEYWORDS, zlib.crc32(docs[i].id.encode())),
    )
    kept = sorted(order[: int(wanted)])
    return replace(source, docs=tuple(docs[i] for i in kept), summaries=tuple(summaries[i] for i in kept))


def tldr(source: Source) -> QuerySet:
    """Every one-sentence summary."""
    rows = [i for i, text in enumerate(source.summaries) if text]
    return known_items("tldr", source.docs, rows, [source.summaries[i] for i in rows])


def title(source: Source) -> QuerySet:
    """Titles of three words or more."""
    return untitled("title", source.docs, LEAST_TITLE_WORDS, TITLES)


def _plain(keyword: str) -> str:
    return " ".join(keyword.casefold().split())


def without_keywords(docs: Sequence[Doc]) -> tuple[Doc, ...]:
    """The papers without their keywords."""
    return tuple(replace(d, keywords=()) for d in docs)


def keywords(source: Source) -> QuerySet:
    """Papers of four keywords or more; the grade of a paper is how many of the query's keywords it has."""
    holders = _holders(source.docs)
    able = [i for i, d in enumerate(source.docs) if len(d.keywords) >= LEAST_KEYWORDS]
    rows = drawn(source.docs, able, "keywords", KEYWORDS)
    asked = [source.docs[i].keywords[:ASKED_KEYWORDS] for i in rows]
    relevant = []
    for words in asked:
        grades: defaultdict[int, int] = defaultdict(int)
        for word in {_plain(w) for w in words}:
            for row in holders[word]:
                grades[row] += 1
        relevant.append(dict(grades))
    texts = tuple(", ".join(words) for words in asked)
    docs = without_keywords(source.docs)
    return QuerySet("keywords", docs, texts, tuple(relevant), is_dev([docs[i].id for i in rows]), "ndcg@10")


def _holders(docs: Sequence[Doc]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, doc in enumerate(docs):
        for word in dict.fromkeys(map(_plain, doc.keywords)):
            found[word].append(row)
    return found


def _cut(doc: Doc) -> tuple[str, Doc] | None:
    """A sentence of the abstract, picked by a hash, and the paper without it; None if there is none to spare."""
    parts = SENTENCE_END.split(doc.abstract)
    able = [i for i, s in enumerate(parts) if len(s.split()) >= LEAST_SENTENCE_WORDS and doc.abstract.count(s) == 1]
    if len(parts) < 2 or not able:
        return None
    at = able[zlib.crc32(f"which {doc.id}".encode()) % len(able)]
    return parts[at], replace(doc, abstract=" ".join(parts[:at] + parts[at + 1 :]))


def sentence(source: Source) -> QuerySet:
    """Sentences of eight words or more of abstracts that have others."""
    docs, rows, texts = list(source.docs), [], []
    for row in drawn(docs, range(len(docs)), "sentence", SENTENCES):
        if found := _cut(docs[row]):
            rows.append(row)
            texts.append(found[0])
            docs[row] = found[1]
    return known_items("sentence", tuple(docs), rows, texts)


def similar(source: Source) -> QuerySet:
    """Groups of papers that share two keywords; of two groups that are mostly the same papers one is kept."""
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, doc in enumerate(source.docs):
        for pair in combinations(sorted({_plain(w) for w in doc.keywords}), 2):
            groups[pair].append(row)
    able = {p: rows for p, rows in groups.items() if LEAST_GROUP <= len(rows) <= LARGEST_GROUP}
    kept: list[set[int]] = []
    liked, relevant = [], []
    for pair in sorted(able, key=lambda p: zlib.crc32(" ".join(p).encode())):
        rows = set(able[pair])
        if any(2 * len(rows & other) > len(rows) for other in kept):
            continue
        kept.append(rows)
        five = drawn(source.docs, sorted(rows), " ".join(pair), LIKED)
        liked.append(five)
        relevant.append(dict.fromkeys(sorted(rows - set(five)), 1))
    docs = without_keywords(source.docs)
    texts = tuple(" ".join(docs[i].id for i in five) for five in liked)
    dev = is_dev([docs[five[0]].id for five in liked])
    return QuerySet("similar", docs, texts, tuple(relevant), dev, "ndcg@10")


Make = Callable[[Source], QuerySet]

# Sets that ask the same papers stand together.
_MAKERS: tuple[Mapping[str, Make], ...] = (
    {"tldr": tldr, **needs.WRITTEN, **needs.SLIPS},
    {"title": title},
    {"keywords": keywords, "similar": similar},
    {"sentence": sentence},
    needs.MIXED,
)
NAMES = (*(name for makers in _MAKERS for name in makers), *classic.NAMES)


def asked(source: Source) -> frozenset[str]:
    """The ids of the papers that no shipped model may have been trained on.

    All that a query was taken from; of the papers that queries were written for those of the test half.
    """
    found = {s.docs[row].id for s in (tldr(source), title(source), sentence(source)) for row in map(min, s.relevant)}
    able = [i for i, d in enumerate(source.docs) if len(d.keywords) >= LEAST_KEYWORDS]
    written = {need.paper for need in source.needs if not is_dev([need.paper])[0]}
    return frozenset(found | written | {source.docs[i].id for i in drawn(source.docs, able, "keywords", KEYWORDS)})


def corpora(source: Source, wanted: Container[str] = NAMES) -> Iterator[tuple[QuerySet, ...]]:
    """The query sets of papers.parquet, those that ask the same papers together; one group after the other."""
    for makers in _MAKERS:
        if chosen := [make for name, make in makers.items() if name in wanted]:
            made = [make(source) for make in chosen]
            if group := tuple(queries for queries in made if len(queries)):
                yield group
