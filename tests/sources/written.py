"""Papers written in a format of ours and read again: all but CSV, which is for spreadsheets and has no reader."""

from __future__ import annotations

from broadsheet.kit.paper import Paper
from broadsheet.sources.contract import FileSource
from broadsheet.sources.export import WRITERS
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.files.ris import RisSource
from tests.sources.reading import papers, read

READERS: dict[str, FileSource] = {
    "bibtex": BibtexSource(),
    "ris": RisSource(),
    "csl": JsonSource(),
    "json": JsonSource(),
    "jsonl": JsonSource(),
}


def round_trip(name: str, *originals: Paper) -> list[Paper]:
    return papers(read(READERS[name], "".join(WRITERS[name](originals))))
