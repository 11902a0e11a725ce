"""The last step of precise search: the first few papers are read by a transformer together with the query.

near the first ──► excerpts ──► cross-encoder ──► its scores above or below their mean, weighed as learned, are added

Where the first paper is far ahead of the second, as for two thirds of the board's one-sentence summaries, nothing is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.encoders.minilm import MiniLM, halves
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.ranking.cross_encoder import CrossEncoder

__all__ = [
    "MAX_RERANKED",
    "NEAR",
    "RERANKER",
    "STEPS",
    "VERSION",
    "WEIGHTS",
    "CrossEncode",
    "centred",
    "cross_encode",
    "cross_encoder_scores",
    "exclusive_torch",
    "near_the_first",
    "reranker",
    "to_score_delta",
]

VERSION = 1
RERANKER = pretrained.FOLDER / "reranker.bin"
WEIGHTS = pretrained.FOLDER / "ranker_reading.bin"  # how much the reading counts beside all other evidence
STEPS = ("evidence", "reading")  # what they weigh
MAX_RERANKED = 5  # papers of a search at most: some 40 ms on one core
NEAR = 4.0  # to the first, in weighed evidence: by it a paper farther behind is 55 times less likely the right one

CrossEncode = Callable[[str, Sequence[str]], NDArray[np.float32]]

_ONE_AT_A_TIME = threading.Lock()  # a tokeniser keeps its settings in itself and refuses a second thread


@contextmanager
def exclusive_torch() -> Iterator[None]:
    """Within this, nobody else asks a transformer, and it computes on one thread.

    A few short texts take less time than waking other threads, and on a busy machine those wait for each other.
    """
    import torch

    with _ONE_AT_A_TIME:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@lru_cache(maxsize=2)
def reranker(path: Path = RERANKER) -> CrossEncoder:
    """The reranker in a file, read once. Raises CorruptFile naming the file and the fix if it is not usable."""
    held = artifacts.read(path, method="cross_encoder", version=VERSION, fix=pretrained.REINSTALL)
    try:
        return CrossEncoder.from_arrays(held.arrays, MiniLM(half=halves()))
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable reranker ({error}); {pretrained.REINSTALL}") from error


def cross_encode(query: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """How well each text answers the query, (n,). Raises CorruptFile; needs the extra `transformers`."""
    with exclusive_torch():
        return reranker().score(query, texts)


def near_the_first(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Which papers, of the scores (n,) of all, are reranked: the first few that are near the first, best first."""
    first = np.argsort(-scores, kind="stable")[:MAX_RERANKED]
    near = first[scores[first] >= scores[first[:1]] - NEAR]
    return near if len(near) > 1 else near[:0]


def cross_encoder_scores(
    query: AnalyzedQuery, documents: Sequence[Document | None], cross_encode: CrossEncode
) -> NDArray[np.float32]:
    """How well each paper answers the query, (n,), by its excerpt; NaN for one that is gone (None)."""
    papers = [(d.title, d.abstract or d.summary) for d in documents if d]
    scores = np.full(len(documents), np.nan, np.float32)
    texts = excerpts(query.snapshot.encoder, query.vector, papers)
    scores[[d is not None for d in documents]] = cross_encode(query.text, texts)
    return scores


def centred(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (n,) of one query against their mean; 0 for what has none."""
    known = ~np.isnan(scores)
    middle = scores[known].mean() if known.any() else np.float32(0)
    return np.asarray(np.where(known, scores - middle, 0), np.float32)


def to_score_delta(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """What scores (n,) of one query add to the weighed evidence, (n,): as much in all as they take away."""
    evidence, reading = pretrained.read_ranker(STEPS, WEIGHTS).weights_.tolist()
    return np.asarray(centred(scores) * (reading / max(evidence, 1e-6)), np.float32)
