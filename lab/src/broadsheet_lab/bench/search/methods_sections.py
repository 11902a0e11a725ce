"""Documents as the mean of their sections, and the sections looked at again: every section of a paper is encoded."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.search.contract import DEPTH as FOUND
from broadsheet_lab.bench.search.contract import Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.query_set import Doc, QuerySet
from broadsheet_lab.bench.search.shared import Shared
from broadsheet_lab.bench.text.interleaved import DEPTH, SHARES, learned
from broadsheet_lab.encoders.interleaved import Interleaved, merged, sections_of

__all__ = ["interleaved"]

Floats = NDArray[np.float32]

_SAMPLE = 64  # papers encoded to tell how long all of them take


def _interleaved(shared: Shared) -> Interleaved:
    return learned(shared.study)


def _parts(docs: Iterable[Doc]) -> tuple[list[str], NDArray[np.int64]]:
    """(the sections of all papers, where those of each begin)."""
    parts = [sections_of(d.title, d.abstract) for d in docs]
    return [s for p in parts for s in p], np.cumsum([0, *map(len, parts)])


def _whole(shared: Shared) -> tuple[Floats, NDArray[np.int64]]:
    """The vectors of all sections of whole papers, and where those of each begin: once for all query sets."""
    texts, bounds = _parts(shared.source.docs)
    return shared.once(_interleaved).model.encode_sections(texts), bounds


def _sections(corpus: Corpus) -> tuple[Floats, NDArray[np.int64]]:
    """(the vectors of all sections, where those of each paper begin).

    Where few papers lost a part only theirs are made anew.
    """
    encode = corpus.shared.once(_interleaved).model.encode_sections
    texts, bounds = _parts(corpus.docs)
    changed = corpus.changed
    if corpus.mostly_changed:
        return encode(texts), bounds
    whole, begin = corpus.shared.once(_whole).model
    if not changed:
        return whole, bounds
    anew_texts, anew_bounds = _parts(corpus.docs[i] for i in changed)
    anew = encode(anew_texts)
    pieces, last = [], 0
    for at, i in enumerate(changed):
        pieces += [whole[begin[last] : begin[i]], anew[anew_bounds[at] : anew_bounds[at + 1]]]
        last = i + 1
    return np.concatenate([*pieces, whole[begin[last] :]]), bounds


def _seconds(corpus: Corpus, method: Interleaved) -> float:
    some = corpus.docs[:: max(1, len(corpus) // _SAMPLE)][:_SAMPLE]
    texts, _ = _parts(some)
    started = time.perf_counter()
    method.encode_sections(texts)
    return (time.perf_counter() - started) * len(corpus) / len(some)


def interleaved(corpus: Corpus, dev: QuerySet) -> Built:
    """The mean of a paper's title and runs of sentences, by MiniLM trained on such means; the best of ten are read.

    How much the best section of each counts is chosen on the dev queries.
    """
    trained = corpus.shared.once(_interleaved)
    method = trained.model
    vectors, bounds = _sections(corpus)
    documents = merged(vectors, bounds)
    parts = [sections_of(d.title, d.abstract) for d in corpus.docs]

    def ranked(text: str, share: float, k: int) -> list[int]:
        plain = documents @ method.encode_queries([text])[0]
        near = top_k_masked(plain, max(DEPTH, k)).ids
        method.share = share
        rows = near[:DEPTH]
        first = top_k(rows, method.rerank(text, plain[rows], [parts[row] for row in rows])[0], k).ids
        return [int(row) for row in (*first, *near[DEPTH:k])]

    reached = {}
    for share in SHARES:
        found = [ranked(text, share, FOUND) for text in dev.texts]
        reached[share] = means(per_query(found, dev.relevant, [dev.objective]))[dev.objective]
    share = max(reached, key=lambda s: reached[s])

    def search(text: str, k: int) -> list[int]:
        return ranked(text, share, k)

    size = vectors.nbytes + bounds.nbytes + documents.nbytes
    chosen = {"share of the best section": share, f"{dev.objective} on dev": {str(s): v for s, v in reached.items()}}
    notes = ("encoder and reader are learned on the study's dev half", "seconds of encoding from a sample")
    return Built(search, size, trained.seconds + _seconds(corpus, method), chosen, notes)
