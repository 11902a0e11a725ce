"""SEAL: the FM-index against scans of the text; query sequences against BM25 and against the best sequence alone."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25
from broadsheet_lab.bench.report import Claimed, interval, ranks_to_metrics, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.retrieval._fm_index import SEPARATOR
from broadsheet_lab.retrieval.seal import SEAL

__all__ = ["claims"]

DATA = "papers.parquet, 12,000 papers"
TLDR = f"{DATA}, tldr queries, test half"
DEPTH, DRAWN = 100, 10_000

Search = Callable[[str], Sequence[int]]


def _bm25(texts: Sequence[str]) -> Search:
    """Exact BM25 over the texts."""
    from scipy.sparse import csr_matrix

    bags = bag(tokenize(texts), skip=STOP_TERMS)
    weighting = BM25().fit(bags.totals())
    weights = weighting.document(bags, bags.totals())
    by_term = csr_matrix((weights, bags.columns, bags.indptr), shape=(len(bags), len(bags.terms))).tocsc()
    frequency = bags.document_frequency()

    def search(query: str) -> list[int]:
        asked = bag(tokenize([query]), skip=STOP_TERMS)
        at = find_sorted(bags.terms, asked.terms[asked.columns])
        known = at[at >= 0]
        scores = by_term[:, known] @ weighting.query(asked.counts[at >= 0], frequency[known], len(bags))
        found: list[int] = top_k_masked(np.asarray(scores, np.float32), DEPTH, floor=0.0).ids.tolist()
        return found

    return search


def _best_alone(method: SEAL) -> Search:
    """Documents by the weight of their heaviest sequence."""

    def search(query: str) -> list[int]:
        scores = np.zeros(len(method.index_), np.float32)
        for ngram in method.ngrams(query):  # heaviest first: once enough documents have one, no other comes before
            rows = method.index_.locate(ngram.rows)[0]
            scores[rows] = np.maximum(scores[rows], ngram.weight)
            if np.count_nonzero(scores) >= DEPTH:
                break
        found: list[int] = top_k_masked(scores, DEPTH, floor=0.0).ids.tolist()
        return found

    return search


def _ranks(search: Search, queries: Queries, asked: NDArray[np.int64]) -> list[int]:
    found = []
    for i in asked.tolist():
        ids, wanted = list(search(queries.texts[i])), int(queries.wanted[i][0])
        found.append(ids.index(wanted) + 1 if wanted in ids else 0)
    return found


def _agreement(method: SEAL) -> tuple[NDArray[np.float64], float]:
    """Whether each drawn sequence (half of them as the text has them) is as a scan finds it; microseconds a count."""
    index, rng = method.index_, np.random.default_rng(0)
    text, bounds = index.symbols, index.bounds
    after = np.full(len(text), SEPARATOR, np.int64)
    after[:-1] = text[1:]
    after[bounds[1:][np.diff(bounds) > 0] - 1] = SEPARATOR
    document = np.repeat(np.arange(len(index)), np.diff(bounds))
    places: dict[int, NDArray[np.int64]] = defaultdict(lambda: np.empty(0, np.int64))
    order = np.argsort(text, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(text[order])) + 1):
        places[int(text[part[0]])] = part
    right, spent = np.zeros(DRAWN), 0.0
    for i in range(DRAWN):
        length, start = int(rng.integers(1, 5)), int(rng.integers(0, len(text) - 5))
        sequence = text[start : start + length].tolist()
        if i % 2 and length > 1:
            sequence[-1] = int(text[rng.integers(0, len(text))])
        ends = places[sequence[0]]  # by a scan: where the sequence so far ends
        for symbol in sequence[1:]:
            ends = ends[after[ends] == symbol] + 1
        started = time.perf_counter()
        rows = index.find(sequence)
        spent += time.perf_counter() - started
        same = rows[1] - rows[0] == len(ends)
        symbols, counts = index.following(rows)
        same = same and dict(zip(symbols.tolist(), counts.tolist(), strict=True)) == Counter(after[ends].tolist())
        if same and len(ends) <= 2000:  # where the commonest words stand is left out: it takes most of the time
            found, within = index.locate(rows)
            same = np.array_equal(np.sort(bounds[found] + within), np.sort(ends))
            same = same and np.array_equal(np.sort(found), np.sort(document[ends]))
        right[i] = same
    return right, 1e6 * spent / DRAWN


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """The claims of the card that can be measured without a generative model."""
    texts, queries = study.texts, study.tldr
    SEAL().fit(texts[:100])  # so that the clock below runs on compiled code
    started = time.perf_counter()
    method = SEAL().fit(texts)
    build = time.perf_counter() - started
    right, microseconds = _agreement(method)
    study.tell("searching with sequences and with BM25")
    test = np.flatnonzero(~queries.dev)
    feedback = SEAL(neighbours=5)
    feedback.index_, feedback.vocabulary_ = method.index_, method.vocabulary_
    engines: dict[str, Search] = {
        "sequences": lambda q: method.search(q, DEPTH).ids.tolist(),
        "BM25": _bm25(texts),
        "best sequence alone": _best_alone(method),
    }
    ranks, seconds = {}, {}
    for name, engine in engines.items():
        started = time.perf_counter()
        ranks[name] = _ranks(engine, queries, test)
        seconds[name] = (time.perf_counter() - started) / len(test)
    gains = {name: reciprocal(r) for name, r in ranks.items()}
    detail: dict[str, object] = {
        "metrics": {name: {k: round(v, 4) for k, v in ranks_to_metrics(r).items()} for name, r in ranks.items()},
        "mean ms": {name: round(1000 * s, 1) for name, s in seconds.items()},
        "queries": len(test),
    }
    mine = gains["sequences"]
    some = test[::4]
    helped = ranks_to_metrics(_ranks(lambda q: feedback.search(q, DEPTH).ids.tolist(), queries, some))
    detail["every fourth query, with and without five neighbours, MRR@10"] = [
        round(helped["mrr@10"], 4),
        round(float(mine[::4].mean()), 4),
    ]
    plain = 4 * method.index_.total
    return [
        Claimed(
            DATA,
            "share of 10,000 sequences of 1 to 4 words counted, located and continued as by a scan of the text",
            float(right.mean()),
            interval=interval(right),
            detail={"build s": round(build, 2), "words": method.index_.total, "us a count": round(microseconds, 1)},
        ),
        Claimed(
            DATA,
            "bytes of the index over those of the texts as 32-bit words (ratio)",
            method.index_.nbytes / plain,
            lower_is_better=True,
            baseline={"the texts as 32-bit words, bytes": float(plain)},
            detail={"without the copy of the texts": round(method.index_.nbytes / plain - 1, 3)},
        ),
        Claimed(
            TLDR,
            "MRR@10 by the query's own sequences over BM25 (ratio)",
            float(mine.mean() / gains["BM25"].mean()),
            interval=ratio_interval(mine, gains["BM25"]),
            baseline={"BM25": float(gains["BM25"].mean())},
            detail=detail,
        ),
        Claimed(
            TLDR,
            "MRR@10 by all of a document's sequences over its best one alone (ratio)",
            float(mine.mean() / gains["best sequence alone"].mean()),
            interval=ratio_interval(mine, gains["best sequence alone"]),
            baseline={"best sequence alone": float(gains["best sequence alone"].mean())},
        ),
    ]
