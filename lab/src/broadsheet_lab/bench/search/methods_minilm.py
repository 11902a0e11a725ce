"""Methods on frozen MiniLM vectors: maps and adapters of them, learned on the dev half of the study.

What is learned and how it is chosen is what the claims of these methods are measured with.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.search.contract import Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.dense import encoded, nearest
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.shared import Shared, passages_of
from broadsheet_lab.bench.text import metrix as on_metrix
from broadsheet_lab.bench.text import star_adore as on_star_adore
from broadsheet_lab.encoders.metrix import Metrix
from broadsheet_lab.encoders.star_adore import StarAdore

__all__ = ["metrix", "star_adore"]

Floats = NDArray[np.float32]

_NOTES = ("learned once for all query sets, on the study's dev half", "seconds of encoding from a sample")


def _star_adore(shared: Shared) -> StarAdore:
    return on_star_adore.learned(shared.study)


def star_adore(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """Both towers of MiniLM trained by STAR, then the queries' by ADORE."""
    learned = corpus.shared.once(_star_adore)
    started = time.perf_counter()
    vectors = encoded(learned.model.encode_documents, corpus.passages)
    seconds = learned.seconds + time.perf_counter() - started
    return Built(nearest(vectors, learned.model.encode), vectors.nbytes, seconds, notes=_NOTES[:1])


def _metrix(shared: Shared) -> Metrix:
    """Learned as where its claims are measured."""
    learn, _ = on_metrix.groups_of(shared.study)
    return Metrix(on_metrix.begun(), layer=on_metrix.LAYER, plan=on_metrix.COURSE).fit(learn.texts, learn.labels)


def _metrix_vectors(shared: Shared) -> Floats:
    return encoded(shared.once(_metrix).model.encode, passages_of(shared.source.docs))


def metrix(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """MiniLM tuned by metric learning with mixed examples, on papers that share a keyword."""
    learned = corpus.shared.once(_metrix)
    encode = learned.model.encode
    vectors = corpus.vectors(lambda texts: encoded(encode, texts), lambda _: corpus.shared.once(_metrix_vectors).model)
    seconds = learned.seconds + corpus.encoding_seconds(encode)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=_NOTES)
