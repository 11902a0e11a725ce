"""An acronym finds papers that only have its long form, and the reverse; what is typed comes first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Expansion
from tests.clock import ticking

FILLER = "The season was long and the sample small."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        yield library


@pytest.fixture
def graphs(library: Library) -> Library:
    """Three papers define GNN, one only spells it out, one only abbreviates."""
    papers = {
        "d1": Paper("Pooling", f"We pool graph neural networks (GNNs). {FILLER}"),
        "d2": Paper("Sampling", f"A graph neural network (GNN) is sampled. {FILLER}"),
        "d3": Paper("Depth", f"GNN (graph neural network) of depth two. {FILLER}"),
        "long": Paper("Molecules", f"Molecules are read by graph neural networks. {FILLER}"),
        "short": Paper("Proteins", f"Proteins are read by a GNN. {FILLER}"),
        "map": Paper("A map of maps", f"Here mean average precision (mAP) is a map. {FILLER}"),
        **{f"m{n}": Paper(f"Map {n}", f"A map of a town. {FILLER}") for n in range(40)},
    }
    library.add(*[Record(paper, "made", name) for name, paper in papers.items()])
    return library


def names(library: Library, query: str, k: int = 5, *, verbatim: bool = False) -> list[str]:
    """The source ids of the results."""
    return [r.stored.source_ids[0][1] for r in library.search(query, k, verbatim=verbatim).results]


def test_both_forms_find_both(graphs: Library) -> None:
    assert set(names(graphs, "GNN")) == {"d1", "d2", "d3", "long", "short"}
    assert set(names(graphs, "graph neural networks")) == {"d1", "d2", "d3", "long", "short"}
    assert names(graphs, "GNN").index("short") < names(graphs, "GNN").index("long")
    assert names(graphs, "GNN molecules")[0] == "long"


@pytest.mark.parametrize(
    ("query", "also"),
    [
        ("GNN", [("GNN", "graph neural network", 3)]),
        ("gnn", [("gnn", "graph neural network", 3)]),
        ("GNNs", [("GNNs", "graph neural network", 3)]),
        ("graph neural networks", [("graph neural networks", "GNN", 3)]),
        ("Graph-Neural-Network", [("Graph-Neural-Network", "GNN", 3)]),
        ("graph neural networks (GNN)", []),  # both are typed
        ("mAP", [("mAP", "mean average precision", 1)]),
        ("map", []),  # a word of its own
        ('"GNN"', []),
        ("title:GNN", []),
        ("graph networks", []),
        ("", []),
    ],
)
def test_what_is_searched_beside_the_words(graphs: Library, query: str, also: list[tuple[str, str, int]]) -> None:
    assert graphs.search(query).also == tuple(Expansion(*values) for values in also)


def test_verbatim_searches_nothing_beside(graphs: Library) -> None:
    page = graphs.search("GNN", verbatim=True)
    assert page.also == ()
    assert page.results[0].stored.source_ids[0][1] != "long"
    assert page.matching == 4


def test_definitions_are_counted_across_additions_and_after_a_merge(graphs: Library) -> None:
    for n in range(12):  # more than the small segments that are kept
        graphs.add(Record(Paper(f"Later {n}", "A graph neural network (GNN) again."), "made", f"later{n}"))
        graphs.search("again")
    assert graphs.search("GNN").also == (Expansion("GNN", "graph neural network", 15),)


def test_an_acronym_of_two_meanings_means_both_if_both_are_usual(library: Library) -> None:
    texts = ["machine learning (ML)"] * 3 + ["maximum likelihood (ML)"] * 2 + ["mouse lemma (ML)"]
    library.add(*[Record(Paper(f"Paper {n}", text), "made", str(n)) for n, text in enumerate(texts)])
    assert library.search("ML").also == (
        Expansion("ML", "machine learning", 3),
        Expansion("ML", "maximum likelihood", 2),
    )
