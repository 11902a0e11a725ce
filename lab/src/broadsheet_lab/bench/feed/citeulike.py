"""The boards of CiteULike: researchers with the text of their papers, ten saves of each to learn from (P10)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.feed.board import Board, Peer
from broadsheet_lab.bench.feed.papers import Papers
from broadsheet_lab.bench.feed.peers import PEERS, SVM
from broadsheet_lab.bench.feed.peers_saves import Ease, ItemNeighbours, popularity, with_text
from broadsheet_lab.bench.feed.peers_words import rocchio, svm
from broadsheet_lab.bench.feed.readers import FeedReader, is_dev

__all__ = ["NAMES", "WITH_SAVES", "CiteULike", "peers_with_saves"]

WITH_SAVES = "Broadsheet with saves"
NAMES = ("citeulike-t", "citeulike-a")
REPEATS = 5  # of a word, at most, in a text that is made of counts


@dataclass(frozen=True)
class CiteULike:
    """The board, the saves of everybody to learn from (readers, papers), and the readers of one half."""

    board: Board
    saves: sparse.csr_matrix
    readers: tuple[FeedReader, ...]

    @classmethod
    def read(cls, folder: Path, tell: Callable[[str], None], *, dev: bool, most: int | None = None) -> CiteULike:
        """Of one folder; readers of the half in an order that is always the same, at most `most`."""
        if not (folder / "p10_train.parquet").is_file():
            raise UsageError(f"{folder}: missing; the feed's board needs it")
        train, test = (_pairs(folder / f"p10_{part}.parquet") for part in ("train", "test"))
        texts = _texts(folder, 1 + int(max(train[1].max(), test[1].max())))
        n = len(texts)
        ids = tuple(f"{folder.name}-{row}" for row in range(n))
        name = f"{folder.name}-{hashlib.blake2b('|'.join(texts).encode(), digest_size=6).hexdigest()}"
        papers = Papers(name, ids, ("",) * n, tuple(texts), np.zeros(n, np.int64), tell, 1)
        users = 1 + int(max(train[0].max(), test[0].max()))
        saves, wanted = (
            sparse.csr_matrix((np.ones(len(u), np.float32), (u, p)), shape=(users, n)) for u, p in (train, test)
        )
        every = np.arange(n)
        readers = [
            FeedReader(f"{folder.name}/{user}", saves[user].indices.astype(np.int64), wanted[user].indices)
            for user in np.random.default_rng(0).permutation(users).tolist()
            if is_dev(f"{folder.name}/{user}") == dev and wanted[user].nnz and saves[user].nnz
        ]
        return cls(Board(papers, every, every), saves, tuple(readers[:most]))


def peers_with_saves(saves: sparse.csr_matrix, product: Peer) -> dict[str, Peer]:
    """The peers by text that make sense without the order of words, those by saves, and the product with saves."""
    neighbours = ItemNeighbours.of(saves)
    text = ("tf-idf, three nearest", "Rocchio", "Broadsheet 0.1.0", "mean of the saves", "three nearest saves")
    return {
        SVM: partial(svm, c=0.1),
        **{name: PEERS[name] for name in text},
        "popularity": popularity(saves),
        "EASE": Ease.of(saves),
        "neighbours by saves": neighbours,
        "neighbours by saves and text": with_text(neighbours, rocchio),
        WITH_SAVES: with_text(neighbours, product),
    }


def _pairs(path: Path) -> tuple[Any, Any]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return tuple(table[name].to_numpy() for name in ("user", "paper"))


def _texts(folder: Path, least: int) -> list[str]:
    """The words of every paper as often as they are in it; its tags where no words are known.

    Tags beside words would tell too much: readers gave them to papers that they are to be recommended.
    """
    import pyarrow.parquet as pq

    parts: dict[int, list[str]] = {row: [] for row in range(least)}
    for file, names, column in (("words", "vocabulary", "word"), ("tags", "tag_names", "tag")):
        if (folder / f"{file}.parquet").is_file() and not any(parts.values()):
            words = (folder / f"{names}.txt").read_text(encoding="utf-8").split("\n")
            table = pq.read_table(folder / f"{file}.parquet").to_pydict()
            counts = table.get("count") or [1] * len(table["paper"])
            for paper, word, count in zip(table["paper"], table[column], counts, strict=True):
                parts.setdefault(paper, []).extend([words[word].replace("_", " ")] * min(count, REPEATS))
    return [" ".join(parts.get(row, ())) for row in range(max(parts) + 1)]
