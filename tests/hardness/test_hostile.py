"""Records that no honest source would send: they are stored, found, shown and exported like any other, or refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import broadsheet
from broadsheet.kit.paper import Identifiers, Paper, Person
from tests.hardness.made import here, records

WORDS = "kelp " * 200_000  # a megabyte
HOSTILE = {
    "a long abstract": Paper("A long abstract", abstract=f"{WORDS} needle"),
    "a long title": Paper("A long title " + "title " * 100_000),
    "a long venue": Paper("A long venue", venue="V" * 1_000_000),
    "a long word": Paper("A long word", abstract="w" * 1_000_000),
    "many authors": Paper("Many authors", authors=tuple(Person(f"Author Number{n}") for n in range(5000))),
    "one author 5,000 times": Paper("One author", authors=(Person("Bo Same"),) * 5000),
    "many keywords": Paper("Many keywords", keywords=tuple(f"keyword {n}" for n in range(5000))),
    "NUL": Paper("Nothing\0ness", abstract="\0" * 1000, venue="\0", authors=(Person("\0"), Person("N\0UL Name"))),
    "surrogates": Paper("Half\ud800 a character", abstract="\udfff" * 100, authors=(Person("\ud800"),)),
    "right to left": Paper("\u202eמאמר\u202c في اللغة", authors=(Person("משה כהן"),)),
    "escapes": Paper("\x1b[2J\x1b]0;title\x07 escape", abstract="\r\n\x0b\x0c\x85"),
    "no title": Paper(""),
    "blank title": Paper(" \t "),
    "no word in the title": Paper("???", abstract="!!!"),
    "first day": Paper("First day", submitted=date.min, year=1),
    "last day": Paper("Last day", announced=date.max, year=9999),
    "huge numbers": Paper("Huge numbers", year=10**30, citations=10**40, version=2**63),
    "negative numbers": Paper("Negative numbers", year=-5, citations=-1, version=-1),
    "odd identifiers": Paper("Odd identifiers", ids=Identifiers(arxiv="\0" * 9, doi="10." + "9" * 9000, s2="' OR 1=1")),
    "deep extra": Paper("Deep extra", extra={"a": json.loads("[" * 300 + "]" * 300), "nan": float("nan"), "b": "\0"}),
    "scripts": Paper("<script>alert(1)</script>", abstract="]]>&lt;<!--", urls=("javascript:alert(1)",)),
    "commands": Paper(
        "@article{x, title={\\input{/etc/passwd}}}", abstract="%n%s\\write18{ls}", venue="TY  - X\nER  - "
    ),
}


def test_hostile_records(tmp_path: Path) -> None:
    papers = [*HOSTILE.values(), *(Paper(f"An ordinary paper number {n} on kelp {n * 7919}") for n in range(100))]
    with broadsheet.open(tmp_path / "library") as library:
        report = library.add(*records(papers))
        assert (report.read, report.added + report.merged) == (len(papers), len(papers))
        assert library.add(*records(papers)).unchanged == len(papers)
        assert library.check().problems == ()
        everything = [int(number) for number in library.catalogue.papers.ids()]
        assert len(library.papers(everything)) == len(everything) == library.stats().indexed
        assert library.search("needle").results[0].stored.paper.title == "A long abstract"
        assert library.search('author:"author number4999"').total == 1
        assert library.search('author:"same same"').total == 0
        assert library.search('author:"כהן"').total == 1
        assert library.search("nothingness").results[0].stored.paper.title == "Nothingness"
        assert library.search(f"venue:{'V' * 1_000_000}").total == 1
        assert library.search("year:9999").total == library.search("year:0001").total == 1
        for result in library.search("kelp", k=200).results:
            assert sum(len(span.text) for span in result.snippet) < 20_000
        for number in everything[:20]:
            library.similar([str(number)], k=3)
        for number in everything[:30]:
            library.act("me", number, "save")
        page = library.feed("me", k=50)
        assert len(page.items) == 50
        assert all(reason.text for item in page.items for reason in item.reasons)
        for name in ("bibtex", "ris", "csl", "jsonl"):
            "".join(library.export(everything, name)).encode()


def test_what_was_exported_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with broadsheet.open(folder) as library:
        library.add(*records(HOSTILE.values()))
        count = library.stats().papers
    (tmp_path / "all.jsonl").write_text(here(folder, "export", "--all", "--format", "jsonl").out, encoding="utf-8")
    again = here(tmp_path / "second", "add", str(tmp_path / "all.jsonl"), "--json")
    report = json.loads(again.out)
    assert report["read"] == count
    assert report["added"] + report["merged"] + report["quarantined"] + 1 == count  # two have no title, and are one
    assert here(tmp_path / "second", "check").code == 0


def test_the_command_line_shows_them(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with broadsheet.open(folder) as library:
        library.add(*records(HOSTILE.values()))
        numbers = [str(number) for number in library.catalogue.papers.ids()]
    for number in numbers:
        for more in ((), ("--json",)):
            shown = here(folder, "show", number, *more)
            assert shown.code == 0
            assert not set(shown.out) & set("\x1b\x07\0\u202e") or more
    assert here(folder, "search", "author", "-k", "50").code == 0
    assert here(folder, "feed", "-k", "50").code == 0
