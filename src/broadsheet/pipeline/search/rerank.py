"""The last step of precise search: a cross-encoder reads the first few papers together with the query.

near the first ──► excerpts ──► cross-encoder ──► its scores, minus their mean, times a learned weight, are added

Nothing is reranked where the first paper is far ahead of the second, as for two thirds of one-sentence summaries.
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
WEIGHTS = pretrained.FOLDER / "ranker_reading.bin"  # the learned weights of both scores
STEPS = ("evidence", "reading")  # the ranker's score and the cross-encoder's
MAX_RERANKED = 5  # papers reranked at most: about 40 ms on one core
NEAR = 4.0  # score difference to the first; a paper further behind is 55 times less likely to be right

CrossEncode = Callable[[str, Sequence[str]], NDArray[np.float32]]

_ONE_AT_A_TIME = threading.Lock()  # a tokeniser cannot be used by two threads at once


@contextmanager
def exclusive_torch() -> Iterator[None]:
    """Run a transformer alone and on one thread.

    A few short texts take less time than waking other threads, which on a busy machine wait for each other.
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
    """The cross-encoder's score of each text for the query, (n,). Raises CorruptFile; needs the extra
    `transformers`."""
    with exclusive_torch():
        return reranker().score(query, texts)


def near_the_first(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The positions to rerank, best first: the few whose scores (n,) are near the best."""
    first = np.argsort(-scores, kind="stable")[:MAX_RERANKED]
    near = first[scores[first] >= scores[first[:1]] - NEAR]
    return near if len(near) > 1 else near[:0]


def cross_encoder_scores(
    query: AnalyzedQuery, documents: Sequence[Document | None], cross_encode: CrossEncode
) -> NDArray[np.float32]:
    """The score of each paper's excerpt for the query, (n,); NaN for a deleted paper (None)."""
    papers = [(d.title, d.abstract or d.summary) for d in documents if d]
    scores = np.full(len(documents), np.nan, np.float32)
    texts = excerpts(query.snapshot.encoder, query.vector, papers)
    scores[[d is not None for d in documents]] = cross_encode(query.text, texts)
    return scores


def centred(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (n,) of one query minus their mean; 0 for NaN."""
    known = ~np.isnan(scores)
    middle = scores[known].mean() if known.any() else np.float32(0)
    return np.asarray(np.where(known, scores - middle, 0), np.float32)


def to_score_delta(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the cross-encoder's scores (n,) of one query add to the ranker's, (n,); sums to zero."""
    evidence, reading = pretrained.read_ranker(STEPS, WEIGHTS).weights_.tolist()
    return np.asarray(centred(scores) * (reading / max(evidence, 1e-6)), np.float32)
