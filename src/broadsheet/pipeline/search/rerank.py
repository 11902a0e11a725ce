"""The last step of precise search: a cross-encoder reranks the first few candidates.

candidates near the first ──► excerpts ──► cross-encoder ──► scores minus their mean, times a learned weight ──► added

Nothing is reranked if the first candidate is far ahead of the second, as for two thirds of one-sentence summaries.
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
from broadsheet.ranking.low_rank_cross_encoder import CrossEncoder

__all__ = [
    "MAX_RERANKED",
    "MAX_SCORE_GAP",
    "RERANKER",
    "STEPS",
    "VERSION",
    "WEIGHTS",
    "CrossEncode",
    "centre_scores",
    "cross_encode",
    "cross_encoder_scores",
    "exclusive_torch",
    "positions_to_rerank",
    "reranker",
    "to_score_delta",
]

VERSION = 1
RERANKER = pretrained.FOLDER / "reranker.bin"
WEIGHTS = pretrained.FOLDER / "ranker_reading.bin"  # the learned weights of both scores
STEPS = ("evidence", "reading")  # the ranker's score and the cross-encoder's
MAX_RERANKED = 5  # papers reranked at most: about 40 ms on one core
MAX_SCORE_GAP = 4.0  # score difference to the first, at most; beyond it a paper is 55 times less likely to be right

CrossEncode = Callable[[str, Sequence[str]], NDArray[np.float32]]

_ONE_AT_A_TIME = threading.Lock()  # a tokeniser cannot be used by two threads at once


@contextmanager
def exclusive_torch() -> Iterator[None]:
    """Run a transformer alone and on one thread.

    For a few short texts, more threads cost more than they gain.
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
    """Load a reranker from a file; cached. Raises CorruptFile naming the file and the fix if it is not usable."""
    artifact = artifacts.read(path, method="cross_encoder", version=VERSION, fix=pretrained.REINSTALL)
    try:
        return CrossEncoder.from_arrays(artifact.arrays, MiniLM(half=halves()))
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable reranker ({error}); {pretrained.REINSTALL}") from error


def cross_encode(query: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """The cross-encoder's score of each text for the query, (n,). Raises CorruptFile; needs the extra
    `transformers`."""
    with exclusive_torch():
        return reranker().score(query, texts)


def positions_to_rerank(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The positions to rerank, best first: the few whose scores (n,) are near the best."""
    first = np.argsort(-scores, kind="stable")[:MAX_RERANKED]
    close = first[scores[first] >= scores[first[:1]] - MAX_SCORE_GAP]
    return close if len(close) > 1 else close[:0]


def cross_encoder_scores(
    query: AnalyzedQuery, documents: Sequence[Document | None], cross_encode: CrossEncode
) -> NDArray[np.float32]:
    """The score of each paper's excerpt for the query, (n,); NaN for a deleted paper (None)."""
    papers = [(d.title, d.abstract or d.summary) for d in documents if d]
    scores = np.full(len(documents), np.nan, np.float32)
    texts = excerpts(query.snapshot.encoder, query.vector, papers)
    scores[[d is not None for d in documents]] = cross_encode(query.text, texts)
    return scores


def centre_scores(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (n,) of one query minus their mean; 0 for NaN."""
    has_score = ~np.isnan(scores)
    middle = scores[has_score].mean() if has_score.any() else np.float32(0)
    return np.asarray(np.where(has_score, scores - middle, 0), np.float32)


def to_score_delta(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn cross-encoder scores (n,) of one query into changes of the ranker's scores, (n,), which sum to zero."""
    ranker_weight, encoder_weight = pretrained.read_ranker(STEPS, WEIGHTS).weights_.tolist()
    return np.asarray(centre_scores(scores) * (encoder_weight / max(ranker_weight, 1e-6)), np.float32)
