"""Papers compared in one aspect sentence by sentence, by the transformer.

example ── its sentences on the aspect, title ───────────────┐
first candidates ── their sentences on it, title, whole ─────┴─► best match of each ──► weighted mean
Each of an example's sentences counts by its best match. A candidate's sentence counts fully where it speaks of the
aspect, and less elsewhere: authors say the same thing in different places. The other candidates get an estimate.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.hits import top_k
from broadsheet.pipeline.search.aspect_sentences import AspectSentences
from broadsheet.pipeline.search.meaning import impute_cosines

__all__ = ["FIRST", "SentenceMatches", "SentenceVectors", "match_sentences"]

FIRST = 50  # candidates whose sentences are encoded
SENTENCES = 3  # of a candidate, those that speak most of the aspect
EXAMPLES = 16  # whose sentences are compared
LEAST_WEIGHT = 0.2  # of an example's sentence
WHOLE = 0.9  # weight of a match with a candidate's vector as a whole, its title's being 1
ELSEWHERE = 0.75  # weight of a match with a sentence that does not speak of the aspect
_BASE_SIMILARITY = 0.05  # added to cosines, so that a sentence on the aspect is quoted even if no cosine is above 0

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


class SentenceVectors:
    """The vectors of sentences by a model; those of the last `most` are kept. Safe among threads."""

    def __init__(self, most: int = 8192) -> None:
        self._most = most
        self._vectors: OrderedDict[tuple[str, str], NDArray[np.float16]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    def encode(self, model: str, encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d); `model` names the encoder."""
        with self._lock:
            known = {text: self._vectors.get((model, text)) for text in texts}
        missing = [text for text, vector in known.items() if vector is None]
        made = dict(zip(missing, encoder.encode(missing).astype(np.float16), strict=True)) if missing else {}
        vectors = {text: made[text] if vector is None else vector for text, vector in known.items()}
        with self._lock:
            for text, vector in vectors.items():
                self._vectors[model, text] = vector
                self._vectors.move_to_end((model, text))
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
        return np.array([vectors[text] for text in texts], np.float32)


@dataclass(frozen=True, slots=True)
class SentenceMatches:
    """How well candidates match in an aspect, and the sentences that match best."""

    similarity: NDArray[np.float32]  # (m,)
    quotes: Mapping[int, str]  # candidate → its sentence on the aspect that matches best


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Sentences of several papers: those of paper i are at[i]:at[i + 1]."""

    places: NDArray[np.int64]  # (s,) in the AspectSentences
    weights: NDArray[np.float32]  # (s,)
    bounds: NDArray[np.int64]  # (n + 1,)

    @classmethod
    def of(cls, papers: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]) -> _Weighted:
        lengths = [len(places) for places, _ in papers]
        places, weights = (np.concatenate(part) for part in zip(*papers, strict=True))
        return cls(places, weights.astype(np.float32), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def match_sentences(
    sentences: AspectSentences,
    pull: NDArray[np.float64],
    prior: NDArray[np.float32],
    wholes: NDArray[np.float32],
    encode: Encode,
) -> SentenceMatches:
    """Compare examples with candidates; `sentences` are those of the e examples, then of the m candidates.

    `pull` (e,) is the weight of each example, below 0 for a disliked one; `prior` (m,) says which candidates are first,
    `wholes` (m, d) are their vectors, NaN where there is none.
    """
    n = len(pull)
    used = np.concatenate([np.flatnonzero(pull > 0)[:EXAMPLES], np.flatnonzero(pull < 0)[:EXAMPLES]])
    first = np.sort(top_k(np.arange(len(prior), dtype=np.int64), prior, FIRST).ids)
    if not len(first):
        return SentenceMatches(np.zeros(len(prior), np.float32), {})
    examples = _Weighted.of([_of_example(sentences, i) for i in used.tolist()])
    candidates = _Weighted.of([_of_candidate(sentences, n + i) for i in first.tolist()])
    texts = [sentences.sentences[i] for i in (*examples.places.tolist(), *candidates.places.tolist())]
    vectors = encode(texts)
    asked, given = vectors[: len(examples.places)], vectors[len(examples.places) :]
    cosines = asked @ given.T  # (a, c)
    by_sentence = np.maximum.reduceat(cosines * candidates.weights, candidates.bounds[:-1], axis=1)  # (a, first)
    best = np.maximum(by_sentence, np.float32(WHOLE) * (asked @ np.nan_to_num(wholes[first]).T))
    sums = np.add.reduceat(examples.weights, examples.bounds[:-1])
    shares = examples.weights * np.repeat(pull[used] / sums, np.diff(examples.bounds))
    similarity = np.full(len(prior), np.nan, np.float32)
    similarity[first] = shares @ best
    closest = cosines[: examples.bounds[int(np.count_nonzero(pull[used] > 0))]].max(axis=0)
    quotes = _quotes(sentences, candidates, closest, first)
    return SentenceMatches(impute_cosines(similarity, prior), quotes)


def _of_example(sentences: AspectSentences, paper: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The title and the sentences that tell something of the aspect, with their weights."""
    places = np.arange(sentences.bounds[paper], sentences.bounds[paper + 1])
    weights = sentences.weights[places].copy()
    weights[0] = 1
    used = weights >= LEAST_WEIGHT
    return places[used], weights[used]


def _of_candidate(sentences: AspectSentences, paper: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The title and the sentences that speak most of the aspect, with the weights of a match."""
    places = np.arange(sentences.bounds[paper], sentences.bounds[paper + 1])
    probability = sentences.probability[places]
    most = np.sort(np.argsort(-probability[1:], kind="stable")[:SENTENCES]) + 1
    weights = ELSEWHERE + (1 - ELSEWHERE) * probability[most]
    return places[np.concatenate([[0], most])], np.concatenate([np.ones(1, np.float32), weights])


def _quotes(
    sentences: AspectSentences, candidates: _Weighted, closest: NDArray[np.float32], first: NDArray[np.int64]
) -> Mapping[int, str]:
    """The best sentence of each first candidate, by its cosine with the liked papers and its role."""
    worth = sentences.probability[candidates.places] * (_BASE_SIMILARITY + np.maximum(closest, 0))
    quotes = {}
    for at, paper in enumerate(first.tolist()):
        start, stop = int(candidates.bounds[at]) + 1, int(candidates.bounds[at + 1])
        if start < stop:
            quotes[paper] = sentences.sentences[candidates.places[start + int(worth[start:stop].argmax())]]
    return quotes
