"""Benchmarks: each measures on real data and writes results/<name>.json, from which the tables are generated."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from broadsheet.kit.errors import UsageError

__all__ = ["METHODS", "NAMES", "every", "run"]

Tell = Callable[[str], None]


# name -> (the module below this package whose `measure(out, tell)` it is, imported when it is run; what it measures)
NAMES = {
    "spine": ("spine", "the whole way from a file to the page of a reader, on 87,366 papers, with peers"),
    "first-touch": ("first_touch", "what a newcomer waits for: installation, first command, first search"),
    "service": ("service", "50 readers of a community at once for two minutes; every vote recounted"),
    "crowd": ("crowd", "10,000 searches at once: memory, and whether everybody is served in order"),
    "methods": ("claims", "the claims on the cards of the product's search and feed"),
    "compression": ("compression", "codes of vectors, byte for byte"),
    "codes": ("codes", "the claims on the cards of methods that make vectors small or search them"),
    "compression-embeddings": ("compression_embeddings", "embedding tables made small, and nested models"),
    "vectors": ("vectors", "the vector indexes beside the libraries one would take otherwise"),
    "transformer": ("transformer", "the transformer that ships beside MiniLM under onnxruntime, build by build"),
    "digest": ("digest", "the daily mail of 10,000 readers over 100,000 papers"),
    "atlas": ("atlas", "the map of 100,000 papers: its time, what it keeps, how soon it opens on a phone"),
    "search": ("search", "the search leaderboard: every system on the same queries"),
    "search-dev": ("search.dev", "the default search on the dev halves of all kinds, in a minute or two"),
    "trending": ("trending", "the order of a day: true quality in an invented community, and rings that vote"),
    "organisations": ("organisations", "organisations read out of raw affiliations, beside the names a data set lists"),
    "snippets": ("snippets", "whether the sentence that answers a query is in its snippet"),
    "text": ("text", "the claims on the cards of every method on text"),
    "ranker": ("search.weights", "learns the ranker's weights: writes ranker.bin and ranker.json"),
    "feed": ("feed.leaderboard", "the feed's leaderboard: the page's ranking and its peers on the same readers"),
    "feed-dev": ("feed.dev", "the feed and its peers on author readers of the dev half, in a minute or two"),
    "off-policy": ("off_policy", "estimates from a log of pages, in a simulated reading where the truth is known"),
    "onboarding": ("feed.onboarding", "what ten answers of a new reader are worth, by who chooses the papers asked"),
    "replay": ("replay", "the seconds to walk a reader's past, 5,000 events among 87,000 papers"),
    "feed-weights": ("feed.weights", "learns the weights of the feed's evidence: writes feed.bin"),
    "held-out": ("search.held_out", "the papers that benchmark queries come from, never to be trained on"),
}


# module below this package -> the methods whose claims its `measure(out, tell, names)` measures
_MEASURES = {
    "claims": (
        "bm25", "inverted", "lsa", "static", "scan", "convex_fusion", "term_dependence", "late_interaction", "listnet",
        "positions", "logistic", "mmr", "influence",
    ),
    "compression": ("lvq", "product"),
    "compression_embeddings": ("embedding_compression", "fmrlrec"),
    "vector_claims": ("vamana", "ivf"),
    "codes": tuple(sorted(p.stem for p in (Path(__file__).parent / "codes").glob("[!_]*.py"))),
    "text": tuple(sorted(p.stem for p in (Path(__file__).parent / "text").glob("[!_]*.py"))),
}  # fmt: skip
METHODS = {name: module for module, names in _MEASURES.items() for name in names}
_APART = frozenset(  # sets of methods, quick looks, and what learns weights: no part of measuring everything
    {"methods", "text", "codes", "compression-embeddings", "search-dev", "feed-dev"}
    | {"ranker", "feed-weights", "held-out"}
)


def every() -> tuple[str, ...]:
    """What there is to measure: each method, then each board."""
    return (*sorted(METHODS), *(name for name in NAMES if name not in METHODS and name not in _APART))


def run(name: str, out: Path, tell: Tell = lambda _: None) -> list[Path]:
    """Run a benchmark, or measure the claims of one method, into the folder `out`; the files written.

    `tell` hears of progress. Raises UsageError for an unknown name or missing data.
    """
    if name not in METHODS and name not in NAMES:
        raise UsageError(
            f"no method or benchmark {name!r}; there are the benchmarks {', '.join(NAMES)}, "
            f"and the methods {', '.join(sorted(METHODS))}"
        )
    if name in NAMES:
        written: list[Path] = import_module(f"{__name__}.{NAMES[name][0]}").measure(out, tell)
        return written
    of_method: list[Path] = import_module(f"{__name__}.{METHODS[name]}").measure(out, tell, [name])
    return of_method
