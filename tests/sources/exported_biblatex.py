"""BibTeX of other programs and BibLaTeX, and the papers it is read as."""

from __future__ import annotations

from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["citavi"] = (
    r"""@incollection{Example.2016,
 author = {Example, Ann},
 title = {Gezeiten an der K{\"u}ste: {\glqq}Ebbe{\grqq} und Flut},
 pages = {101--110},
 publisher = {{Gezeiten-Verlag}},
 isbn = {3161484100},
 editor = {Case, Bo and Third, Cy},
 booktitle = {Handbuch der Gezeiten},
 year = {2016},
 address = {K{\"o}ln}
}""",
    [
        {
            "title": "Gezeiten an der Küste: „Ebbe“ und Flut",
            "venue": "Handbuch der Gezeiten",
            "kind": "incollection",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "year": 2016,
            "extra": {
                "citation_key": "Example.2016",
                "editors": [
                    {"name": "Bo Case", "given": "Bo", "family": "Case"},
                    {"name": "Cy Third", "given": "Cy", "family": "Third"},
                ],
                "pages": "101-110",
                "publisher": "Gezeiten-Verlag",
                "isbn": "3161484100",
                "place": "Köln",
            },
        }
    ],
)
EXPORTS["jabref"] = (
    r"""% Encoding: UTF-8

@Article{Example2020,
  author       = {Ann Example and Bo Case},
  title        = {Tides},
  date         = {2020-05-03},
  journaltitle = {Tide Letters},
  groups       = {Reading, To do},
  comment-ann  = {good},
  readstatus   = {read},
}

@Comment{jabref-meta: databaseType:biblatex;}
""",
    [
        {
            "title": "Tides",
            "venue": "Tide Letters",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "submitted": "2020-05-03",
            "year": 2020,
            "extra": {"citation_key": "Example2020", "comment-ann": "good", "readstatus": "read"},
        }
    ],
)
EXPORTS["strings"] = (
    r"""@string{tl = "Tide Letters"}
@string(ann = {Example, Ann})
@preamble{"\newcommand{\x}{y}"}
@comment{nothing}
@article{s1, author = ann # " and Case, Bo", journal = tl # { (Online)},
  title = "A {"}quoted{"} word", year = 2015, month = may # "~3"}
@ARTICLE ( s2 , title = {In brackets} , journal = tl , year = 2015 )""",
    [
        {
            "title": 'A "quoted" word',
            "venue": "Tide Letters (Online)",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "submitted": "2015-05-03",
            "year": 2015,
            "extra": {"citation_key": "s1"},
        },
        {
            "title": "In brackets",
            "venue": "Tide Letters",
            "kind": "article",
            "year": 2015,
            "extra": {"citation_key": "s2"},
        },
    ],
)
EXPORTS["biber"] = (
    r"""@book{example16,
  author       = {given=Ann, family=Example},
  title        = {Tides},
  subtitle     = {An Introduction},
  date         = {2016-05/2017-06},
  publisher    = {Tide Press},
  location     = {Stone City},
  langid       = {english},
  pagetotal    = {321},
}""",
    [
        {
            "title": "Tides",
            "kind": "book",
            "language": "english",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "year": 2016,
            "extra": {
                "citation_key": "example16",
                "subtitle": "An Introduction",
                "publisher": "Tide Press",
                "place": "Stone City",
                "page_total": "321",
                "date": "2016-05/2017-06",
            },
        }
    ],
)
EXPORTS["semantic_scholar"] = (
    r"""@['JournalArticle', 'Review']{Example2020TidesOG,
 author = {Ann Example and B. Case},
 booktitle = {Tide Letters},
 journal = {Tide Letters},
 title = {Tides of glass},
 year = {2020}
}""",
    [
        {
            "title": "Tides of glass",
            "venue": "Tide Letters",
            "kind": "article",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "B. Case", "given": "B.", "family": "Case"},
            ],
            "year": 2020,
            "extra": {"citation_key": "Example2020TidesOG", "booktitle": "Tide Letters"},
        }
    ],
)
EXPORTS["inspire"] = (
    r"""@article{Example:2020abc,
    author = "Example, A. and others",
    collaboration = "TIDE",
    title = "{Observation of tides at $\sqrt{s}=13$ TeV}",
    eprint = "2003.01235",
    archivePrefix = "arXiv",
    primaryClass = "hep-ex",
    reportNumber = "TIDE-2020-01",
    doi = "10.1007/JHEP05(2020)123",
    journal = "JHEP",
    volume = "05",
    pages = "123",
    year = "2020"
}""",
    [
        {
            "title": "Observation of tides at $\\sqrt{s}=13$ TeV",
            "venue": "JHEP",
            "kind": "article",
            "authors": [{"name": "A. Example", "given": "A.", "family": "Example"}],
            "ids": {"arxiv": "2003.01235", "doi": "10.1007/jhep05(2020)123"},
            "categories": ["hep-ex"],
            "year": 2020,
            "extra": {
                "citation_key": "Example:2020abc",
                "collaboration": "TIDE",
                "reportnumber": "TIDE-2020-01",
                "volume": "05",
                "pages": "123",
                "et_al": True,
            },
        }
    ],
)
