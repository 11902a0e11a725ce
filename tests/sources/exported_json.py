"""CSL-JSON and rows of JSON, and the papers they are read as."""

from __future__ import annotations

import json
from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["zotero_csl"] = (
    json.dumps(
        [
            {
                "id": "http://zotero.org/users/1/items/ABC",
                "type": "article-journal",
                "title": "Tides <i>of</i> glass",
                "container-title": "Tide Letters",
                "container-title-short": "Tide Lett.",
                "author": [
                    {"family": "Example", "given": "Ann"},
                    {"literal": "Tide Group"},
                    {"family": "Berg", "given": "Jan", "non-dropping-particle": "van den"},
                    {"family": "King", "given": "M.", "suffix": "Jr."},
                ],
                "issued": {"date-parts": [["2020", "5", "3"]]},
                "accessed": {"date-parts": [["2020", 6, 1]]},
                "DOI": "10.1234/a.1",
                "page": "1-9",
                "note": "PMID: 77\nPMCID: PMC9\narXiv:2003.01234",
            },
            {
                "id": 2,
                "type": "paper-conference",
                "title": "B",
                "issued": {"raw": "May 2020"},
                "event-title": "Tide Conf",
            },
            {
                "id": "c",
                "type": "chapter",
                "title": "C",
                "issued": {"date-parts": [[2019], [2020]]},
                "editor": [{"family": "Third", "given": "Cy"}],
            },
            {
                "id": "d",
                "type": "article",
                "title": "D",
                "issued": {"date-parts": [[2019]], "season": 2},
                "publisher": "arXiv",
                "number": "arXiv:2003.01235",
            },
        ]
    ),
    [
        {
            "title": "Tides of glass",
            "venue": "Tide Letters",
            "kind": "article",
            "comments": "PMID: 77 PMCID: PMC9 arXiv:2003.01234",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Tide Group", "is_group": True},
                {"name": "Jan van den Berg", "given": "Jan", "family": "van den Berg"},
                {"name": "M. King Jr.", "given": "M.", "family": "King", "suffix": "Jr."},
            ],
            "ids": {"arxiv": "2003.01234", "doi": "10.1234/a.1", "pmid": "77"},
            "submitted": "2020-05-03",
            "year": 2020,
            "extra": {"journal_abbreviation": "Tide Lett.", "accessed": "2020-06-01", "pages": "1-9"},
        },
        {
            "title": "B",
            "venue": "Tide Conf",
            "kind": "inproceedings",
            "year": 2020,
            "extra": {"event": "Tide Conf", "date": "2020-05"},
        },
        {
            "title": "C",
            "kind": "incollection",
            "year": 2019,
            "extra": {
                "citation_key": "c",
                "editors": [{"name": "Cy Third", "given": "Cy", "family": "Third"}],
                "date": "2019/2020",
            },
        },
        {
            "title": "D",
            "kind": "preprint",
            "ids": {"arxiv": "2003.01235"},
            "year": 2019,
            "extra": {"citation_key": "d", "publisher": "arXiv", "date": "Summer 2019"},
        },
    ],
)
EXPORTS["csl_bare_date"] = (
    json.dumps(
        [
            {
                "type": "article-journal",
                "title": "T",
                "author": [{"family": "Example", "given": "Ann"}],
                "issued": "2020-05-03",
            },
            {"type": "book", "title": "U", "author": "Ann Example", "issued": {"year": 2020}},
            {"type": "thesis", "title": "V", "issued": {"date-parts": [2020, 5]}},
            {"type": "webpage", "title": "W", "issued": {"literal": "Spring 2020"}},
            {"title": "X", "author": [{"family": "Example"}], "issued": 2020},
        ]
    ),
    [
        {
            "title": "T",
            "kind": "article",
            "authors": [{"name": "Ann Example", "given": "Ann", "family": "Example"}],
            "submitted": "2020-05-03",
            "year": 2020,
        },
        {"title": "U", "kind": "book", "authors": [{"name": "Ann Example"}]},
        {"title": "V", "kind": "phdthesis", "year": 2020},
        {"title": "W", "kind": "online", "year": 2020, "extra": {"date": "Spring 2020"}},
        {"title": "X", "authors": [{"name": "Example", "family": "Example"}], "year": 2020},
    ],
)
EXPORTS["arxiv_kaggle"] = (
    json.dumps(
        {
            "id": "2003.01234",
            "submitter": "Ann",
            "authors": "Ann Example and Bo Case (MIT)",
            "title": "Tides\n  of",
            "comments": "5 pages",
            "journal-ref": None,
            "doi": None,
            "report-no": None,
            "categories": "cs.IR cs.LG",
            "license": None,
            "abstract": "  Abs\n",
            "versions": [
                {"version": "v1", "created": "Mon, 2 Apr 2020 19:18:42 GMT"},
                {"version": "v2", "created": "Tue, 3 May 2020 19:18:42 GMT"},
            ],
            "update_date": "2020-05-04",
            "authors_parsed": [["Example", "Ann", ""], ["Case", "Bo", "", "MIT"]],
        }
    ),
    [
        {
            "title": "Tides of",
            "abstract": "Abs",
            "kind": "preprint",
            "pdf_url": "https://arxiv.org/pdf/2003.01234",
            "comments": "5 pages",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"arxiv": "2003.01234"},
            "categories": ["cs.IR", "cs.LG"],
            "urls": ["https://arxiv.org/abs/2003.01234"],
            "submitted": "2020-04-02",
            "updated": "2020-05-03",
            "year": 2020,
            "version": 2,
        }
    ],
)
EXPORTS["rows"] = (
    json.dumps(
        [
            {
                "Title": "T",
                "Authors": "Ann Example; Bo Case",
                "Year": "2020.0",
                "DOI": "10.1234/A",
                "Source title": "Tide Letters",
                "Cited by": "3",
                "Author Keywords": "a; b",
            }
        ]
    ),
    [
        {
            "title": "T",
            "venue": "Tide Letters",
            "authors": [
                {"name": "Ann Example", "given": "Ann", "family": "Example"},
                {"name": "Bo Case", "given": "Bo", "family": "Case"},
            ],
            "ids": {"doi": "10.1234/a"},
            "keywords": ["a", "b"],
            "year": 2020,
            "citations": 3,
        }
    ],
)
