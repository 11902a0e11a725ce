from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.database import fetch
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record, Rejected
from tests.catalogue.made import record
from tests.clock import NOON

LONG = "A new method for learning dense retrieval from very few labelled queries in the wild"
OTHER = "Something else entirely about the movement of fish"


def outcomes(catalogue: Catalogue, *records: Record) -> list[tuple[int, str]]:
    added = catalogue.papers.add(records)
    return list(zip(added.paper_ids, added.outcomes, strict=True))


def paper_of(catalogue: Catalogue, paper_id: int) -> Paper:
    return catalogue.papers.stored([paper_id])[paper_id].paper


def test_a_paper_comes_back_as_it_went_in(catalogue: Catalogue) -> None:
    paper = Paper(
        "Über ranking\nin two lines",
        abstract="An abstract.",
        authors=(
            Person("Ada E. Example", "Ada E.", "Example", "0000-0001", ("U1", "U2")),
            Person("Bo", affiliations=("U1",)),
        ),
        ids=Identifiers("2603.01234", "10.1145/1", "P19-1001", "W12345", "ab" * 20, "77", "abCd"),
        year=2026,
        venue="SIGIR",
        kind="inproceedings",
        summary="One sentence.",
        keywords=("ranking", "two\nlines"),
        categories=("cs.IR",),
        submitted=date(2026, 3, 1),
        announced=date(2026, 3, 2),
        updated=date(2026, 3, 3),
        version=2,
        urls=("https://example.org/1",),
        pdf_url="https://example.org/1.pdf",
        licence="CC-BY",
        comments="9 pages",
        language="en",
        is_retracted=True,
        citations=3,
        extra={"rating": 6.5, "nested": {"a": [1, None]}},
    )
    added = catalogue.papers.add([Record(paper, "arxiv", "2603.01234", "page 1")])
    assert (added.paper_ids, added.outcomes, added.last_seq) == ((1,), ("added",), 1)
    row = catalogue.papers.stored([1, 99])[1]
    assert row.paper == paper
    assert row.source_ids == (("arxiv", "2603.01234"),)
    assert NOON < row.added_at < NOON + timedelta(minutes=1)
    (document,) = next(catalogue.papers.documents())
    assert document.authors == "Ada E. Example\nBo"
    assert document.keywords == "ranking\ntwo lines"
    assert (document.year, document.day) == (2026, date(2026, 3, 2).toordinal())


def test_adding_again_changes_nothing(catalogue: Catalogue) -> None:
    records = [
        record(LONG, source_id="1", doi="10.1145/1", abstract="x", keywords=("k",), extra={"a": (1, 2)}),
        record(OTHER, authors=()),
        record("Two words", authors=()),
        record("Two words", authors=("Cy",)),
        record("Short one", source="arxiv", source_id="2401.00001", arxiv="2401.00001v3"),
    ]
    first = catalogue.papers.add(records)
    assert first.outcomes == ("added",) * 5
    second = catalogue.papers.add(records)
    assert second.outcomes == ("unchanged",) * 5
    assert (second.paper_ids, second.last_seq) == (first.paper_ids, first.last_seq)
    assert catalogue.papers.versions(1) == []


