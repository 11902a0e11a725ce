"""Papers read by a transformer, token by token, once for all the methods that learn from its states.

A paper's token states take 150 kB, so papers are read a few at a time and only what the methods keep of them stays.
What is learned, and how it is chosen, is what the claims of these methods are measured with.

papers ──► states of their tokens ──┬► inference-free sparse: the weights of words
                                    ├► tildev2: the weights of words, its own and appended ones
                                    └► colberter: a retrieval vector, and one of every word
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.bench.search.shared import Learned, Shared, passages_of
from broadsheet_lab.bench.text import colberter as on_colberter
from broadsheet_lab.bench.text import inference_free_sparse as on_sparse
from broadsheet_lab.bench.text import tildev2 as on_tildev2
from broadsheet_lab.bench.text._expansion import Expansion
from broadsheet_lab.bench.text._sparse import Words, whole_words
from broadsheet_lab.encoders._whole_words import WordBags, word_bags
from broadsheet_lab.encoders.colberter import ColBERTer
from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse
from broadsheet_lab.encoders.minilm import MiniLM, TokenStates
from broadsheet_lab.ranking.tildev2 import TILDEv2

__all__ = ["COLBERTER", "NOTES", "SPARSE", "TILDE", "Kept", "Weighed", "bags_of", "kept", "learned", "together"]

Floats = NDArray[np.float32]
Weighed = tuple[NDArray[np.uint64], Floats]  # the terms of a paper and what they weigh
Kept = list[Any]  # what a method keeps, a paper each
Read = Callable[[Sequence[Doc], Floats, TokenStates], Kept]  # papers, their sentence vectors, their tokens' states

SPARSE, TILDE, COLBERTER = "inference-free sparse", "tildev2", "colberter"
NOTES = ("learned once for all query sets, on the study's dev half", "seconds of reading from a sample")
_CHUNK = 500  # papers read at a time
_SAMPLE = 64  # papers read to tell how long all of them take


@lru_cache(maxsize=1)
def _reader() -> MiniLM:
    """MiniLM for papers, in half precision."""
    return MiniLM(half=True)


@lru_cache(maxsize=1)
def _pieces() -> list[str]:
    """Its vocabulary."""
    found: list[str] = _reader().tokenizer.convert_ids_to_tokens(list(range(len(_reader().tokenizer))))
    return found


# Each method: what it learns, and what it keeps of papers -----------------------------------------------------------


def _sparse(shared: Shared) -> InferenceFreeSparse:
    return on_sparse.learned(shared.study)


def _sparse_read(method: InferenceFreeSparse) -> Read:
    def read(docs: Sequence[Doc], vectors: Floats, states: TokenStates) -> Kept:  # noqa: ARG001  states say it all
        words = whole_words(states, _pieces())
        return _each(method.encode(words.vectors, words.tokens))

    return read


def _tilde(shared: Shared) -> tuple[TILDEv2, Expansion, int]:
    return on_tildev2.learned(shared.study)


def _tilde_read(found: tuple[TILDEv2, Expansion, int]) -> Read:
    method, expansion, most = found
    terms = expansion.sample.bags.terms

    def words(texts: Sequence[str]) -> Words:
        return whole_words(_reader().states(texts), _pieces())

    def read(docs: Sequence[Doc], vectors: Floats, states: TokenStates) -> Kept:
        held = bag(tokenize(passages_of(docs)), skip=STOP_TERMS)
        known = find_sorted(terms, held.terms)[held.columns]
        indptr = np.concatenate([[0], np.cumsum(known >= 0)])[held.indptr]
        present = Bags(terms, indptr, known[known >= 0].astype(np.int32), held.counts[known >= 0])
        own = whole_words(states, _pieces())
        more = expansion.read(own, expansion.likelihood(vectors), present, [d.title for d in docs], words)
        all_of_them = more.with_appended(most)
        return _each(method.encode(all_of_them.vectors, all_of_them.tokens))

    return read


def _colberter(shared: Shared) -> ColBERTer:
    return on_colberter.prepared(shared.study).learned("32 dimensions")


def _colberter_read(method: ColBERTer) -> Read:
    def read(docs: Sequence[Doc], vectors: Floats, states: TokenStates) -> Kept:  # noqa: ARG001  states say it all
        found = method.encode(bags_of(states))
        ones = (found.one(i) for i in range(len(docs)))
        return [(one.retrieval[0], one.vectors.copy(), one.words.copy()) for one in ones]

    return read


_METHODS: dict[str, tuple[Callable[[Shared], Any], Callable[[Any], Read]]] = {
    SPARSE: (_sparse, _sparse_read),
    TILDE: (_tilde, _tilde_read),
    COLBERTER: (_colberter, _colberter_read),
}


def bags_of(states: TokenStates) -> WordBags:
    """The distinct words of texts."""
    return word_bags(states.vectors, states.tokens, states.bounds, _pieces())


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


def _read(reads: Mapping[str, Read], docs: Sequence[Doc], vectors: Floats) -> dict[str, Kept]:
    found: dict[str, Kept] = {name: [] for name in reads}
    for start in range(0, len(docs), _CHUNK):
        part = slice(start, start + _CHUNK)
        states = _reader().states(passages_of(docs[part]))
        for name, read in reads.items():
            found[name] += read(docs[part], vectors[part], states)
    return found


@lru_cache(maxsize=2)  # the papers whole, and those without titles
def _all(shared: Shared, docs: tuple[Doc, ...]) -> dict[str, Kept]:
    return _read(_reads(shared), docs, shared.study.encode(passages_of(docs)))


@lru_cache(maxsize=1)  # methods on the same papers come one after the other
def _anew(corpus: Corpus) -> dict[str, Kept]:
    """What is kept of the papers that lost a part."""
    return _read(_reads(corpus.shared), [corpus.docs[i] for i in corpus.changed], corpus.minilm[corpus.changed])


def kept(corpus: Corpus, name: str) -> tuple[Kept, float]:
    """(what a method keeps of every paper, seconds it would take by itself); papers that lost a part are read anew."""
    at = np.arange(0, len(corpus), max(1, len(corpus) // _SAMPLE))[:_SAMPLE]
    own, some = {name: _reads(corpus.shared)[name]}, [corpus.docs[i] for i in at]
    vectors = corpus.minilm[at]
    started = time.perf_counter()
    _read(own, some, vectors)
    seconds = (time.perf_counter() - started) * len(corpus) / len(at)
    if corpus.mostly_changed:
        return _all(corpus.shared, corpus.docs)[name], seconds
    found = list(_all(corpus.shared, corpus.whole)[name])
    for i, paper in zip(corpus.changed, _anew(corpus)[name], strict=True):
        found[i] = paper
    return found, seconds
