"""Files whose records look alike and are different works: each becomes a paper, and reading again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import broadsheet

LONG = (
    "Guidance on planning, running and telling of long term observations of harbours, tides and small boats "
    "along the northern coasts of seven countries"
)
RIS = "TY  - JOUR\nTI  - {title}\n{author}T2  - {venue}\nVL  - {volume}\nSP  - {page}\nPY  - {year}\nER  - \n\n"
DANA = "AU  - Fell, Dana\n"


def ris(title: str, author: str, *places: tuple[str, int, int, int]) -> str:
    return "".join(
        RIS.format(title=title, author=author, venue=venue, volume=volume, page=page, year=year)
        for venue, volume, page, year in places
    )


HARBOUR, TIDES = ("Harbour Review", 4, 1, 2016), ("Tides Today", 9, 7, 2016)
FILES = {
    # A03: no id of their own; title, authors and year agree
    "leaders.ris": (ris("Foreword", DANA, HARBOUR, ("Harbour Review", 5, 1, 2016), TIDES), 3),
    "leaders.jsonl": (
        '{"title":"Foreword","authors":["Dana Fell"],"year":2016,"venue":"Harbour Review","issue":1}\n'
        '{"title":"Foreword","authors":["Dana Fell"],"year":2016,"venue":"Tides Today","issue":7}\n',
        2,
    ),
    "leaders.bib": (
        "@article{, title={Foreword}, author={Fell, Dana}, journal={Harbour Review}, volume=4, pages={1}, year=2016}\n"
        "@article{, title={Foreword}, author={Fell, Dana}, journal={Tides Today}, volume=9, pages={7}, year=2016}\n",
        2,
    ),
    # A04: nobody is named
    "notes.ris": (ris("Correspondence", "", HARBOUR, TIDES, ("Tides Today", 10, 3, 2017)), 3),
    # A05: parts of one long title
    "parts.bib": (
        f"@article{{p1, title={{{LONG}: Part I}}, author={{Fell, Dana}}, year=2020, pages={{1--10}}}}\n"
        f"@article{{p2, title={{{LONG}: Part II}}, author={{Fell, Dana}}, year=2020, pages={{11--20}}}}\n",
        2,
    ),
    # A01, A02: DOIs that are alike up to a sign that ends one elsewhere
    "sici.bib": (
        "@article{s1, title={Old maps of harbours}, doi={10.1002/(SICI)1097-4571(199806)49:8<693::AID-X4>3.0.CO;2-O}}\n"
        "@article{s2, title={Songs of boats}, doi={10.1002/(SICI)1097-4571(199806)49:8<701::AID-X5>3.0.CO;2-K}}\n",
        2,
    ),
    "chapters.bib": (
        "@incollection{c1, title={About deep tides}, author={Lee Fell}, doi={10.1007/978-0-000-00000-0{\\_}12-1}}\n"
        "@incollection{c2, title={What boats carry}, author={Bo Quay}, doi={10.1007/978-0-000-00000-0{\\_}1-1}}\n",
        2,
    ),
    # A21: no key and no comma for one
    "keys.bib": (
        "@article{\n  author = {Dana Fell},\n  title = {An entry that has no key},\n  year = {2003}\n}\n"
        "@Article{author = Dana Fell, TITLE = {{Nor has this one a key}}, year=2002}\n",
        2,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_each_work_is_a_paper(tmp_path: Path, name: str) -> None:
    text, papers = FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with broadsheet.open(tmp_path / "library") as library:
        first, again = library.add(tmp_path / name), library.add(tmp_path / name)
        assert (first.added, first.quarantined) == (papers, 0)
        assert (again.added, again.updated, again.unchanged) == (0, 0, papers)
        assert library.stats().papers == papers
        assert library.merges() == []
