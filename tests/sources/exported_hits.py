"""JSON as other catalogues' interfaces answer, and the papers it is read as."""

from __future__ import annotations

import json
from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["s2"] = (
    json.dumps(
        {
            "total": 1,
            "data": [
                {
                    "paperId": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
                    "externalIds": {
                        "DOI": "10.1234/A.1",
                        "ArXiv": "2003.01234",
                        "CorpusId": 55,
                        "PubMed": "77",
                        "ACL": "2020.tide-1.3",
                    },
                    "title": "Tides",
                    "abstract": None,
                    "venue": "Tide Letters",
                    "year": 2020,
                    "publicationDate": "2020-05-03",
                    "authors": [{"authorId": "1", "name": "Ann Example"}, {"authorId": None, "name": "B. Case"}],
                    "citationCount": 4,
                    "journal": {"name": "Tide Letters", "pages": "1-9", "volume": "5"},
                    "publicationTypes": ["JournalArticle"],
                    "openAccessPdf": {"url": "https://x.org/a.pdf", "status": "GREEN"},
                    "fieldsOfStudy": ["Tides"],
                    "tldr": {"model": "x", "text": "Tides move."},
                    "url": "https://www.semanticscholar.org/paper/0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
                }
            ],
        }
    ),
    [
        {
            "title": "Tides",
            "venue": "Tide Letters",
            "kind": "article",
            "pdf_url": "https://x.org/a.pdf",
            "authors": [{"name": "Ann Example"}, {"name": "B. Case"}],
            "ids": {
                "arxiv": "2003.01234",
                "doi": "10.1234/a.1",
                "acl": "2020.tide-1.3",
                "s2": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
                "pmid": "77",
            },
            "urls": ["https://www.semanticscholar.org/paper/0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"],
            "submitted": "2020-05-03",
            "year": 2020,
            "citations": 4,
            "extra": {
                "externalIds": {
                    "DOI": "10.1234/A.1",
                    "ArXiv": "2003.01234",
                    "CorpusId": 55,
                    "PubMed": "77",
                    "ACL": "2020.tide-1.3",
                },
                "publicationTypes": ["JournalArticle"],
                "fieldsOfStudy": ["Tides"],
                "tldr": {"model": "x", "text": "Tides move."},
                "volume": "5",
                "pages": "1-9",
            },
        }
    ],
)
EXPORTS["datacite"] = (
    json.dumps(
        {
            "data": [
                {
                    "id": "10.1234/d.1",
                    "type": "dois",
                    "attributes": {
                        "doi": "10.1234/d.1",
                        "titles": [{"title": "Data of tides"}, {"title": "Sub", "titleType": "Subtitle"}],
                        "creators": [
                            {
                                "name": "Example, Ann",
                                "nameType": "Personal",
                                "givenName": "Ann",
                                "familyName": "Example",
                                "nameIdentifiers": [
                                    {
                                        "nameIdentifier": "https://orcid.org/0000-0002-1825-0097",
                                        "nameIdentifierScheme": "ORCID",
                                    }
                                ],
                                "affiliation": ["Univ T"],
                            },
                            {"name": "Tide Group", "nameType": "Organizational"},
                        ],
                        "publicationYear": 2020,
                        "publisher": "Zenodo",
                        "types": {"resourceTypeGeneral": "Dataset", "bibtex": "misc"},
                        "descriptions": [{"description": "Abs.", "descriptionType": "Abstract"}],
                        "subjects": [{"subject": "tides"}],
                        "dates": [{"date": "2020-05-03", "dateType": "Issued"}],
                        "url": "https://zenodo.org/record/1",
                        "rightsList": [
                            {"rights": "CC BY", "rightsUri": "https://creativecommons.org/licenses/by/4.0/"}
                        ],
                        "version": "v1",
                    },
                }
            ]
        }
    ),
    [
        {
            "title": "Data of tides: Sub",
            "abstract": "Abs.",
            "kind": "dataset",
            "licence": "https://creativecommons.org/licenses/by/4.0/",
            "authors": [
                {
                    "name": "Ann Example",
                    "given": "Ann",
                    "family": "Example",
                    "orcid": "0000-0002-1825-0097",
                    "affiliations": ["Univ T"],
                },
                {"name": "Tide Group", "is_group": True},
            ],
            "ids": {"doi": "10.1234/d.1"},
            "keywords": ["tides"],
            "urls": ["https://doi.org/10.1234/d.1", "https://zenodo.org/record/1"],
            "submitted": "2020-05-03",
            "year": 2020,
            "extra": {"publisher": "Zenodo", "type": "Dataset"},
        }
    ],
)
EXPORTS["dblp_json"] = (
    json.dumps(
        {
            "result": {
                "hits": {
                    "@total": "1",
                    "hit": [
                        {
                            "@score": "1",
                            "@id": "1",
                            "info": {
                                "authors": {
                                    "author": [
                                        {"@pid": "1", "text": "Ann Example 0001"},
                                        {"@pid": "2", "text": "Bo Case"},
                                    ]
                                },
                                "title": "Tides.",
                                "venue": "TIDE",
                                "year": "2019",
                                "type": "Conference and Workshop Papers",
                                "key": "conf/tide/1",
                                "doi": "10.1234/A.1",
                                "ee": "https://doi.org/10.1234/A.1",
                                "url": "https://dblp.org/rec/conf/tide/1",
                            },
                        }
                    ],
                }
            }
        }
    ),
    [
        {
            "title": "Tides.",
            "venue": "TIDE",
            "authors": [{"name": "Ann Example"}, {"name": "Bo Case"}],
            "ids": {"doi": "10.1234/a.1"},
            "urls": ["https://dblp.org/rec/conf/tide/1"],
            "year": 2019,
            "extra": {
                "type": "Conference and Workshop Papers",
                "key": "conf/tide/1",
                "ee": "https://doi.org/10.1234/A.1",
            },
        }
    ],
)
