"""The feed's leaderboard: the product and its peers on the readers of the test half, with the targets.

Every setting was chosen on the dev half (`feed-dev`). BROADSHEET_BENCH_READERS=50 takes fewer readers, for a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from broadsheet.kit.threads import one_thread
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed import replay
from broadsheet_lab.bench.feed.authors import INTERESTS, Authors, scenarios
from broadsheet_lab.bench.feed.board import Board, Peer
from broadsheet_lab.bench.feed.citeulike import NAMES, WITH_SAVES, CiteULike, peers_with_saves
from broadsheet_lab.bench.feed.page_shares import page_shares
from broadsheet_lab.bench.feed.page_time import page_times
from broadsheet_lab.bench.feed.peers import PEERS, SVM
from broadsheet_lab.bench.feed.product import BROADSHEET, Product, version
from broadsheet_lab.bench.feed.readers import FeedReader
from broadsheet_lab.bench.feed.running import Result, most_readers, run
from broadsheet_lab.bench.report import Number, interval, ratio_interval, write

__all__ = ["measure"]

Results = Mapping[str, Result]
Tell = Callable[[str], None]

EVERY = ("all saves", "3 saves", "10% accidental", "30% accidental")  # scenarios with a target on NDCG: all readers
FEWER = 150  # readers of the others
CITEULIKE = 300
OURS = (BROADSHEET, WITH_SAVES)
RECALLS = (50, 100, 200, 300)
PUBLISHED = {  # of citeulike-t P10, recall@50: Ferrari Dacrema et al., TOIS 2021
    "popularity": 0.0578,
    "EASE": 0.2130,
    "iALS": 0.2338,
    "CVAE": 0.2387,
    "neighbours by saves and text": 0.2675,
}


def measure(out: Path, tell: Tell) -> list[Path]:
    """Run it; writes feed.json into `out`. Raises UsageError if data are missing."""
    most, data = most_readers(), datasets.data_folder()
    authors = Authors.read(tell, dev=False, most=most)
    product = Product(authors.board.papers)
    peers: dict[str, Peer] = {BROADSHEET: product, **PEERS}
    with one_thread():
        on_authors = dict(_on_authors(authors, peers, tell))
        tell("— calibration")
        calibration = product.calibration(authors.board, authors.readers)
        tell("— shares of pages")
        shared = list(_page_shares(authors, product))
        tell("— times")
        times = page_times(product.library, product.numbers, authors.board.papers, authors.earlier)
        elsewhere = {name: _on_citeulike(data / name, most, tell) for name in NAMES}
    numbers = [*_author_numbers(on_authors), _at_most("calibration error of the first 20 papers", calibration, 0.05)]
    numbers += [*shared, *_citeulike_numbers(elsewhere), *times]
    sets = {name: {"systems": _systems(results)} for name, results in (on_authors | elsewhere).items()}
    path = out / "feed.json"
    about = {"papers.parquet": datasets.digest(datasets.papers_path()), "readers": len(authors.readers)}
    content = {"data": about, "published": {"citeulike-t": PUBLISHED}, "sets": sets}
    write(path, "feed", {**content, "numbers": [number.to_json() for number in numbers]})
    for number in numbers:
        tell(f"{number.what}: {number.value:.4f}")
    return [path]


def _page_shares(authors: Authors, product: Product) -> Iterable[Number]:
    made = scenarios(authors)
    for n in INTERESTS:
        yield page_shares(product.library, product.numbers, made[f"{n} interests"]()[:FEWER])


def _run(
    board: Board,
    readers: Sequence[FeedReader],
    peers: Mapping[str, Peer],
    tell: Tell,
    recalls: Sequence[int] = (50, 200),
) -> dict[str, Result]:
    """As `run`; the product's results are kept under its version, for they change with it."""
    known_as = {name: f"{name} {version()}" if name in OURS else name for name in peers}
    results = run(board, readers, {known_as[name]: peer for name, peer in peers.items()}, tell, recalls)
    return {name: results[known_as[name]] for name in peers}


def _systems(results: Results) -> dict[str, Any]:
    return {name: result.to_json() for name, result in results.items()}


def _on_authors(authors: Authors, peers: Mapping[str, Peer], tell: Tell) -> Iterable[tuple[str, dict[str, Result]]]:
    for name, make in scenarios(authors).items():
        readers = make()
        readers = readers if name in EVERY else readers[:FEWER]
        tell(f"— {name}, {len(readers)} readers")
        yield name, _run(authors.board, readers, peers, tell)
    sessions: dict[str, Result] = {}
    for board, readers in replay.sessions(authors.board.papers, authors.readers[:FEWER]):
        tell(f"— replay, {len(readers)} readers")
        for name, result in _run(board, readers, peers, tell).items():
            sessions[name] = result + sessions[name] if name in sessions else result
    yield "year by year", sessions


def _on_citeulike(folder: Path, most: int | None, tell: Tell) -> dict[str, Result]:
    whole = CiteULike.read(folder, tell, dev=False, most=min(most or CITEULIKE, CITEULIKE))
    tell(f"— {folder.name}, {len(whole.readers)} readers")
    product = Product(whole.board.papers, vectors=False, depth=len(whole.board.candidates))
    peers: dict[str, Peer] = {BROADSHEET: product, **peers_with_saves(whole.saves, product)}
    return _run(whole.board, whole.readers, peers, tell, RECALLS)


def _over(what: str, results: Results, name: str, limit: float) -> Number:
    ours, theirs = (results[system].of("ndcg@20") for system in (BROADSHEET, name))
    detail = {"interval": [round(bound, 4) for bound in ratio_interval(ours, theirs)], "beside": name}
    return Number(what, float(ours.mean() / max(theirs.mean(), 1e-9)), "×", limit, at_most=False, detail=detail)


def _at_most(what: str, value: float, limit: float) -> Number:
    return Number(what, value, "", limit)


def _at_least(what: str, result: Result, metric: str, limit: float) -> Number:
    values = result.of(metric)
    detail = {"interval": [round(bound, 4) for bound in interval(values)]}
    return Number(what, float(values.mean()), "", limit, at_most=False, detail=detail)


def _best(results: Results) -> str:
    """The best peer by NDCG@20."""
    others = (name for name in results if name not in OURS)
    return max(others, key=lambda name: float(results[name].of("ndcg@20").mean()))


def _author_numbers(results: Mapping[str, Results]) -> list[Number]:
    every, three = results["all saves"], results["3 saves"]
    clean = every[BROADSHEET].of("ndcg@20").mean()
    wrong = results["30% accidental"][BROADSHEET].of("ndcg@20").mean()
    shares = [
        _at_most(
            f"mean distance of an interest's share from the fair one, by fit alone, {n}",
            results[n][BROADSHEET].mean("share error"),
            0.1,
        )
        for n in ("2 interests", "3 interests")
    ]
    return [
        _over("NDCG@20 over the SVM", every, SVM, 1.15),
        _at_least("recall@50", every[BROADSHEET], "recall@50", 0.25),
        _over("after 3 saves, NDCG@20 over the best peer", three, _best(three), 1.2),
        *shares,
        _at_most("NDCG@20 lost to 30 % accidental opens", float(1 - wrong / max(clean, 1e-9)), 0.1),
    ]


def _citeulike_numbers(results: Mapping[str, Results]) -> list[Number]:
    found = results["citeulike-t"]
    return [_at_least("citeulike-t P10, recall@50, with saves of others", found[WITH_SAVES], "recall@50", 0.27)]
