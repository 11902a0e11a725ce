"""JSON as catalogues' interfaces answer, and the papers it is read as."""

from __future__ import annotations

import json
from typing import Any

EXPORTS: dict[str, tuple[str, list[dict[str, Any]]]] = {}

EXPORTS["crossref_api_list"] = (
    json.dumps(
        {
            "status": "ok",
            "message-type": "work-list",
            "message": {
                "total-results": 2,
                "items": [
                    {
                        "DOI": "10.1234/A.1",
                        "title": ["Tides &amp; stones"],
                        "subtitle": ["a study"],
                        "author": [
                            {
                                "given": "Ann",
                                "family": "Example",
                                "ORCID": "http://orcid.org/0000-0002-1825-0097",
                                "sequence": "first",
                                "affiliation": [{"name": "Univ T"}],
                            },
                            {"name": "Tide Group", "sequence": "additional"},
                        ],
                        "container-title": ["Tide Letters"],
                        "short-container-title": ["Tide Lett"],
                        "issued": {"date-parts": [[2020, 5]]},
                        "published-print": {"date-parts": [[2020, 5, 3]]},
                        "volume": "5",
                        "issue": "2",
                        "page": "1-9",
                        "type": "journal-article",
                        "ISSN": ["1234-5679"],
                        "URL": "https://doi.org/10.1234/a.1",
                        "abstract": "<jats:p>Abs.</jats:p>",
                        "is-referenced-by-count": 3,
                        "subject": ["Tides"],
                        "license": [{"URL": "https://creativecommons.org/licenses/by/4.0/"}],
                        "link": [{"URL": "https://x.org/a.pdf", "content-type": "application/pdf"}],
                    }
                ],
            },
        }
    ),
    [
        {
            "title": "Tides & stones: a study",
            "abstract": "Abs.",
            "venue": "Tide Letters",
            "kind": "article",
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
            "ids": {"doi": "10.1234/a.1"},
            "keywords": ["Tides"],
            "urls": ["https://doi.org/10.1234/a.1"],
            "year": 2020,
            "citations": 3,
            "extra": {
                "journal_abbreviation": "Tide Lett",
                "published-print": {"date-parts": [[2020, 5, 3]]},
                "volume": "5",
                "issue": "2",
                "pages": "1-9",
                "issn": "1234-5679",
                "license": [{"URL": "https://creativecommons.org/licenses/by/4.0/"}],
                "link": [{"URL": "https://x.org/a.pdf", "content-type": "application/pdf"}],
                "date": "2020-05",
            },
        }
    ],
)
EXPORTS["openalex"] = (
    json.dumps(
        {
            "meta": {"count": 1},
            "results": [
                {
                    "id": "https://openalex.org/W123",
                    "doi": "https://doi.org/10.1234/a.1",
                    "title": "Tides",
                    "display_name": "Tides",
                    "publication_year": 2020,
                    "publication_date": "2020-05-03",
                    "ids": {
                        "openalex": "https://openalex.org/W123",
                        "doi": "https://doi.org/10.1234/a.1",
                        "pmid": "https://pubmed.ncbi.nlm.nih.gov/77",
                        "mag": "5",
                    },
                    "language": "en",
                    "primary_location": {
                        "source": {"display_name": "Tide Letters", "issn_l": "1234-5679"},
                        "pdf_url": "https://x.org/a.pdf",
                        "landing_page_url": "https://x.org/a",
                        "license": "cc-by",
                    },
                    "type": "article",
                    "authorships": [
                        {
                            "author": {
                                "id": "https://openalex.org/A1",
                                "display_name": "Ann Example",
                                "orcid": "https://orcid.org/0000-0002-1825-0097",
                            },
                            "institutions": [{"display_name": "Univ T"}],
                            "raw_affiliation_strings": ["Univ T, Stone City"],
                        }
                    ],
                    "cited_by_count": 7,
                    "biblio": {"volume": "5", "issue": "2", "first_page": "1", "last_page": "9"},
                    "is_retracted": False,
                    "abstract_inverted_index": {"Tides": [0, 3], "and": [1], "more": [2]},
                    "concepts": [{"display_name": "Tide"}],
                    "keywords": [{"display_name": "Tidal"}],
                }
            ],
        }
    ),
    [
        {
            "title": "Tides",
            "abstract": "Tides and more Tides",
            "venue": "Tide Letters",
            "kind": "article",
            "pdf_url": "https://x.org/a.pdf",
            "licence": "cc-by",
            "language": "en",
            "authors": [{"name": "Ann Example", "orcid": "0000-0002-1825-0097", "affiliations": ["Univ T"]}],
            "ids": {"doi": "10.1234/a.1", "openalex": "W123", "pmid": "77"},
            "keywords": ["Tidal"],
            "urls": ["https://x.org/a"],
            "submitted": "2020-05-03",
            "year": 2020,
            "citations": 7,
            "extra": {
                "primary_location": {
                    "source": {"display_name": "Tide Letters", "issn_l": "1234-5679"},
                    "pdf_url": "https://x.org/a.pdf",
                    "landing_page_url": "https://x.org/a",
                    "license": "cc-by",
                },
                "concepts": [{"display_name": "Tide"}],
                "volume": "5",
                "issue": "2",
                "pages": "1-9",
                "issn": "1234-5679",
            },
        }
    ],
)
