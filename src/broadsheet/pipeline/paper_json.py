"""A paper of the library as JSON: one shape for the command line, the API and Python.

It is the exported record (`kit.paper_json`) with every field, even if empty, and the library's own: `id`, `added_at`,
sources. A field that had different names on the command line and in the API has both.
"""

from __future__ import annotations

from typing import Any

from broadsheet.kit.paper_json import to_full_json
from broadsheet.kit.web_address import web_url
from broadsheet.pipeline.records import Stored

__all__ = ["library_json"]


def library_json(stored: Stored) -> dict[str, Any]:
    """The paper as plain JSON values; addresses are http or https."""
    paper = stored.paper
    day = paper.date
    return {
        **to_full_json(paper),
        "id": stored.id,
        "added_at": stored.added_at.isoformat().replace("+00:00", "Z"),
        "author_names": [person.name for person in paper.authors],
        "date": day.isoformat() if day else None,
        "identifiers": dict(paper.ids.pairs()),
        "urls": list(filter(None, map(web_url, paper.urls))),
        "pdf_url": web_url(paper.pdf_url),
        "sources": [{"source": source, "id": text} for source, text in stored.source_ids],
        "source_ids": [[source, text] for source, text in stored.source_ids],
    }
