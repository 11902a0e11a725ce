"""Late interaction on ColBERTer's word vectors: refined from retrieval vectors, and by fixed dimensional encodings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench.search.contract import Built
from broadsheet.bench.search.corpus import Corpus
from broadsheet.bench.search.dense import query_model
from broadsheet.bench.search.methods_tokens import NOTES, Read, of_papers, of_whole, pieces, reader
from broadsheet.bench.search.sets import Doc, QuerySet
from broadsheet.bench.search.shared import Shared, passages_of
from broadsheet.bench.text import colberter as on_colberter
from broadsheet.bench.text.muvera import KEPT, Late
from broadsheet.encoders._whole_words import WordBags, word_bags
from broadsheet.encoders.colberter import ColBERTer, Encoded
from broadsheet.encoders.minilm import TokenStates
from broadsheet.indexes.muvera import Muvera, MuveraBlock
from broadsheet.kit.hits import top_k
from broadsheet.kit.select import best

__all__ = ["colberter", "muvera"]

Floats = NDArray[np.float32]
Held = tuple[Floats, Floats, NDArray[np.uint64]]  # a paper's retrieval vector, and its words' vectors and hashes


def _colberter(shared: Shared) -> ColBERTer:
    return on_colberter.prepared(shared.study).learned("32 dimensions")


def _colberter_papers(shared: Shared) -> list[Held]:
    return of_whole(shared, _colberter_read(shared.once(_colberter).model))


def _bags(states: TokenStates) -> WordBags:
    return word_bags(states.vectors, states.tokens, states.bounds, pieces())


def _colberter_read(method: ColBERTer) -> Read[Held]:
    def read(docs: Sequence[Doc], vectors: Floats) -> list[Held]:  # noqa: ARG001  tokens alone are read
        found = method.encode(_bags(reader().states(passages_of(docs))))
        ones = (found.one(i) for i in range(len(found)))
        return [(one.retrieval[0], one.vectors.copy(), one.words.copy()) for one in ones]

    return read


@dataclass(frozen=True)
class _Late:
    """Papers and queries as ColBERTer encodes them."""

    method: ColBERTer
    documents: Encoded
    seconds: float

    @classmethod
    def of(cls, corpus: Corpus) -> _Late:
        """Learned, and every paper read."""
        learned = corpus.shared.once(_colberter)
        papers, seconds = of_papers(corpus, _colberter_read(learned.model), _colberter_papers)
        retrieval, vectors, words = (np.concatenate([np.atleast_1d(p[i]) for p in papers]) for i in range(3))
        bounds = np.cumsum([0, *(len(p[2]) for p in papers)])
        found = Encoded(retrieval.reshape(len(papers), -1), vectors, words, bounds, {})
        return cls(learned.model, found, learned.seconds + seconds)

    def query(self, text: str) -> Encoded:
        """The query's vectors."""
        return self.method.encode(_bags(query_model().states([text])), queries=True)


def colberter(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """ColBERTer: the thousand nearest by retrieval vectors, refined by word vectors of 32 dimensions."""
    late = _Late.of(corpus)
    kept = late.documents

    def search(text: str, k: int) -> list[int]:
        asked = late.query(text)
        rows = np.sort(best(kept.retrieval @ asked.retrieval[0], on_colberter.REFINED).ids)
        return [int(row) for row in top_k(rows, late.method.score(asked, kept, rows), k).ids]

    size = kept.retrieval.nbytes + kept.vectors.nbytes + kept.words.nbytes + kept.bounds.nbytes
    return Built(search, size, late.seconds, notes=NOTES)


def muvera(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """ColBERTer's word vectors alone: candidates by fixed dimensional encodings, a thousand of them scored exactly."""
    late = _Late.of(corpus)
    started = time.perf_counter()
    block = MuveraBlock.of(Late(late.documents).vectors, late.documents.bounds, KEPT)
    seconds = time.perf_counter() - started
    index = Muvera([block])

    def search(text: str, k: int) -> list[int]:
        asked = late.query(text).vectors
        return [int(row) for row in index.search(asked, k).ids] if len(asked) else []

    size = sum(array.nbytes for array in block.to_arrays().values())
    return Built(search, size, late.seconds + seconds, notes=NOTES)
