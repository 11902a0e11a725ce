"""Methods on the states of a transformer's tokens, or on its vectors of sections: all papers are read once more.

A paper's token states take 150 kB, so papers are read a few at a time and only what a method keeps of them stays. What
is learned, and how it is chosen, is what the claims of these methods are measured with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench.search.contract import DEPTH, Built
from broadsheet.bench.search.corpus import Corpus
from broadsheet.bench.search.sets import Doc, QuerySet
from broadsheet.bench.search.shared import Shared, passages_of
from broadsheet.bench.text import inference_free_sparse as on_sparse
from broadsheet.bench.text import tildev2 as on_tildev2
from broadsheet.bench.text._expansion import Expansion
from broadsheet.bench.text._sparse import Words, whole_words
from broadsheet.encoders.inference_free_sparse import InferenceFreeSparse
from broadsheet.encoders.minilm import MiniLM
from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.bags import Bags, bag, locate
from broadsheet.kit.hits import top_k
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet.pipeline.search import sparse_query
from broadsheet.ranking._impacts import Impacts, without_stop_words
from broadsheet.ranking.tildev2 import TILDEv2

__all__ = ["NOTES", "Read", "inference_free_sparse", "of_papers", "of_whole", "pieces", "reader", "tildev2"]

T = TypeVar("T")
Floats = NDArray[np.float32]
Weighed = tuple[NDArray[np.uint64], Floats]  # the terms of a paper and what they weigh
Read = Callable[[Sequence[Doc], Floats], list[T]]  # papers with their sentence vectors -> what is kept of each

_CHUNK = 500  # papers read at a time
NOTES = ("learned once for all query sets, on the study's dev half", "seconds of reading from a sample")
_SAMPLE = 64  # papers read to tell how long all of them take


@lru_cache(maxsize=1)
def reader() -> MiniLM:
    """MiniLM for papers, in half precision."""
    return MiniLM(half=True)


@lru_cache(maxsize=1)
def pieces() -> list[str]:
    """Its vocabulary."""
    found: list[str] = reader().tokenizer.convert_ids_to_tokens(list(range(len(reader().tokenizer))))
    return found


def _in_chunks(read: Read[T], docs: Sequence[Doc], vectors: Floats) -> list[T]:
    return [
        kept for at in range(0, len(docs), _CHUNK) for kept in read(docs[at : at + _CHUNK], vectors[at : at + _CHUNK])
    ]


def of_whole(shared: Shared, read: Read[T]) -> list[T]:
    """What is kept of every paper with nothing taken away."""
    docs = shared.source.docs
    return _in_chunks(read, docs, shared.study.encode(passages_of(docs)))


def of_papers(corpus: Corpus, read: Read[T], whole: Callable[[Shared], list[T]]) -> tuple[list[T], float]:
    """(what is kept of every paper, seconds it takes): those that lost a part are read anew."""
    at = np.arange(0, len(corpus), max(1, len(corpus) // _SAMPLE))[:_SAMPLE]
    started = time.perf_counter()
    read([corpus.docs[i] for i in at], corpus.minilm[at])
    seconds = (time.perf_counter() - started) * len(corpus) / len(at)
    if 2 * len(corpus.changed) > len(corpus):
        return _in_chunks(read, corpus.docs, corpus.minilm), seconds
    found = list(corpus.shared.once(whole).model)
    some = [corpus.docs[i] for i in corpus.changed]
    for i, kept in zip(corpus.changed, _in_chunks(read, some, corpus.minilm[corpus.changed]), strict=True):
        found[i] = kept
    return found, seconds


def _each(weights: Bags) -> list[Weighed]:
    parts = (slice(*weights.indptr[i : i + 2]) for i in range(len(weights)))
    return [(weights.terms[weights.columns[p]], weights.counts[p]) for p in parts]


def _together(papers: Sequence[Weighed]) -> Bags:
    bounds = np.cumsum([0, *(len(terms) for terms, _ in papers)])
    return bag(Tokens(np.concatenate([t for t, _ in papers]), bounds), weights=np.concatenate([w for _, w in papers]))


def _words(texts: Sequence[str]) -> Words:
    return whole_words(reader().states(texts), pieces())


def _sparse(shared: Shared) -> InferenceFreeSparse:
    return on_sparse.learned(shared.study)


def _sparse_papers(shared: Shared) -> list[Weighed]:
    return of_whole(shared, _sparse_read(shared.once(_sparse).model))


def _sparse_read(method: InferenceFreeSparse) -> Read[Weighed]:
    def read(docs: Sequence[Doc], vectors: Floats) -> list[Weighed]:  # noqa: ARG001  tokens alone are read
        words = _words(passages_of(docs))
        return _each(method.encode(words.vectors, words.tokens))

    return read


def inference_free_sparse(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its penalty is chosen on the study
    """Learned weights of words that papers have or lack, in our impact-ordered index; a query is its words' idf."""
    learned = corpus.shared.once(_sparse)
    papers, seconds = of_papers(corpus, _sparse_read(learned.model), _sparse_papers)
    weights = _together(papers)
    block = PostingBlock.of(weights.terms, weights.indptr, weights.columns, weights.counts)
    index = Inverted([block])

    def search(text: str, k: int) -> list[int]:
        asked = learned.model.query(tokenize([text]))
        return [int(row) for row in index.search(SparseQuery(asked.terms[asked.columns], asked.counts), k).ids]

    size = block.terms.nbytes + block.indptr.nbytes + block.postings.nbytes + block.impacts.nbytes
    return Built(search, size, learned.seconds + seconds, notes=NOTES)


def _tildev2(shared: Shared) -> tuple[TILDEv2, Expansion, int]:
    return on_tildev2.learned(shared.study)


def _tildev2_papers(shared: Shared) -> list[Weighed]:
    return of_whole(shared, _tildev2_read(*shared.once(_tildev2).model))


def _tildev2_read(method: TILDEv2, expansion: Expansion, most: int) -> Read[Weighed]:
    terms = expansion.sample.bags.terms

    def read(docs: Sequence[Doc], vectors: Floats) -> list[Weighed]:
        texts = passages_of(docs)
        held = bag(tokenize(texts), skip=STOP_TERMS)
        known = locate(terms, held.terms)[held.columns]
        indptr = np.concatenate([[0], np.cumsum(known >= 0)])[held.indptr]
        present = Bags(terms, indptr, known[known >= 0].astype(np.int32), held.counts[known >= 0])
        own = _words(texts)
        more = expansion.read(own, expansion.likelihood(vectors), present, [d.title for d in docs], _words)
        words = more.with_appended(most)
        return _each(method.encode(words.vectors, words.tokens))

    return read


def tildev2(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  what is appended is chosen on the study
    """Our BM25's hundred reranked by learned weights of the query's words in each, some of them appended to it."""
    learned = corpus.shared.once(_tildev2)
    papers, seconds = of_papers(corpus, _tildev2_read(*learned.model), _tildev2_papers)
    impacts = Impacts.of(_together(papers))
    filled = corpus.filled

    def search(text: str, k: int) -> list[int]:
        found = filled.view.inverted.search(sparse_query(filled.view, text)[0], DEPTH, filled.view.alive)
        rows = np.sort(filled.position[found.ids])
        asked = without_stop_words(tokenize([text])).terms
        return [int(row) for row in top_k(rows, impacts.score(asked, rows), k).ids]

    size = impacts.terms.nbytes + impacts.indptr.nbytes + impacts.columns.nbytes + impacts.impacts.nbytes
    return Built(search, size, learned.seconds + seconds + filled.seconds, notes=NOTES)
