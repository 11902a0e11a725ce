"""Reads JSON files of papers in any layout and from any program; the keys of each record decide its kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.json_shapes import paper_in, records_in
from broadsheet.sources.files.json_values import read_values
from broadsheet.sources.providers.daily_entry import daily_entry, is_daily
from broadsheet.sources.text.clean import decode, rejected

__all__ = ["JsonSource"]

_EXPECTED = "JSON objects, each with a `title`: one a line, in a list, or one alone"


class JsonSource:
    """Broadsheet's export, plain rows, CSL-JSON, arXiv's snapshot, answers of Crossref, OpenAlex and others, or a mix.

    The source of a record is `csl:<file>` for items of CSL-JSON, else `jsonl:<file>`.
    """

    name = "json"
    suffixes = (".json", ".jsonl", ".ndjson", ".csljson")

    def sniff(self, head: bytes) -> bool:
        """Whether the file starts with an object with a quoted key, or with a list of objects."""
        start = decode(head).lstrip("\ufeff\x1e \t\n")
        inside = start[1:].lstrip()[:1]
        return (start[:1] == "{" and inside in ('"', "}", "")) or (start[:1] == "[" and inside in ("{", "[", "]", ""))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order. Raises SourceError if no line near the start begins an object or a list."""
        for value in read_values(path, _EXPECTED):
            place = f"{path.name}:{value.line}"
            if value.error:
                yield rejected(f"jsonl:{path.name}", place, value.error, value.text)
                continue
            for record in records_in(value.value):
                yield _item(record, path.name, place, value.text)


def _item(record: Any, name: str, place: str, text: str) -> Item:
    try:
        if not isinstance(record, dict):
            raise RecordError(f"the record is not a JSON object but {type(record).__name__}")
        reception = None
        if is_daily(record):
            form = "jsonl"
            paper, source_id, reception = daily_entry(record)
        else:
            form, paper, source_id = paper_in(record)
    except RecordError as error:
        return rejected(f"jsonl:{name}", place, str(error), text)
    except (ValueError, RecursionError):
        return rejected(f"jsonl:{name}", place, "a number is too long, or the value is nested too deeply", text)
    return Record(paper, f"{form}:{name}", source_id, place, reception=reception)
