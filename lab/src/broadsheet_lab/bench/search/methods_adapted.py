"""Methods that tune MiniLM's upper layers, each text encoded anew by what was learned on the dev half of the study."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.search.contract import Built, Search
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.dense import Encode, encoded, nearest, torch_on_one_thread
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.shared import Shared
from broadsheet_lab.bench.search.similar import nearest_to_mean
from broadsheet_lab.bench.text import aspects as on_aspects
from broadsheet_lab.bench.text import moe as on_moe
from broadsheet_lab.encoders.aspects import AspectEncoders
from broadsheet_lab.encoders.moe import MixtureOfExperts

__all__ = ["aspects", "aspects_mean", "moe", "routed"]

Floats = NDArray[np.float32]

_NOTES = ("learned once for all query sets, on the study's dev half",)


def _moe(shared: Shared) -> tuple[MixtureOfExperts, MixtureOfExperts]:
    return on_moe.learned(shared.study)


def routed(groups: Sequence[tuple[Encode, NDArray[np.int64], Floats]]) -> Search:
    """The papers of each expert (its encoder, their positions and vectors) against the query as that expert sees it."""
    positions = np.concatenate([rows for _, rows, _ in groups])

    def search(text: str, k: int) -> list[int]:
        scores = np.concatenate([vectors @ encode([text])[0] for encode, _, vectors in groups])
        return [int(row) for row in positions[top_k_masked(scores, k).ids]]

    return search


def moe(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are chosen on the study
    """MiniLM through the expert of a paper's venue, the query through each; other venues share the one encoder."""
    torch_on_one_thread()
    learned = corpus.shared.once(_moe)
    experts, one = learned.model
    started = time.perf_counter()
    venues = np.array([d.venue for d in corpus.docs])
    known = np.isin(venues, experts.fields_)
    routes = [(experts, field, np.flatnonzero(venues == field)) for field in experts.fields_.tolist()]
    routes.append((one, str(one.fields_[0]), np.flatnonzero(~known)))

    def through(method: MixtureOfExperts, field: str) -> Encode:
        return lambda texts: method.encode(list(texts), np.full(len(texts), field))

    groups = [
        (through(method, field), rows, encoded(through(method, field), [corpus.passages[i] for i in rows]))
        for method, field, rows in routes
        if len(rows)
    ]
    seconds = time.perf_counter() - started
    notes = (*_NOTES, "papers of venues without an expert go through the encoder that knows no fields")
    return Built(routed(groups), sum(v.nbytes for _, _, v in groups), seconds + learned.seconds, notes=notes)


def _aspects(shared: Shared) -> AspectEncoders:
    return on_aspects.learned(shared.study)


def _by_aspect(corpus: Corpus) -> tuple[Floats, Encode, float]:
    """(vectors of the papers by the three encoders, side by side; the same of queries; seconds)."""
    torch_on_one_thread()
    learned = corpus.shared.once(_aspects)
    started = time.perf_counter()

    def encode(texts: Sequence[str]) -> Floats:
        read = learned.model.tower().read(list(texts))
        return np.concatenate([learned.model.encode(read, aspect) for aspect in on_aspects.NAMES], axis=1)

    vectors = encoded(encode, corpus.passages)
    return vectors, encode, time.perf_counter() - started + learned.seconds


def aspects(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """MiniLM by the encoders of task, method and data, side by side: the sum of the three cosines."""
    vectors, encode, seconds = _by_aspect(corpus)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=_NOTES)


def aspects_mean(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """The papers nearest to the mean of the liked ones' vectors by the three encoders."""
    vectors, _, seconds = _by_aspect(corpus)
    return Built(nearest_to_mean(corpus, vectors), vectors.nbytes, seconds, notes=_NOTES)