def test_an_update_keeps_the_earlier_version_and_never_empties_a_field(catalogue: Catalogue) -> None:
    old = record(LONG, "arxiv", "2401.00001", arxiv="2401.00001", abstract="First.", version=1)
    new = record(LONG + " II", "arxiv", "2401.00001", arxiv="2401.00001", version=2, authors=("Cy Third",))
    assert outcomes(catalogue, old) == [(1, "added")]
    assert outcomes(catalogue, new) == [(1, "updated")]
    assert outcomes(catalogue, new) == [(1, "unchanged")]
    now = paper_of(catalogue, 1)
    assert (now.title, now.abstract, now.version, now.authors) == (LONG + " II", "First.", 2, (Person("Cy Third"),))
    ((number, at, before),) = catalogue.papers.versions(1)
    assert (number, before) == (1, old.paper)
    assert NOON < at < NOON + timedelta(minutes=1)
    assert catalogue.changes.after(0) == [(1, 1, "add"), (2, 1, "update")]
    assert catalogue.changes.after(1) == [(2, 1, "update")]
    assert catalogue.changes.after(0, limit=1) == [(1, 1, "add")]
    assert outcomes(catalogue, record(LONG + " II", "bibtex:x", authors=("Cy Third",)))[0] == (1, "merged")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (record("A", "arxiv", "1", arxiv="2401.00001"), record("B", "bibtex:x", "k", arxiv="arXiv:2401.00001v7")),
        (record("A", "crossref", "1", doi="10.1145/ABC"), record("B", "s2", "9", doi="https://doi.org/10.1145/abc")),
        (record("A", "arxiv", "1", arxiv="2401.00001"), record("B", "s2", "9", doi="10.48550/arXiv.2401.00001")),
        (record("A", "acl", "1", acl="p19-1001"), record("B", "bibtex:x", "k", acl="P19-1001")),
        (record("A", "openalex", "1", openalex="W12345"), record("B", "x:y", "k", openalex="w12345")),
        (record("A", "hf", "7"), record("B", "hf", "7")),
        (record("Attention is all", "csl:f", "1"), record("Attention is all you need", "csl:f", "1")),
        (record(LONG, "csl:f", "1"), record(LONG, "ris:g", "2")),
        (record(LONG, "csl:f", "1", arxiv="2401.00001"), record(LONG, "ris:g", "2", doi="10.1145/1")),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_one_paper(catalogue: Catalogue, first: Record, second: Record, together: bool) -> None:
    same_source = (first.source, first.source_id) == (second.source, second.source_id)
    batches = [[first, second]] if together else [[first], [second]]
    results = [result for batch in batches for result in outcomes(catalogue, *batch)]
    assert results == [(1, "added"), (1, "updated" if same_source else "merged")]
    assert catalogue.papers.count() == 1
    assert catalogue.papers.add([second, first, second]).paper_ids == (1, 1, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (record(LONG, arxiv="2401.00001"), record(LONG, arxiv="2401.00002")),
        (record(LONG, doi="10.1145/1"), record(LONG, doi="10.1145/2")),
        (record(LONG, year=2019), record(LONG, year=2023)),
        (record(LONG), record(LONG, authors=("Cy Third",))),
        (record("Two words", "a:b", "1"), record("Two words", "a:b", "2")),
        (record("Editorial to this fine issue", "a:b", "1"), record("Editorial to this fine issue", "a:b", "2")),
        (record(LONG, "jsonl:papers.jsonl", "1"), record(OTHER, "jsonl:papers.jsonl", "1")),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_two_papers(catalogue: Catalogue, first: Record, second: Record, together: bool) -> None:
    for batch in [[first, second]] if together else [[first], [second]]:
        assert set(catalogue.papers.add(batch).outcomes) == {"added"}
    assert catalogue.papers.add([second, first]).paper_ids == (2, 1)
    assert catalogue.papers.add([second, first]).outcomes == ("unchanged", "unchanged")


def test_each_field_comes_from_the_best_source(catalogue: Catalogue) -> None:
    ids: dict[str, Any] = {"doi": "10.1145/1"}
    file = record(LONG, "bibtex:f", "k", abstract="file", venue="file", year=2020, urls=("u1",), comments="mine", **ids)
    s2 = record(LONG, "s2", "9", abstract="s2", venue="s2", citations=7, urls=("u2", "u1"), s2="ab" * 20, **ids)
    crossref = record(LONG, "crossref", "1", venue="crossref", year=2022, citations=5, **ids)
    arxiv = record(LONG, "arxiv", "2401.00001", abstract="arxiv", arxiv="2401.00001", venue="J", year=2021, **ids)
    assert catalogue.papers.add([file, s2, crossref, arxiv]).outcomes == ("added", "merged", "merged", "merged")
    merged = paper_of(catalogue, 1)
    assert (merged.abstract, merged.venue, merged.year, merged.citations) == ("arxiv", "crossref", 2022, 7)
    assert (merged.comments, merged.urls) == ("mine", ("u1", "u2"))
    assert merged.ids == Identifiers(arxiv="2401.00001", doi="10.1145/1", s2="ab" * 20)
    assert [s for s, _ in catalogue.papers.stored([1])[1].source_ids] == ["bibtex:f", "s2", "crossref", "arxiv"]
    better = replace(file.paper, abstract="file again", comments="new")
    assert catalogue.papers.add([replace(file, paper=better)]).outcomes == ("updated",)
    assert (paper_of(catalogue, 1).abstract, paper_of(catalogue, 1).comments) == ("arxiv", "new")
    assert len(catalogue.papers.versions(1)) == 4  # one for each record that changed it


@pytest.mark.parametrize("journal_first", [False, True])
def test_a_preprint_in_a_journal_years_later_has_the_year_of_the_journal(  # E04
    catalogue: Catalogue, journal_first: bool
) -> None:
    preprint = record(LONG, "bibtex:f", "p", arxiv="1501.01234", year=2015, kind="preprint", venue="arXiv")
    article = record(LONG, "bibtex:f", "j", doi="10.1234/coh.1", year=2019, kind="article", venue="J. Inv. Math.")
    pair = [article, preprint] if journal_first else [preprint, article]
    assert outcomes(catalogue, *pair) == [(1, "added"), (1, "merged")]
    paper = paper_of(catalogue, 1)
    assert (paper.year, paper.kind, paper.venue) == (2019, "article", "J. Inv. Math.")
    assert (paper.ids.arxiv, paper.ids.doi) == ("1501.01234", "10.1234/coh.1")


@pytest.mark.parametrize("same_source", [False, True])
@pytest.mark.parametrize("whole_first", [False, True])
def test_a_complete_list_of_authors_takes_the_place_of_a_cut_one(
    catalogue: Catalogue, same_source: bool, whole_first: bool
) -> None:
    names = ("Ada Example", "Bo Sample", "Cy Third")
    cut = record(LONG, "bibtex:f", "k", names[:1], doi="10.1145/1", extra={"et_al": True, "note": "x"})
    whole = record(LONG, "bibtex:f" if same_source else "ris:g", "k" if same_source else "r", names, doi="10.1145/1")
    if same_source and whole_first:
        return  # what a source says last is what it says
    for one in (whole, cut) if whole_first else (cut, whole):
        catalogue.papers.add([one])
    paper = paper_of(catalogue, 1)
    assert ([person.name for person in paper.authors], paper.extra) == (list(names), {"note": "x"})


def test_a_shorter_list_leaves_a_cut_one_as_it_is(catalogue: Catalogue) -> None:
    cut = record(LONG, "bibtex:f", "k", ("Ada Example", "Bo Sample"), doi="10.1145/1", extra={"et_al": True})
    catalogue.papers.add([cut, record(LONG, "ris:g", "r", ("Ada Example",), doi="10.1145/1")])
    paper = paper_of(catalogue, 1)
    assert ([person.name for person in paper.authors], paper.extra["et_al"]) == (["Ada Example", "Bo Sample"], True)


def test_a_title_without_end_is_cut_and_its_rest_kept(catalogue: Catalogue) -> None:
    title = "".join(f"word{n} " for n in range(4_000)).strip()
    catalogue.papers.add([record(title[:16_000], "a", "1"), record(title, "a", "2", extra={"note": "x"})])
    assert paper_of(catalogue, 1).title == title[:16_000]
    paper = paper_of(catalogue, 2)
    assert (len(paper.title), paper.title[-1], paper.extra["note"]) == (16_000, "…", "x")
    assert paper.title[:-1] + paper.extra["title_rest"] == title


def test_undo_merge_gives_each_its_own_and_remembers(catalogue: Catalogue) -> None:
    mine = record(LONG, "bibtex:f", "k", abstract="mine", arxiv="2401.00001")
    theirs = record(LONG, "ris:g", "t", comments="theirs", doi="10.1145/1")
    tied = record(LONG, "crossref", "10.1145/1", venue="V", doi="10.1145/1")
    assert catalogue.papers.add([mine]).outcomes == ("added",)
    assert catalogue.papers.add([theirs, tied]).outcomes == ("merged", "merged")
    (merge,) = catalogue.papers.merges()
    assert (merge.paper_id, merge.source, merge.source_id, merge.rule, merge.score) == (1, "ris:g", "t", "title", 1.0)
    assert not merge.undone
    assert catalogue.papers.undo_merge(merge.id) == 2
    assert paper_of(catalogue, 1) == mine.paper
    assert paper_of(catalogue, 2) == replace(theirs.paper, venue="V")
    assert catalogue.papers.merges()[0].undone
    assert catalogue.changes.after(2) == [(3, 2, "add"), (4, 1, "update")]
    assert (catalogue.papers.resolve("10.1145/1"), catalogue.papers.resolve("2401.00001")) == (2, 1)
    assert catalogue.papers.add([mine, theirs, tied]).outcomes == ("unchanged",) * 3
    with pytest.raises(UsageError, match="undone already"):
        catalogue.papers.undo_merge(merge.id)
    with pytest.raises(UsageError, match="no merge has the number 99"):
        catalogue.papers.undo_merge(99)
    catalogue.papers.delete(2)
    assert catalogue.papers.add([theirs, tied]).outcomes == ("deleted",) * 2
    assert catalogue.papers.add([theirs, tied], again=True).paper_ids == (3, 3)


def test_delete_takes_all_that_hangs_on_it(catalogue: Catalogue) -> None:
    catalogue.papers.add([record(LONG, source_id="x", doi="10.1145/1"), record(OTHER)])
    catalogue.papers.delete(1)
    assert (catalogue.papers.ids().tolist(), catalogue.papers.count()) == ([2], 1)
    assert catalogue.papers.stored([1]) == {}
    assert catalogue.papers.resolve("10.1145/1") is None
    assert catalogue.changes.after(2) == [(3, 1, "delete")]
    with pytest.raises(UnknownPaper, match="no paper has the number 1"):
        catalogue.papers.delete(1)
    assert catalogue.papers.add([record(LONG, source_id="x")], again=True).paper_ids == (
        3,
    )  # a number is never given twice


def test_a_failure_inside_leaves_nothing(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    from broadsheet.catalogue import ingest

    catalogue.papers.add([record(OTHER)], cursor=("c", "1"))
    monkeypatch.setattr(ingest, "set_cursor", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        catalogue.papers.add([record(LONG)], rejected=[Rejected("s", "p", "r")], cursor=("c", "2"))
    monkeypatch.undo()
    assert (
        catalogue.papers.count(),
        catalogue.changes.last_seq(),
        catalogue.harvest.quarantine(),
        catalogue.harvest.cursor("c"),
    ) == (1, 1, [], "1")
    assert catalogue.papers.add([record(LONG)], cursor=("c", "2")).paper_ids == (2,)
    assert catalogue.harvest.cursor("c") == "2"


def test_people_and_affiliations_are_shared(catalogue: Catalogue) -> None:
    people = (Person("Ada Example", affiliations=("U1", "U1", "")), Person("ADA EXAMPLE", affiliations=("U2",)))
    catalogue.papers.add(
        [Record(Paper(LONG, authors=people), "a:b", "1"), Record(Paper(OTHER, authors=people), "a:b", "2")]
    )
    with catalogue._database.read() as connection:
        counts = [
            fetch(connection, f"SELECT count(*) FROM {table}")[0][0]
            for table in ("people", "authorships", "affiliations", "authorship_affiliations")
        ]
    assert counts == [1, 4, 2, 4]


def test_another_works_identifier_is_told_of(catalogue: Catalogue) -> None:
    first = record("The first chapter about deep water", doi="10.1234/book", authors=("Lena Lake",))
    other = record("Stones and what they carry", doi="10.1234/book", authors=("Otto Brook",))
    assert catalogue.papers.add([first]).notes == ()
    added = catalogue.papers.add([other])
    assert added.paper_ids == (2,)
    assert "the doi id 10.1234/book is another work's, paper 1; kept apart from it" in added.notes[0]
