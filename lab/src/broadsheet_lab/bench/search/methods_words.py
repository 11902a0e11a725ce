"""Encoders that learn their words from texts alone: word embeddings, binary paragraph vectors, dual space, RS2.

They learn from papers that no query was taken from, once for all query sets, as many as LSA is fitted on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder
from broadsheet_lab.bench.search.contract import Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.dense import encoded, nearest
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.shared import Shared, passages_of
from broadsheet_lab.bench.text import rs2 as on_rs2
from broadsheet_lab.bench.text.word_embeddings import glove_of, skip_gram_of
from broadsheet_lab.encoders.binary_pv import BinaryParagraphVectors
from broadsheet_lab.encoders.dual_space import DualSpace
from broadsheet_lab.encoders.rs2 import RS2
from broadsheet_lab.encoders.word_embeddings import WordEmbeddings

__all__ = ["binary_pv", "dual_space", "glove", "rs2", "skip_gram"]

LEARNED = 20_000  # papers
CODED = 10_000  # papers that binary paragraph vectors learn from, which takes longest
_FROM = f"learned once for all query sets, on {LEARNED:,} papers that no query was taken from"


def _skip_gram(shared: Shared) -> WordEmbeddings:
    return skip_gram_of(shared.texts(LEARNED))


def _glove(shared: Shared) -> WordEmbeddings:
    return glove_of(shared.texts(LEARNED))


def _dual_space(shared: Shared) -> DualSpace:
    return DualSpace().fit(shared.texts(LEARNED))


def _rs2(shared: Shared) -> RS2:
    """MiniLM tuned on titles that ask for abstracts, as many as where its claims are measured."""
    docs = shared.docs[: on_rs2.TRAINED]
    encoder = RS2(on_rs2.begun(), epochs=on_rs2.EPOCHS, batch=on_rs2.BATCH, rate=on_rs2.RATE, lower=on_rs2.LOWER)
    return encoder.fit([d.title for d in docs], [d.abstract for d in docs])


def _rs2_vectors(shared: Shared) -> NDArray[np.float32]:
    return encoded(shared.once(_rs2).model.encode, passages_of(shared.source.docs))


def _built(corpus: Corpus, learn: Callable[[Shared], Encoder], texts: Sequence[str], note: str = _FROM) -> Built:
    """The papers by an encoder that is learned once."""
    learned = corpus.shared.once(learn)
    started = time.perf_counter()
    vectors = encoded(learned.model.encode, texts)
    seconds = learned.seconds + time.perf_counter() - started
    return Built(nearest(vectors, learned.model.encode), vectors.nbytes, seconds, notes=(note,))


def skip_gram(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """Means of the vectors that skip-gram learned, 100 floats a paper."""
    return _built(corpus, _skip_gram, corpus.texts)


def glove(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """Means of the vectors that GloVe learned, 100 floats a paper."""
    return _built(corpus, _glove, corpus.texts)


def dual_space(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """Sums of the words' domain vectors by idf, 300 floats a paper."""
    return _built(corpus, _dual_space, corpus.texts)


def rs2(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """MiniLM tuned on titles and abstracts, a fresh tenth of the pairs an epoch."""
    learned = corpus.shared.once(_rs2)
    encode = learned.model.encode
    vectors = corpus.vectors(encode, lambda _: corpus.shared.once(_rs2_vectors).model)
    seconds = learned.seconds + corpus.encoding_seconds(encode)
    note = f"learned once for all query sets, on {on_rs2.TRAINED} papers that no query was taken from"
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=(note, "seconds of encoding from a sample"))


def _binary_pv(shared: Shared) -> BinaryParagraphVectors:
    return BinaryParagraphVectors().fit(shared.texts(CODED))


def _binary_codes(shared: Shared) -> NDArray[np.float32]:
    return encoded(shared.once(_binary_pv).model.encode, passages_of(shared.source.docs))


def binary_pv(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """128 bits a paper, inferred as those of a query are, with words learned on some papers."""
    learned = corpus.shared.once(_binary_pv)
    encode = learned.model.encode
    codes = corpus.vectors(encode, lambda _: corpus.shared.once(_binary_codes).model)
    seconds = learned.seconds + corpus.encoding_seconds(encode)
    note = f"learned once for all query sets, on {CODED:,} papers that no query was taken from"
    return Built(nearest(codes, encode), codes.size / 8, seconds, notes=(note, "seconds of inference from a sample"))
