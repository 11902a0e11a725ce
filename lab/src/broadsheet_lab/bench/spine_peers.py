"""What the spine benchmark sets beside Broadsheet's figures: other engines' quality and cost, and another's page."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import broadsheet
from broadsheet_lab.bench import datasets, peers
from broadsheet_lab.bench.report import Number, interval, ranks_to_metrics, reciprocal

__all__ = ["SAVES", "compared", "milliseconds", "quality", "ratios", "sanity_page", "systems"]

Tell = Callable[[str], None]
SAVES = 50


def milliseconds(action: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for value in inputs:
        started = time.perf_counter()
        action(value)
        found.append(1000 * (time.perf_counter() - started))
    return found


def sanity_page(papers: Path, tell: Tell) -> float:
    """Milliseconds of a page of 50 saves as arxiv-sanity-lite makes it, the median.

    Tf-idf of words and pairs (20,000 features), a linear SVM with the saves against every other paper, every paper
    scored; the features are made once and not timed. Karpathy: arxiv-sanity-lite, compute.py and serve.py.
    """
    import pyarrow.parquet as pq
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    tell("making pages as arxiv-sanity-lite does")
    table = pq.read_table(papers, columns=["title", "abstract"]).to_pydict()
    texts = [f"{title} {abstract or ''}" for title, abstract in zip(*table.values(), strict=True)]
    features = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    ).fit_transform(texts)
    liked = np.zeros(len(texts), np.float32)
    liked[[row for row, text in enumerate(texts) if "dense retrieval" in text.lower()][:SAVES]] = 1

    def page(_: object) -> None:
        model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
        np.argsort(-model.fit(features, liked).decision_function(features))

    page(None)
    return statistics.median(milliseconds(page, range(5)))


def ratios(numbers: Sequence[Number], systems: dict[str, peers.Engine], page: float) -> list[dict[str, Any]]:
    """What a search and a page cost beside the way others do it, in the same run."""
    ours = {number.what: number.value for number in numbers}
    words, bm25s = systems["bm25"].costs["median_ms"], systems["bm25s"].costs["median_ms"]
    feed = ours[f"feed of a reader with {SAVES} saves, median"]
    anew = ours["the same right after an action, model refitted, median"]
    pairs = (
        ("a hundred ids by words alone", words, "bm25s, a hundred ids", bm25s),
        (
            "a page of ten by words and meaning, with reasons and snippets",
            ours["hybrid search in process, median"],
            "bm25s, a hundred ids",
            bm25s,
        ),
        (f"a reader's page of {SAVES} saves, right after an action", anew, "arxiv-sanity-lite's SVM", page),
        (f"a reader's page of {SAVES} saves, read again", feed, "arxiv-sanity-lite's SVM", page),
    )
    return [
        {"what": what, "ms": round(own, 3), "peer": peer, "peer_ms": round(other, 3), "ratio": round(own / other, 4)}
        for what, own, peer, other in pairs
    ]


def systems(folder: Path, known: datasets.Known, papers: Path, tell: Tell) -> dict[str, peers.Engine]:
    """The hybrid search, its lexical side alone, and the peers, each over all queries."""
    import pyarrow.parquet as pq

    tell("quality on the tldr queries, with peers")
    with broadsheet.open(folder) as library:
        found = {"hybrid": peers.Engine(peers.ranks_of(library, known)), "bm25": peers.ours(library, known)}
    table = pq.read_table(papers, columns=["paper_id", "title", "abstract", "keywords"]).to_pydict()
    columns = zip(table["title"], table["abstract"], table["keywords"], strict=True)
    texts = [f"{t}\n{a or ''}\n{' '.join(k or ())}" for t, a, k in columns]
    row = {name: at for at, name in enumerate(table["paper_id"])}
    return found | peers.others(texts, [row[name] for name in known.wanted], known, tell)


def compared(systems: dict[str, peers.Engine]) -> dict[str, dict[str, Any]]:
    """Quality and cost of every system, and by how much the hybrid's MRR is above its own, with 95 % bounds."""
    table: dict[str, dict[str, Any]] = {}
    for name, found in systems.items():
        figures = {**ranks_to_metrics(found.ranks), **found.costs}
        table[name] = {key: round(value, 4) for key, value in figures.items()}
        if name != "hybrid":
            low, high = interval(reciprocal(systems["hybrid"].ranks) - reciprocal(found.ranks))
            table[name]["hybrid_minus_this_mrr@10_95%"] = [round(low, 4), round(high, 4)]
    return table


def quality(systems: dict[str, peers.Engine], known: datasets.Known) -> list[Number]:
    """How often the hybrid search finds the paper of a query, against its limits and its lexical side alone."""
    ranks = systems["hybrid"].ranks
    found, words = ranks_to_metrics(ranks), ranks_to_metrics(systems["bm25"].ranks)
    halves = {
        half: ranks_to_metrics([r for r, d in zip(ranks, known.dev, strict=True) if d == is_dev])
        for half, is_dev in (("dev", True), ("test", False))
    }
    gain = found["mrr@10"] / words["mrr@10"]
    return [
        Number(f"hybrid MRR@10 on {len(ranks):,} tldr queries", found["mrr@10"], "", 0.84, False, halves),
        Number("hybrid recall@10", found["recall@10"], "", 0.92, False),
        Number("hybrid MRR@10 over the same BM25 alone", gain, "", 1.0, False),
    ]
