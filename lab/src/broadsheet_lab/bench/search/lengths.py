"""Papers of mixed lengths, as sources differ: some give the start of an abstract, some a text three times as long.

By a hash of the paper's id a tenth keeps the first two sentences of its abstract, and a tenth gets a text three times
as long. Of those, every other one says its abstract three times, as a text does that sums up, tells and concludes; the
others go on with sentences of other papers, of the same authors first, then of the same venue and year, one sentence a
paper. No sentence is taken from a paper that a query asks for.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from broadsheet_lab.bench.search.query_set import Doc, Source

__all__ = ["SENTENCE_END", "mixed_lengths"]

PARTS = 10  # a tenth
FIRST_SENTENCES = 2
TIMES = 3
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")


def _hash(purpose: str, *ids: str) -> int:
    """Of its own: parities of CRC-32, which the halves are made by, go together whatever is put before an id."""
    digest = hashlib.blake2b(" ".join((purpose, *ids)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def mixed_lengths(source: Source) -> tuple[Doc, ...]:
    """The papers, a tenth of them cut and a tenth of them long."""
    others = _Others(source)
    return tuple(_changed(doc, others) for doc in source.docs)


def _changed(doc: Doc, others: _Others) -> Doc:
    part = _hash("length", doc.id) % PARTS
    if part == 0:
        return replace(doc, abstract=" ".join(SENTENCE_END.split(doc.abstract)[:FIRST_SENTENCES]))
    if part > 1 or not doc.abstract:
        return doc
    if _hash("repeats", doc.id) % 2:
        return replace(doc, abstract=" ".join([doc.abstract] * TIMES))
    texts, wanted = [doc.abstract], TIMES * len(doc.abstract.split())
    words = len(doc.abstract.split())
    for sentence in others.sentences(doc):
        if words >= wanted:
            break
        texts.append(sentence)
        words += len(sentence.split())
    return replace(doc, abstract=" ".join(texts))


class _Others:
    """The papers that sentences are taken from, by author and by venue and year."""

    def __init__(self, source: Source) -> None:
        asked = {need.paper for need in source.needs}
        summaries = source.summaries
        self._by_author: defaultdict[str, list[Doc]] = defaultdict(list)
        self._by_venue: defaultdict[tuple[str, int | None], list[Doc]] = defaultdict(list)
        for doc, summary in zip(source.docs, summaries, strict=True):
            if doc.abstract and not summary and doc.id not in asked:
                self._by_venue[doc.venue, doc.year].append(doc)
                for author in doc.authors:
                    self._by_author[author].append(doc)

    def sentences(self, doc: Doc) -> Iterator[str]:
        """One sentence of each other paper, as long as there are papers."""
        near = {other.id: other for author in doc.authors for other in self._by_author.get(author, ())}
        far = self._by_venue.get((doc.venue, doc.year), [])
        start = _hash("start", doc.id) % max(len(far), 1)
        used = {doc.id}
        for other in (*near.values(), *far[start:], *far[:start]):
            if other.id not in used:
                used.add(other.id)
                parts = SENTENCE_END.split(other.abstract)
                yield parts[_hash("which", doc.id, other.id) % len(parts)]
