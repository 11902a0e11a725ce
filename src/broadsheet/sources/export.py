"""Papers as files for other programs: BibTeX, RIS, CSL-JSON and our own JSON lines.

Every writer takes papers one by one and gives text piece by piece, so that an export of any size streams. A field has
one name in each format, by the table in `fields`; JSON lines keep everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from broadsheet.kit.export_formats import ExportFormat
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import to_json
from broadsheet.sources.files.write_bibtex import write_bibtex
from broadsheet.sources.files.write_csl import write_csl
from broadsheet.sources.files.write_ris import write_ris
from broadsheet.sources.files.writing import citation_key

__all__ = ["WRITERS", "citation_key", "write_bibtex", "write_csl", "write_jsonl", "write_ris"]


def write_jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    """One JSON object a line with everything we know of a paper; `add` takes it back unchanged."""
    for paper in papers:
        yield json.dumps(to_json(paper), ensure_ascii=False, allow_nan=False) + "\n"


WRITERS: Mapping[str, Callable[[Iterable[Paper]], Iterator[str]]] = MappingProxyType(
    {
        ExportFormat.BIBTEX: write_bibtex,
        ExportFormat.RIS: write_ris,
        ExportFormat.CSL: write_csl,
        ExportFormat.JSONL: write_jsonl,
    }
)
