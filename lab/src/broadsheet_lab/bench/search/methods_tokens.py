"""Methods on the states of a transformer's tokens: learned weights of words, and vectors of words (reading.py)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet_lab.bench.search.contract import DEPTH, Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.reading import COLBERTER, NOTES, SPARSE, TILDE, kept, learned, together
from broadsheet_lab.bench.text.colberter import REFINED
from broadsheet_lab.encoders.colberter import ColBERTer, Encoded
from broadsheet_lab.indexes.muvera import FixedDimensionalEncoding, Muvera, MuveraBlock
from broadsheet_lab.ranking._impacts import Impacts

__all__ = ["colberter", "inference_free_sparse", "muvera", "tildev2"]

_ENCODING = FixedDimensionalEncoding(32, repetitions=20, planes=5, inner=0, final=2048, fill=False)


def inference_free_sparse(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its penalty is chosen on the study
    """Learned weights of words that papers have or lack, in our impact-ordered index; a query is its words' idf."""
    method = learned(corpus.shared, SPARSE)
    papers, seconds = kept(corpus, SPARSE)
    weights = together(papers)
    block = PostingBlock.of(weights.terms, weights.indptr, weights.columns, weights.counts)
    index = Inverted([block])

    def search(text: str, k: int) -> list[int]:
        asked = method.model.query([text])
        return [int(row) for row in index.search(SparseQuery(asked.terms[asked.columns], asked.counts), k).ids]

    size = block.terms.nbytes + block.indptr.nbytes + block.postings.nbytes + block.impacts.nbytes
    return Built(search, size, method.seconds + seconds, notes=NOTES)


def tildev2(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  what is appended is chosen on the study
    """Our BM25's hundred reranked by learned weights of the query's words in each, some of them appended to it."""
    method = learned(corpus.shared, TILDE)
    papers, seconds = kept(corpus, TILDE)
    impacts = Impacts.of(together(papers))
    filled = corpus.filled

    def search(text: str, k: int) -> list[int]:
        found = filled.view.inverted.search(AnalyzedQuery.of(filled.view, text).sparse, DEPTH, filled.view.alive)
        rows = np.sort(filled.position[found.ids])
        asked = method.model.terms([text])[0]
        return [int(row) for row in top_k(rows, impacts.score(asked, rows), k).ids]

    size = impacts.terms.nbytes + impacts.indptr.nbytes + impacts.columns.nbytes + impacts.impacts.nbytes
    return Built(search, size, method.seconds + seconds + filled.seconds, notes=NOTES)


@dataclass(frozen=True)
class _Late:
    """Papers and queries as ColBERTer encodes them."""

    method: ColBERTer
    documents: Encoded
    seconds: float

    @classmethod
    def of(cls, corpus: Corpus) -> _Late:
        """Learned, and every paper read."""
        method = learned(corpus.shared, COLBERTER)
        papers, seconds = kept(corpus, COLBERTER)
        retrieval, vectors, words = (np.concatenate([np.atleast_1d(p[i]) for p in papers]) for i in range(3))
        bounds = np.cumsum([0, *(len(p[2]) for p in papers)])
        found = Encoded(retrieval.reshape(len(papers), -1), vectors, words, bounds, {})
        return cls(method.model, found, method.seconds + seconds)

    def query(self, text: str) -> Encoded:
        """The query's vectors."""
        return self.method.encode([text], queries=True)


def colberter(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """ColBERTer: the thousand nearest by retrieval vectors, refined by word vectors of 32 dimensions."""
    late = _Late.of(corpus)
    documents = late.documents

    def search(text: str, k: int) -> list[int]:
        asked = late.query(text)
        rows = np.sort(top_k_masked(documents.retrieval @ asked.retrieval[0], REFINED).ids)
        return [int(row) for row in top_k(rows, late.method.score(asked, documents, rows), k).ids]

    size = documents.retrieval.nbytes + documents.vectors.nbytes + documents.words.nbytes + documents.bounds.nbytes
    return Built(search, size, late.seconds, notes=NOTES)


def muvera(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """ColBERTer's word vectors alone: candidates by fixed dimensional encodings, a thousand of them scored exactly."""
    late = _Late.of(corpus)
    started = time.perf_counter()
    block = MuveraBlock.of(unit_rows(late.documents.vectors), late.documents.bounds, _ENCODING)
    seconds = time.perf_counter() - started
    index = Muvera([block])

    def search(text: str, k: int) -> list[int]:
        asked = late.query(text).vectors
        return [int(row) for row in index.search(asked, k).ids] if len(asked) else []

    size = sum(array.nbytes for array in block.to_arrays().values())
    return Built(search, size, late.seconds + seconds, notes=NOTES)
