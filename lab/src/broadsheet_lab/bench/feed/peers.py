"""The peers of the product's feed, with the settings that were best on the dev half."""

from __future__ import annotations

from functools import partial

from broadsheet_lab.bench.feed.board import Peer
from broadsheet_lab.bench.feed.peers_vectors import (
    first_release,
    logistic,
    mean_of_saves,
    nearest_saves,
    svm_and_nearest,
    time_weighted,
    transformer,
)
from broadsheet_lab.bench.feed.peers_words import bm25_of_titles, pairs_nearest, rocchio, svm

__all__ = ["PEERS", "SVM"]

SVM = "arXiv-sanity's SVM"

PEERS: dict[str, Peer] = {
    "Broadsheet 0.1.0": first_release,
    "mean of the saves": mean_of_saves,
    "three nearest saves": nearest_saves,
    "tf-idf, three nearest": pairs_nearest,
    SVM: svm,
    "SVM + both nearest": svm_and_nearest,
    "BM25 of titles": bm25_of_titles,
    "Rocchio": rocchio,
    "Zotero-arxiv-daily": time_weighted,
    "logistic, transformer": logistic,
    "three nearest, transformer": partial(nearest_saves, of=transformer),
}
