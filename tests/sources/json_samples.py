"""Invented records as interfaces answer and programs export them, and the one record of a file."""

from __future__ import annotations

import json
from typing import Any

from broadsheet.kit.paper import Record
from broadsheet.sources.files.json_source import JsonSource
from tests.sources.reading import read

CSL = {
    "type": "article-journal", "id": "x", "title": "One item", "author": [{"family": "Other", "given": "Ann"}],
    "issued": {"date-parts": [[2021, 5, 3]]}, "DOI": "10.1234/Single.1", "container-title": "Rivers",
}  # fmt: skip


ROW = {"title": "A plain row", "authors": ["Ann Other"], "year": 2021, "venue": "ICR", "arxiv_id": "2101.01234"}


CROSSREF = {
    "DOI": "10.1234/work", "type": "journal-article", "title": ["A work"], "subtitle": ["And more"],
    "author": [{"given": "Ann", "family": "Other", "ORCID": "http://orcid.org/0000-0001-2345-6789",
                "affiliation": [{"name": "Uni"}]},
               {"name": "The River Consortium", "sequence": "additional"}],
    "issued": {"date-parts": [[2020, 7]]}, "container-title": ["Rivers"], "volume": "5", "page": "1-9",
    "ISSN": ["0001-0001"],
    "editor": [{"given": "Ed", "family": "Itor"}], "publisher": "River Press", "is-referenced-by-count": 3,
}  # fmt: skip


OPENALEX = {
    "id": "https://openalex.org/W77", "doi": "https://doi.org/10.1234/alex", "display_name": "Found by Alex",
    "publication_year": 2019, "publication_date": "2019-02-03", "type": "article", "cited_by_count": 4,
    "authorships": [{"author": {"display_name": "Ann Other", "orcid": "https://orcid.org/0000-0001-2345-6789"},
                     "institutions": [{"display_name": "Uni of X"}]}],
    "primary_location": {"landing_page_url": "https://a.example/1",
                         "source": {"display_name": "Rivers", "issn": ["0001-0001"]}},
    "biblio": {"volume": "5", "first_page": "1", "last_page": "9"},
    "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/88"},
    "abstract_inverted_index": {"flow.": [1, 3], "Rivers": [0], "Stones": [2]}, "is_retracted": True,
}  # fmt: skip


SCHOLAR = {
    "paperId": "a" * 40, "externalIds": {"ArXiv": "2101.01234", "DOI": "10.1234/s2", "PubMed": "88"},
    "title": "Found by S2",
    "authors": [{"authorId": "1", "name": "Ann Other"}], "year": 2021, "venue": "ICR", "citationCount": 4,
    "publicationTypes": ["Conference"], "openAccessPdf": {"url": "https://a.example/1.pdf"},
    "journal": {"pages": "1-9"},
    "tldr": {"text": "Searches rivers."},
}  # fmt: skip


def one(data: object, name: str = "x.json", **layout: Any) -> Record:
    (item,) = read(JsonSource(), data if isinstance(data, str) else json.dumps(data, **layout), name)
    assert isinstance(item, Record), item
    return item
