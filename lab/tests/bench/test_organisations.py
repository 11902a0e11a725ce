"""The score of systems that read organisations, on papers counted by hand."""

from __future__ import annotations

from broadsheet_lab.bench.organisations import SYSTEMS, Labelled, Score, as_it_is, last_university, score

PAPERS = (
    Labelled(("EECS, UC Berkeley, CA", "The University of Tokyo, Japan"), ("University of California, Berkeley",)),
    Labelled(("KAIST",), ("KAIST", "Unknown Institution")),
)


def test_each_name_is_counted_once_a_paper() -> None:
    assert score(PAPERS, as_it_is) == Score(right=1, wrong=2, missing=1)
    assert score(PAPERS, last_university) == Score(right=0, wrong=1, missing=2)
    resolver = next(iter(SYSTEMS.values()))
    assert score(PAPERS, resolver) == Score(right=1, wrong=2, missing=1)  # KAIST has its name in words
    assert score(PAPERS, resolver, joins_names=True) == Score(right=2, wrong=1, missing=0)


def test_precision_recall_and_f1() -> None:
    row = Score(right=6, wrong=2, missing=4).to_row()
    assert row == {"precision": 0.75, "recall": 0.6, "f1": 0.6667}
    assert Score(0, 0, 0).to_row() == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
