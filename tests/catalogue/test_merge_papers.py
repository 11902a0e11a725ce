"""A record that names two papers makes them one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue, Event
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Record
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT, D, X, record

ONE = Identifiers(arxiv=X, doi=D, openalex="W12345")


def paper_of(catalogue: Catalogue, paper_id: int) -> Paper:
    return catalogue.papers.stored([paper_id])[paper_id].paper


def batches(records: Sequence[Record]) -> Iterator[list[list[Record]]]:
    """Every way to add the records in this order."""
    for cuts in range(1 << (len(records) - 1)):
        split: list[list[Record]] = [[]]
        for n, one in enumerate(records):
            split[-1].append(one)
            if cuts >> n & 1:
                split.append([])
        yield [batch for batch in split if batch]


@pytest.mark.parametrize("order", list(permutations([PREPRINT, ARTICLE, BOTH])))
def test_any_order_gives_one_paper(tmp_path: Path, order: tuple[Record, ...]) -> None:
    for n, split in enumerate(batches(order)):
        with Catalogue.open(tmp_path / f"{n}.db", create=True) as catalogue:
            ids = [paper_id for batch in split for paper_id in catalogue.papers.add(batch).paper_ids]
            assert catalogue.papers.ids().tolist() == [1]
            (row,) = catalogue.papers.stored([1]).values()
            assert sorted(row.source_ids) == [("arxiv", X), ("crossref", D), ("openalex", "W12345")]
            assert row.paper.ids == ONE
            assert (row.paper.title, row.paper.abstract) == (PREPRINT.paper.title, "What arXiv says.")
            assert (row.paper.venue, row.paper.year, row.paper.citations) == ("SIGIR", 2024, 7)
            assert set(catalogue.papers.resolve_many([X, D, "W12345", *map(str, ids)]).values()) == {1}
            assert catalogue.papers.add(order).outcomes == ("unchanged",) * 3
            assert catalogue.check() == []


def test_the_younger_paper_becomes_part_of_the_older(two: Catalogue) -> None:
    before = two.papers.stored([1])[1]
    added = two.papers.add([BOTH])
    assert (added.paper_ids, added.outcomes, added.last_seq) == ((1,), ("merged",), 4)
    assert two.changes.after(2) == [(3, 2, "delete"), (4, 1, "update")]
    assert two.papers.stored([1])[1].added_at == before.added_at
    assert [(n, paper) for n, _, paper in two.papers.versions(1)] == [(1, ARTICLE.paper), (2, before.paper)]
    assert two.papers.resolve("paper:2") == two.papers.resolve("2") == two.papers.resolve(D) == 1
    (merge,) = two.papers.merges()
    assert (merge.paper_id, merge.absorbed, merge.rule, merge.score) == (1, 2, "bridge", 1.0)
    assert (merge.source, merge.source_id, merge.undone) == ("openalex", "W12345", False)
    assert two.papers.add([record("A third one", "arxiv", "2401.00003")]).paper_ids == (3,)  # no number is given twice
    with pytest.raises(UnknownPaper, match="no paper has the number 2"):
        two.papers.delete(2)


def test_earlier_versions_are_joined_in_order_of_time(two: Catalogue) -> None:
    for n in (1, 2):
        two.papers.add([replace(ARTICLE, paper=replace(ARTICLE.paper, comments=f"article {n}"))])
        two.papers.add([replace(PREPRINT, paper=replace(PREPRINT.paper, comments=f"preprint {n}"))])
    two.papers.add([BOTH])
    versions = two.papers.versions(1)
    assert [(n, paper.comments) for n, _, paper in versions] == [
        (1, ""),  # of the article
        (2, ""),  # of the preprint
        (3, "article 1"),
        (4, "preprint 1"),
        (5, "article 2"),
        (6, "preprint 2"),  # what the last change replaced
    ]
    assert [at for _, at, _ in versions] == sorted(at for _, at, _ in versions)


def test_a_source_that_learns_a_second_name_bridges_too(two: Catalogue) -> None:
    said = replace(ARTICLE, paper=replace(ARTICLE.paper, ids=Identifiers(arxiv=X, doi=D)))
    assert two.papers.add([said]).paper_ids == (1,)
    assert two.papers.ids().tolist() == [1]
    two.papers.add([record("Untitled manuscript", "bibtex:refs.bib", "k")])
    two.papers.add([record("Another thing", "s2", "9", doi="10.1145/9")])
    assert two.papers.add([record("Untitled manuscript", "bibtex:refs.bib", "k", doi="10.1145/9")]).outcomes == (
        "updated",
    )
    assert (two.papers.ids().tolist(), two.papers.resolve("4")) == ([1, 3], 3)


def test_many_become_one_and_old_numbers_are_followed(catalogue: Catalogue) -> None:
    catalogue.papers.add([PREPRINT, ARTICLE, record("In PubMed", "pubmed", "77", pmid="77", authors=("Bo Sample",))])
    assert catalogue.papers.add([record("x", "a:b", "1", doi=D, pmid="77")]).paper_ids == (2,)
    assert catalogue.papers.resolve("3") == 2
    assert catalogue.papers.add([BOTH]).paper_ids == (1,)
    assert [catalogue.papers.resolve(n) for n in "123"] == [1, 1, 1]
    catalogue.papers.delete(1)
    assert [catalogue.papers.resolve(n) for n in "123"] == [None, None, None]


def test_three_at_once(catalogue: Catalogue) -> None:
    catalogue.papers.add([record("In PubMed", "pubmed", "77", pmid="77", authors=("Bo Sample",)), PREPRINT, ARTICLE])
    assert catalogue.papers.add([record("All of them", "s2", "9", arxiv=X, doi=D, pmid="77")]).paper_ids == (1,)
    assert catalogue.changes.after(3) == [(4, 2, "delete"), (5, 3, "delete"), (6, 1, "update")]
    assert sorted(merge.absorbed or 0 for merge in catalogue.papers.merges()) == [2, 3]


@pytest.mark.parametrize("clashing", [{"arxiv": "2401.00002"}, {"acl": "P19-1002"}, {"pmid": "78"}])
def test_two_values_of_one_scheme_are_two_papers(catalogue: Catalogue, clashing: dict[str, Any]) -> None:
    mine: dict[str, Any] = {"arxiv": X, "acl": "P19-1001", "pmid": "77"}
    first = record("The first of them", "a:b", "1", **mine)
    second = record("The other of them", "a:b", "2", doi=D, **clashing)
    third = record("The third of them", "a:b", "3", arxiv=X, doi=D)
    catalogue.papers.add([first, second])
    for _ in range(2):
        assert catalogue.papers.add([third, third]).paper_ids == (1, 1)
        assert (catalogue.papers.resolve(X), catalogue.papers.resolve(D), catalogue.papers.count()) == (1, 2, 2)
    assert catalogue.papers.merges() == []
    assert catalogue.papers.add([first, second, third]).outcomes == ("unchanged",) * 3


def test_the_record_itself_may_clash(catalogue: Catalogue) -> None:
    catalogue.papers.add([record("A", "s2", "9"), record("B", "arxiv", "2401.00002", arxiv="2401.00002", doi=D)])
    assert catalogue.papers.add([record("A", "s2", "9", arxiv=X, doi=D)]).paper_ids == (1,)
    assert (catalogue.papers.count(), catalogue.papers.resolve(X), catalogue.papers.resolve(D)) == (2, 1, 2)


def test_undo_gives_the_absorbed_its_own_paper(two: Catalogue) -> None:
    two.papers.add([BOTH])
    two.papers.add([record("Later", "dblp", "d", doi=D, keywords=("late",))])
    (merge,) = two.papers.merges()
    assert two.papers.undo_merge(merge.id) == 3
    assert two.changes.after(5) == [(6, 3, "add"), (7, 1, "update")]
    assert [key for key, _ in two.papers.stored([3])[3].source_ids] == ["crossref", "dblp"]
    assert paper_of(two, 3) == replace(ARTICLE.paper, keywords=("late",))
    assert [key for key, _ in two.papers.stored([1])[1].source_ids] == ["arxiv", "openalex"]
    assert [two.papers.resolve(name) for name in (X, D, "W12345", "1", "2", "3")] == [1, 3, 1, 1, 3, 3]
    assert two.papers.merges()[0].undone
    assert two.papers.add([PREPRINT, ARTICLE, BOTH]).outcomes == ("unchanged",) * 3  # and they stay two,
    assert two.papers.add([record("Again", "s2", "9", arxiv=X, doi=D)]).paper_ids == (1,)  # whoever says otherwise
    assert two.papers.ids().tolist() == [1, 3]
    with pytest.raises(UsageError, match="undone already"):
        two.papers.undo_merge(merge.id)


def test_undo_of_a_bridge_within_one_batch(catalogue: Catalogue) -> None:
    assert catalogue.papers.add([PREPRINT, ARTICLE, BOTH]).outcomes == ("added", "added", "merged")
    (merge,) = catalogue.papers.merges()
    assert (merge.rule, merge.absorbed) == ("bridge", 2)
    new = catalogue.papers.undo_merge(merge.id)
    assert paper_of(catalogue, new) == ARTICLE.paper
    assert (catalogue.papers.resolve(X), catalogue.papers.resolve(D)) == (1, new)


def test_undo_one_of_two_bridges(catalogue: Catalogue) -> None:
    catalogue.papers.add([PREPRINT, ARTICLE, record("In PubMed", "pubmed", "77", pmid="77", authors=("Bo Sample",))])
    catalogue.papers.add([record("x", "a:b", "1", doi=D, pmid="77"), BOTH])
    inner, outer = sorted(catalogue.papers.merges(), key=lambda merge: merge.id)
    assert (inner.absorbed, outer.absorbed) == (3, 2)
    new = catalogue.papers.undo_merge(outer.id)  # takes along what paper 2 had absorbed before
    assert [catalogue.papers.resolve(n) for n in ("1", "2", "3", "77")] == [1, new, new, new]
    own = catalogue.papers.undo_merge(inner.id)
    assert [catalogue.papers.resolve(n) for n in ("1", "2", "3", "77")] == [1, new, own, own]


def test_an_undone_merge_keeps_only_its_own_papers_apart(two: Catalogue) -> None:
    two.papers.add([BOTH])
    two.papers.undo_merge(two.papers.merges()[0].id)  # papers 1 and 3 stay apart
    two.papers.add([record("Deep rivers of text", "arxiv", "2401.00004", arxiv="2401.00004")])
    two.papers.add([record("Deep rivers of text in print", "pubmed", "88", pmid="88")])
    assert two.papers.ids().tolist() == [1, 3, 4, 5]
    assert two.papers.add([record("Deep rivers of text", "s2", "8", arxiv="2401.00004", pmid="88")]).paper_ids == (4,)
    assert two.papers.ids().tolist() == [1, 3, 4]


def test_a_title_given_in_this_batch_is_found_in_this_batch(catalogue: Catalogue) -> None:
    old, new = "Learning to rank with very few clicks", "Clicks are all that ranking models need"
    catalogue.papers.add([record(old, "arxiv", X, arxiv=X)])
    renamed = record(new, "arxiv", X, arxiv=X, version=2)
    added = catalogue.papers.add([renamed, record(new, "bibtex:f", "k"), record(new, "ris:g", "l", arxiv="2401.00009")])
    assert added.paper_ids == (1, 1, 2)  # the last one carries another arXiv id
    assert added.outcomes == ("updated", "merged", "added")


def test_two_papers_whose_titles_become_equal_stay_two(catalogue: Catalogue) -> None:
    title = "Learning to rank with very few clicks"
    catalogue.papers.add([record(title, "arxiv", X, arxiv=X), record("Quite another name for it", "hf", "9")])
    assert catalogue.papers.add([record(title, "hf", "9")]).paper_ids == (2,)
    assert catalogue.papers.ids().tolist() == [1, 2]


NAMES = st.fixed_dictionaries(
    {},
    optional={
        "arxiv": st.sampled_from(["2401.00001", "2401.00002"]),
        "doi": st.sampled_from(["10.1145/1", "10.1145/2"]),
        "pmid": st.sampled_from(["71", "72", "73"]),
        "openalex": st.sampled_from(["W12345", "W12346"]),
    },
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["save", "unsave", "up", "down", "unrate", "hide", "unhide", "tag", "untag", "open", "UNDO"]),
        st.integers(0, 9),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, ACTS, st.booleans()), min_size=2, max_size=7))
def test_whatever_happens_it_stays_whole(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[dict[str, Any], list[tuple[str, int]], bool]]
) -> None:
    """Random names, batches and actions: the catalogue is whole, every record is there, and adding again is idle."""
    records = [record(f"Paper number {n} of its kind", "hf", str(n), **ids) for n, (ids, _, _) in enumerate(steps)]
    with Catalogue.open(tmp_path_factory.mktemp("any") / "c.db", create=True) as catalogue:
        ada = catalogue.readers.get("ada", create=True).id
        held: list[Record] = []
        for one, (_, acts, more) in zip(records, steps, strict=True):
            held.append(one)
            if more:
                continue
            catalogue.papers.add(held)
            held = []
            ids = catalogue.papers.ids().tolist()
            for kind, number in acts:
                if kind == "UNDO":
                    catalogue.readers.undo(ada)
                else:
                    paper = ids[number % len(ids)]
                    catalogue.readers.log(
                        ada, [Event(kind, paper, value="t" if "tag" in kind else ""), Event("impression", 1)]
                    )
            assert catalogue.check() == []
        catalogue.papers.add(held)
        assert catalogue.check() == []
        rows = catalogue.papers.stored(catalogue.papers.ids().tolist()).values()
        assert sorted(key for row in rows for key in row.source_ids) == [("hf", str(n)) for n in range(len(records))]
        seq = catalogue.changes.last_seq()
        assert catalogue.papers.add(records).outcomes == ("unchanged",) * len(records)
        assert catalogue.changes.last_seq() == seq
        for merge in sorted(catalogue.papers.merges(), key=lambda merge: -merge.id):
            catalogue.papers.undo_merge(merge.id)
            assert catalogue.check() == []
        seq = catalogue.changes.last_seq()
        assert {outcome for one in records for outcome in catalogue.papers.add([one]).outcomes} == {"unchanged"}
        assert catalogue.changes.last_seq() == seq  # what was parted stays apart
