"""The writers of all export formats: BibTeX, RIS, CSL-JSON, CSV and Broadsheet's JSON.

A writer takes papers one by one and yields text in parts, so that an export of any size streams. The table in
`records.fields` has the name of every field in each format; JSON and JSON lines hold all fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from broadsheet.kit.export_formats import ExportFormat
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import to_json
from broadsheet.sources.files.jabref import group_name, grouping
from broadsheet.sources.files.write_bibtex import write_bibtex
from broadsheet.sources.files.write_csl import write_csl
from broadsheet.sources.files.write_csv import write_csv
from broadsheet.sources.files.write_ris import write_ris
from broadsheet.sources.files.writing import citation_key

__all__ = [
    "WRITERS",
    "citation_key",
    "with_groups",
    "write_bibtex",
    "write_csl",
    "write_csv",
    "write_json",
    "write_jsonl",
    "write_ris",
]


def write_jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one JSON object a line with all fields of a paper; importing it gives the same paper."""
    for paper in papers:
        yield json.dumps(to_json(paper), ensure_ascii=False, allow_nan=False) + "\n"


def write_json(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one JSON list of the objects of `write_jsonl`."""
    between = "[\n"
    for line in write_jsonl(papers):
        yield between + line.rstrip("\n")
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def with_groups(papers: Iterable[tuple[int, Paper]], collections: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Yield (number, paper) as BibTeX, each with the collections it is in as JabRef's groups, and then their tree."""
    names: dict[int, list[str]] = {}
    for name, numbers in collections.items():
        for number in numbers:
            names.setdefault(number, []).append(name)
    used: set[str] = set()

    def grouped() -> Iterator[Paper]:
        for number, paper in papers:
            own = names.get(number, [])
            used.update(own)
            text = ", ".join(dict.fromkeys(map(group_name, own)))
            yield replace(paper, extra={**paper.extra, "groups": text}) if own else paper

    yield from write_bibtex(grouped())
    yield grouping(used)


WRITERS: Mapping[str, Callable[[Iterable[Paper]], Iterator[str]]] = MappingProxyType(
    {
        ExportFormat.BIBTEX: write_bibtex,
        ExportFormat.RIS: write_ris,
        ExportFormat.CSL: write_csl,
        ExportFormat.CSV: write_csv,
        ExportFormat.JSON: write_json,
        ExportFormat.JSONL: write_jsonl,
    }
)
