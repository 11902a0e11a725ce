"""Maps the columns of a table of papers, under the names that common exporters use, to fields."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["COLUMNS", "reading_order"]

# Field names and their synonyms, best first. Names are compared without regard to case, spaces and hyphens.
COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("paper_title", "document_title", "article_title"),
    "abstract": ("abstract_text", "abstract_note", "paper_abstract"),
    "summary": (),
    "authors": ("author", "author_names", "creators", "creator", "author_list", "authors_list"),
    "affiliations": (),
    "venue": (
        "journal", "journal_title", "journal_name", "publication_title", "source_title", "container_title",
        "booktitle", "conference", "proceeding", "journal_ref",
    ),
    "year": ("publication_year", "pub_year"),
    "date": ("publication_date", "published", "published_date", "pub_date", "issued"),
    "keywords": ("keyword", "author_keywords", "tasks"),
    "categories": ("category", "arxiv_categories"),
    "url": ("url_abs", "abs_url", "link", "paper_url"),
    "pdf": ("pdf_url", "url_pdf"),
    "doi": (),
    "arxiv": ("arxiv_id", "arxivid"),
    "openreview": ("openreview_id",),
    "acl": ("acl_id", "anthology_id"),
    "openalex": ("openalex_id",),
    "s2": ("s2_id",),
    "pmid": ("pubmed_id", "pubmed"),
    "citations": ("citation_count", "cited_by_count", "times_cited", "cited_by", "n_citation"),
    "kind": (),
    "submitted": (),
    "announced": (),
    "updated": (),
    "language": ("lang",),
    "licence": ("license",),
    "comments": (),
    "paper_id": (),
    "id": (),
}  # fmt: skip
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+")  # the row numbers of a pandas table, no field
_RANKED = {name: (field, rank) for field, others in COLUMNS.items() for rank, name in enumerate((field, *others))}


@lru_cache(maxsize=1024)
def reading_order(columns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(column, its field or ""); of several columns for one field the most reliable comes first.

    The row numbers of a pandas table are left out.
    """
    ranked = [(_RANKED.get(_folded(column), ("", 0)), column) for column in columns if not _INDEX.fullmatch(column)]
    return tuple((column, field) for (field, _), column in sorted(ranked, key=lambda pair: pair[0][1]))


def _folded(column: str) -> str:
    return column.strip().lower().replace(" ", "_").replace("-", "_")
