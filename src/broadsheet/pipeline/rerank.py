"""The last step of precise search: the first few papers read by a transformer together with the query.

first READ ──► excerpts ──► cross-encoder ──► what it says above or below their mean, weighed as learned
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.minilm import MiniLM, halves
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline import models
from broadsheet.ranking.cross_encoder import CrossEncoder

__all__ = ["READ", "RERANKER", "STEPS", "VERSION", "WEIGHTS", "Reading", "read_together", "reranker"]

VERSION = 1
RERANKER = models.FOLDER / "reranker.bin"
WEIGHTS = models.FOLDER / "ranker_read.bin"  # how much what was read counts beside all other evidence
STEPS = ("evidence", "reading")  # what those weigh
READ = 5  # papers of a search

Reading = Callable[[str, Sequence[str]], NDArray[np.float32]]

_ONE_AT_A_TIME = threading.Lock()  # the tokeniser keeps its settings in itself and refuses a second thread


@lru_cache(maxsize=2)
def reranker(path: Path = RERANKER) -> CrossEncoder:
    """The reranker in a file, read once. Raises CorruptFile naming the file and the fix if it is not usable."""
    held = artifacts.read(path, method="cross_encoder", version=VERSION, fix=models.REINSTALL)
    try:
        return CrossEncoder.from_arrays(held.arrays, MiniLM(half=halves()))
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable reranker ({error}); {models.REINSTALL}") from error


def read_together(query: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """How well each text answers the query, (n,). Raises CorruptFile; needs the extra `transformers`."""
    with _ONE_AT_A_TIME:
        return reranker().score(query, texts)
