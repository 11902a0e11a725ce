"""Methods on frozen MiniLM vectors: maps and adapters of them, learned on the dev half of the study.

What is learned and how it is chosen is what the claims of these methods are measured with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.search.contract import Built, Search
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.dense import Encode, encoded, nearest, of_minilm
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.shared import Learned, Shared, passages_of
from broadsheet_lab.bench.search.similar import nearest_to_mean
from broadsheet_lab.bench.text import aspects as on_aspects
from broadsheet_lab.bench.text import metrix as on_metrix
from broadsheet_lab.bench.text import moe as on_moe
from broadsheet_lab.bench.text import star_adore as on_star_adore
from broadsheet_lab.encoders.aspects import AspectHeads
from broadsheet_lab.encoders.metrix import Metrix
from broadsheet_lab.encoders.moe import MixtureOfExperts
from broadsheet_lab.encoders.star_adore import StarAdore

__all__ = ["aspects", "aspects_mean", "metrix", "moe", "routed", "star_adore"]

Floats = NDArray[np.float32]

_NOTES = ("learned once for all query sets, on the study's dev half", "seconds of encoding from a sample")


def _star_adore(shared: Shared) -> StarAdore:
    return on_star_adore.learned(shared.study)


def star_adore(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are chosen on the study
    """MiniLM with queries mapped by STAR and then ADORE; papers stay as they are."""
    vectors, encode, seconds = of_minilm(corpus)
    learned = corpus.shared.once(_star_adore)
    mapped = nearest(vectors, lambda texts: learned.model.encode(encode(texts)))
    return Built(mapped, vectors.nbytes, seconds + learned.seconds, notes=_NOTES)


def _metrix(shared: Shared) -> Metrix:
    """Learned as where its claims are measured."""
    learn, _ = on_metrix.groups_of(shared.study)
    return Metrix(on_metrix.begun(), plan=on_metrix.COURSE).fit(learn.texts, learn.labels)


def _metrix_vectors(shared: Shared) -> Floats:
    return encoded(shared.once(_metrix).model.encode, passages_of(shared.source.docs))


def metrix(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """MiniLM tuned by metric learning with mixed examples, on papers that share a keyword."""
    learned = corpus.shared.once(_metrix)
    encode = learned.model.encode
    vectors = corpus.vectors(lambda texts: encoded(encode, texts), lambda _: corpus.shared.once(_metrix_vectors).model)
    seconds = learned.seconds + corpus.encoding_seconds(encode)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=_NOTES)


def _moe(shared: Shared) -> tuple[MixtureOfExperts, MixtureOfExperts]:
    return on_moe.learned(shared.study)


def routed(
    encode: Encode, experts: list[Callable[[Floats], Floats]], groups: list[tuple[NDArray[np.int64], Floats]]
) -> Search:
    """The papers of each expert (their positions and vectors) against the query as that expert sees it."""
    positions = np.concatenate([rows for rows, _ in groups])

    def search(text: str, k: int) -> list[int]:
        vector = encode([text])
        scores = [own @ expert(vector)[0] for expert, (_, own) in zip(experts, groups, strict=True)]
        return [int(row) for row in positions[top_k_masked(np.concatenate(scores), k).ids]] if vector.any() else []

    return search


def moe(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are chosen on the study
    """MiniLM through the expert of a paper's venue, the query through each; other venues share the one before them."""
    vectors, encode, seconds = of_minilm(corpus)
    learned: Learned[tuple[MixtureOfExperts, MixtureOfExperts]] = corpus.shared.once(_moe)
    apart, together = learned.model
    venues = np.array([d.venue for d in corpus.docs])
    experts: list[Callable[[Floats], Floats]] = []
    groups = []
    for field in (*apart.fields_.tolist(), ""):
        method, name = (apart, field) if field else (together, str(together.fields_[0]))

        def through(x: Floats, method: MixtureOfExperts = method, name: str = name) -> Floats:
            return method.encode(x, np.full(len(x), name))

        rows = np.flatnonzero(venues == field if field else ~np.isin(venues, apart.fields_))
        experts.append(through)
        groups.append((rows, through(vectors[rows])))
    notes = (*_NOTES, "papers of venues without an expert go through the one that the experts parted from")
    return Built(routed(encode, experts, groups), vectors.nbytes, seconds + learned.seconds, notes=notes)


def _aspects(shared: Shared) -> AspectHeads:
    return on_aspects.learned(shared.study)


def _headed(corpus: Corpus) -> tuple[Floats, Encode, float]:
    """(vectors of the papers through the three heads, side by side; the same of queries; seconds)."""
    whole, encode, seconds = of_minilm(corpus)
    learned = corpus.shared.once(_aspects)

    def heads(x: Floats) -> Floats:
        return np.concatenate([learned.model.encode(x, aspect) for aspect in on_aspects.NAMES], axis=1)

    return heads(whole), lambda texts: heads(encode(texts)), seconds + learned.seconds


def aspects(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """MiniLM through the heads for task, method and data, side by side: the sum of the three cosines."""
    vectors, encode, seconds = _headed(corpus)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=_NOTES)


def aspects_mean(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """The papers nearest to the mean of the liked ones' vectors through the three heads."""
    vectors, _, seconds = _headed(corpus)
    return Built(nearest_to_mean(corpus, vectors), vectors.nbytes, seconds, notes=_NOTES)
