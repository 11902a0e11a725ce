"""Recognises the kind of record in a JSON object by its keys, and makes its paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Record
from broadsheet.kit.paper_json import from_json
from broadsheet.sources.contract import Item
from broadsheet.sources.files.arxiv_snapshot import is_snapshot, snapshot_paper
from broadsheet.sources.files.columns import reading_order
from broadsheet.sources.files.csl import csl_paper, is_csl
from broadsheet.sources.files.tabular import paper_of, plain, text_of
from broadsheet.sources.files.works import row_of_work
from broadsheet.sources.providers.crossref_datacite import datacite_work
from broadsheet.sources.providers.daily_entry import is_daily
from broadsheet.sources.records.ids import clean_url, identifiers
from broadsheet.sources.text.clean import rejected, sketch

__all__ = ["item_in", "paper_in", "records_in"]

_OURS = frozenset({"ids", "extra", "urls", "version", "is_retracted"})  # keys of Broadsheet's own export
_DEEPEST = 4  # levels of nesting around the records
_WRAPPERS = ("message", "data", "items", "results", "papers", "works", "hits")  # searched first


def records_in(value: Any, depth: int = 0) -> list[Any]:
    """The records in one JSON value: the value itself, or the records inside an API's answer."""
    if not isinstance(value, dict) or is_daily(value) or _has_title(value) or depth > _DEEPEST:
        return [value]
    if _is_table(value):
        return [record for inner in value.values() for record in records_in(inner, depth + 1)]
    keys = [*(key for key in _WRAPPERS if key in value), *(key for key in value if key not in _WRAPPERS)]
    for key in keys:
        inner = value[key]
        parts = inner if isinstance(inner, list) else [inner]
        if any(isinstance(part, dict) for part in parts):
            records = [record for part in parts for record in records_in(part, depth + 1)]
            if any(isinstance(record, dict) and _has_title(record) for record in records):
                return records
    return [value]


def _is_table(value: Mapping[str, Any]) -> bool:
    """Whether every value is a record: `{"2101.00001": {"title": …}, …}`."""
    return len(value) > 1 and all(isinstance(inner, dict) and _has_title(inner) for inner in value.values())


def _has_title(value: Mapping[str, Any]) -> bool:
    if isinstance(value.get("titles"), list) or (isinstance(value.get("display_name"), str) and "authorships" in value):
        return True
    return any(field == "title" and value[column] for column, field in reading_order(tuple(value)))


def paper_in(record: dict[str, Any]) -> tuple[str, Paper, str]:
    """(format, paper, its id in the source); the format is `csl`, or `jsonl` for all others.

    Raises RecordError if the object does not describe a paper.
    """
    if is_snapshot(record):
        return ("jsonl", *snapshot_paper(record))
    if (row := row_of_work(record)) is not None:
        paper, source_id = paper_of(row)
        return "jsonl", replace(paper, is_retracted=record.get("is_retracted") is True), source_id
    if isinstance(record.get("titles"), list) and "creators" in record:
        doi = text_of(record.get("doi"))
        return "jsonl", datacite_work(record, doi), doi
    if "title" in record and is_csl(record):
        return "csl", csl_paper(record), text_of(record.get("id"))
    return ("jsonl", *(_exported_paper(record) if _OURS & record.keys() else paper_of(record)))


def item_in(value: Any, source: str, place: str) -> Item:
    """The record of a value in an answer of `source`; rejected where it describes no paper."""
    try:
        if not isinstance(value, dict):
            raise RecordError(f"not an object but {type(value).__name__}")
        _, paper, source_id = paper_in(value)
    except (RecordError, RecursionError, ValueError) as error:
        return rejected(source, place, str(error) or "nested too deeply", sketch(value))
    return Record(paper, source, source_id, place)


def _exported_paper(row: dict[str, Any]) -> tuple[Paper, str]:
    """A record of Broadsheet's own export. It may have been edited, so identifiers and addresses are checked again."""
    row = plain(row, -1)
    source_id = [str(row.pop(key, "")) for key in ("paper_id", "id")]
    paper = from_json(row)
    other_ids = dict(paper.ids.pairs())
    arxiv, doi = other_ids.pop("arxiv", ""), other_ids.pop("doi", "")
    urls = tuple([url for text in paper.urls if (url := clean_url(text))])
    paper = replace(
        paper,
        ids=identifiers(arxiv=arxiv, doi=doi, other_ids=other_ids),
        urls=urls,
        pdf_url=clean_url(paper.pdf_url),
    )
    return paper, source_id[0] or source_id[1]
