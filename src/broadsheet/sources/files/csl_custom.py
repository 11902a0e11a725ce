"""Reads `custom` of a CSL-JSON item: fields of a paper that the standard does not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper
from broadsheet.kit.paper_json import from_json
from broadsheet.sources.records.ids import clean_url, identifiers

__all__ = ["with_custom"]

_FIELDS = (
    "summary",
    "keywords",
    "categories",
    "announced",
    "updated",
    "version",
    "is_retracted",
    "licence",
    "citations",
    "kind",
)


def with_custom(paper: Paper, custom: Any) -> Paper:
    """The paper with the fields in `custom`, which are in the form of `paper_json`; other content goes to `extra`."""
    if not custom:
        return paper
    try:
        if not isinstance(custom, Mapping) or "title" in custom:
            raise RecordError("custom: another program's")
        custom_paper = from_json({**custom, "title": paper.title})
    except RecordError:
        return replace(paper, extra={**paper.extra, "custom": custom})
    other_ids = dict(custom_paper.ids.pairs())
    custom_ids = identifiers(arxiv=other_ids.pop("arxiv", ""), doi=other_ids.pop("doi", ""), other_ids=other_ids)
    ids = Identifiers(
        **{
            scheme.name: getattr(paper.ids, scheme.name) or getattr(custom_ids, scheme.name)
            for scheme in fields(custom_ids)
        }
    )
    same_people = [person.name for person in custom_paper.authors] == [person.name for person in paper.authors]
    values: dict[str, Any] = {name: value for name in _FIELDS if (value := getattr(custom_paper, name))}
    return replace(
        paper,
        authors=custom_paper.authors if same_people else paper.authors,
        ids=ids,
        urls=tuple(dict.fromkeys([*paper.urls, *filter(None, map(clean_url, custom_paper.urls))])),
        pdf_url=clean_url(custom_paper.pdf_url) or paper.pdf_url,
        extra={**custom_paper.extra, **paper.extra},
        **values,
    )
