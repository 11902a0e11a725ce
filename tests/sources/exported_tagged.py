"""RIS, EndNote and MEDLINE of programs and publishers, and the papers they are read as."""

from __future__ import annotations

from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["ris_zotero"] = (
    r"""TY  - JOUR
TI  - Tides
AU  - Example, Ann
AU  - Case, Bo
T2  - Tide Letters
AB  - Abs.
DA  - 2020/05/03/
PY  - 2020
DO  - 10.1234/tl.9
DP  - example.org
VL  - 5
IS  - 2
SP  - 1
EP  - 9
LA  - en
SN  - 1234-5679
ST  - Tides
UR  - https://example.org/9
Y2  - 2020/06/01/12:00:00
L1  - https://example.org/9.pdf
KW  - tides
N1  - <p>A note</p>
ER  -

""",
    [
        {
            "title": "Tides",
            "abstract": "Abs.",
            "venue": "Tide Letters",
            "kind": "article",
            "pdf_url": "https://example.org/9.pdf",
            "comments": "A note",
            "language": "en",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tl.9"},
            "keywords": ["tides"],
            "urls": ["https://example.org/9"],
            "submitted": "2020-05-03",
            "year": 2020,
            "extra": {
                "pages": "1-9",
                "issn": "1234-5679",
                "provider": "example.org",
                "volume": "5",
                "issue": "2",
                "short_title": "Tides",
                "accessed": "2020/06/01/12:00:00",
            },
        }
    ],
)
EXPORTS["ris_ieee"] = (
    r"""TY  - CONF
TI  - Tidal nets
T2  - 2020 Conference on Tides
SP  - 1
EP  - 6
AU  - A. Example
AU  - B. Case
PY  - 2020
KW  - tides
DO  - 10.1109/T.2020.1
JO  - 2020 Conference on Tides
IS  -
SN  - 2575-8284
VO  -
VL  -
JA  - 2020 Conference on Tides
Y1  - 3-6 May 2020
AB  - Abs.
ER  -


""",
    [
        {
            "title": "Tidal nets",
            "abstract": "Abs.",
            "venue": "2020 Conference on Tides",
            "kind": "inproceedings",
            "authors": [{"name": "A. Example"}, {"name": "B. Case"}],
            "ids": {"doi": "10.1109/t.2020.1"},
            "keywords": ["tides"],
            "year": 2020,
            "extra": {"TY": "CONF", "date": "3-6 May 2020", "pages": "1-6", "issn": "2575-8284"},
        }
    ],
)
EXPORTS["ris_scopus"] = (
    r"""TY  - JOUR
AU  - Example, A.
AU  - Case, B.
TI  - Tides of glass
PY  - 2020
T2  - Tide Letters
VL  - 5
IS  - 2
C7  - 101
DO  - 10.1234/tl.5
UR  - https://www.scopus.com/x
AD  - Univ. of Tides, Stone City
AB  - Abs © 2020
KW  - glass
PB  - Tide Press
SN  - 12345679 (ISSN)
LA  - English
J2  - Tide Lett.
M3  - Article
DB  - Scopus
N1  - Export Date: 3 May 2020; Cited By: 3
ER  -
""",
    [
        {
            "title": "Tides of glass",
            "abstract": "Abs © 2020",
            "venue": "Tide Letters",
            "kind": "article",
            "comments": "Export Date: 3 May 2020; Cited By: 3",
            "language": "English",
            "authors": [
                {"name": "A. Example", "given": "A.", "family": "Example"},
                {"name": "B. Case", "given": "B.", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/tl.5"},
            "keywords": ["glass"],
            "urls": ["https://www.scopus.com/x"],
            "year": 2020,
            "extra": {
                "journal_abbreviation": "Tide Lett.",
                "issn": "12345679",
                "volume": "5",
                "issue": "2",
                "article_number": "101",
                "affiliations": "Univ. of Tides, Stone City",
                "publisher": "Tide Press",
                "database": "Scopus",
                "genre": "Article",
            },
        }
    ],
)
EXPORTS["ris_springer"] = (
    r"""TY  - CHAP
AU  - Example, Ann
ED  - Third, Cy
PY  - 2019
DA  - 2019//
TI  - Tides
BT  - Book of Tides
SP  - 1
EP  - 9
PB  - Springer
CY  - Cham
SN  - 978-3-16-148410-0
UR  - https://doi.org/10.1007/978-3-16-148410-0_1
DO  - 10.1007/978-3-16-148410-0_1
ID  - Example2019
ER  -
""",
    [
        {
            "title": "Tides",
            "venue": "Book of Tides",
            "kind": "incollection",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "ids": {"doi": "10.1007/978-3-16-148410-0_1"},
            "urls": ["https://doi.org/10.1007/978-3-16-148410-0_1"],
            "year": 2019,
            "extra": {
                "citation_key": "Example2019",
                "pages": "1-9",
                "isbn": "978-3-16-148410-0",
                "editors": [{"name": "Cy Third", "given": "Cy", "family": "Third"}],
                "publisher": "Springer",
                "place": "Cham",
            },
        }
    ],
)
EXPORTS["enw_scholar"] = (
    r"""%0 Journal Article
%T Tides of the north
%A Example, Ann
%A Case, Bo
%J Tide Letters
%V 5
%N 2
%P 1-9
%@ 1234-5679
%D 2018
%I Tide Press
""",
    [
        {
            "title": "Tides of the north",
            "venue": "Tide Letters",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "year": 2018,
            "extra": {"issn": "1234-5679", "volume": "5", "issue": "2", "pages": "1-9", "publisher": "Tide Press"},
        }
    ],
)
EXPORTS["nbib"] = (
    r"""PMID- 1
TI  - Tides.
FAU - Example, Ann
DP  - 2020 May-Jun
""",
    [
        {
            "title": "Tides",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "ids": {"pmid": "1"},
            "year": 2020,
            "extra": {"date": "2020 May-Jun"},
        }
    ],
)
