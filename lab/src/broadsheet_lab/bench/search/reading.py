"""Papers read by transformers that learned to search, once for all query sets.

Only what the methods keep of papers stays. What is learned is what the claims of these methods are measured with.

papers ──┬► inference-free sparse: the weights of words
         ├► tildev2: the weights of words, their own and appended ones
         └► colberter: a retrieval vector, and one of every word
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag
from broadsheet.kit.text import Tokens
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.bench.search.shared import Learned, Shared, passages_of
from broadsheet_lab.bench.text import colberter as on_colberter
from broadsheet_lab.bench.text import inference_free_sparse as on_sparse
from broadsheet_lab.bench.text import tildev2 as on_tildev2
from broadsheet_lab.encoders.colberter import ColBERTer
from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse
from broadsheet_lab.ranking.tildev2 import TILDEv2

__all__ = ["COLBERTER", "NOTES", "SPARSE", "TILDE", "Kept", "Weighed", "kept", "learned", "together"]

Floats = NDArray[np.float32]
Weighed = tuple[NDArray[np.uint64], Floats]  # the terms of a paper and what they weigh
Kept = list[Any]  # what a method keeps, a paper each
Read = Callable[[list[str]], Kept]  # of the texts of papers

SPARSE, TILDE, COLBERTER = "inference-free sparse", "tildev2", "colberter"
NOTES = ("learned once for all query sets, on the dev half", "seconds of reading from a sample")
_CHUNK = 500  # papers read at a time
_SAMPLE = 64  # papers read to tell how long all of them take


# Each method: what it learns, and what it keeps of papers -----------------------------------------------------------


def _sparse(shared: Shared) -> InferenceFreeSparse:
    return on_sparse.learned(shared.study)


def _sparse_read(method: InferenceFreeSparse) -> Read:
    return lambda texts: _each(method.encode(texts))


def _tilde(shared: Shared) -> TILDEv2:
    return on_tildev2.learned(shared.study)


def _tilde_read(method: TILDEv2) -> Read:
    return lambda texts: _each(method.encode(texts))


def _colberter(shared: Shared) -> ColBERTer:
    return on_colberter.learned(shared.study)


def _colberter_read(method: ColBERTer) -> Read:
    def read(texts: list[str]) -> Kept:
        found = method.encode(texts)
        ones = (found.one(i) for i in range(len(texts)))
        return [(one.retrieval[0], one.vectors.copy(), one.words.copy()) for one in ones]

    return read


_METHODS: dict[str, tuple[Callable[[Shared], Any], Callable[[Any], Read]]] = {
    SPARSE: (_sparse, _sparse_read),
    TILDE: (_tilde, _tilde_read),
    COLBERTER: (_colberter, _colberter_read),
}


def _each(weights: Bags) -> list[Weighed]:
    parts = (slice(*weights.indptr[i : i + 2]) for i in range(len(weights)))
    return [(weights.terms[weights.columns[p]], weights.counts[p]) for p in parts]


def together(papers: Sequence[Weighed]) -> Bags:
    """The words of papers, a bag each."""
    bounds = np.cumsum([0, *(len(terms) for terms, _ in papers)])
    return bag(Tokens(np.concatenate([t for t, _ in papers]), bounds), weights=np.concatenate([w for _, w in papers]))


# All papers, once ---------------------------------------------------------------------------------------------------


def learned(shared: Shared, name: str) -> Learned[Any]:
    """What a method learned, the first time it is asked for."""
    return shared.once(_METHODS[name][0])


def _reads(shared: Shared) -> dict[str, Read]:
    return {name: read(learned(shared, name).model) for name, (_, read) in _METHODS.items()}


def _read(reads: Mapping[str, Read], docs: Sequence[Doc]) -> dict[str, Kept]:
    found: dict[str, Kept] = {name: [] for name in reads}
    for start in range(0, len(docs), _CHUNK):
        texts = passages_of(docs[start : start + _CHUNK])
        for name, read in reads.items():
            found[name] += read(texts)
    return found


@lru_cache(maxsize=2)  # the papers whole, and those without titles
def _all(shared: Shared, docs: tuple[Doc, ...]) -> dict[str, Kept]:
    return _read(_reads(shared), docs)


@lru_cache(maxsize=1)  # methods on the same papers come one after the other
def _anew(corpus: Corpus) -> dict[str, Kept]:
    """What is kept of the papers that lost a part."""
    return _read(_reads(corpus.shared), [corpus.docs[i] for i in corpus.changed])


def kept(corpus: Corpus, name: str) -> tuple[Kept, float]:
    """(what a method keeps of every paper, seconds it would take by itself); papers that lost a part are read anew."""
    at = np.arange(0, len(corpus), max(1, len(corpus) // _SAMPLE))[:_SAMPLE]
    own, some = {name: _reads(corpus.shared)[name]}, [corpus.docs[i] for i in at]
    started = time.perf_counter()
    _read(own, some)
    seconds = (time.perf_counter() - started) * len(corpus) / len(at)
    if corpus.mostly_changed:
        return _all(corpus.shared, corpus.docs)[name], seconds
    found = list(_all(corpus.shared, corpus.whole)[name])
    for i, paper in zip(corpus.changed, _anew(corpus)[name], strict=True):
        found[i] = paper
    return found, seconds
