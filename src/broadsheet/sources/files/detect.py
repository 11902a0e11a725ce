"""Finds the reader for a file, by its name and its first bytes, and opens it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from broadsheet.kit.errors import SourceError
from broadsheet.sources.contract import FileSource, Item
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.files.daily_papers import ListingSource
from broadsheet.sources.files.endnote import EndnoteSource
from broadsheet.sources.files.endnote_xml import EndnoteXmlSource
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.files.medline import MedlineSource
from broadsheet.sources.files.parquet import ParquetSource
from broadsheet.sources.files.ris import RisSource
from broadsheet.sources.files.wos import WosSource
from broadsheet.sources.providers.feeds import FeedSource

__all__ = ["FILE_SOURCES", "find_source", "read_file", "reading_list", "sniff"]

# In the order in which they are asked whether a file is theirs: the surest signs first.
FILE_SOURCES: tuple[FileSource, ...] = (
    ParquetSource(),
    JsonSource(),
    FeedSource(),
    EndnoteXmlSource(),
    ListingSource(),
    RisSource(),
    MedlineSource(),
    WosSource(),
    EndnoteSource(),
    BibtexSource(),
)
_HEAD = 8192  # bytes looked at
_ANY_FORMAT = frozenset({".txt", ".xml"})  # endings that say nothing of the format: the content must
_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def find_source(path: Path) -> FileSource:
    """The source that reads this file: one that knows its first bytes, of those first one that knows its suffix.

    Where no source knows the bytes, a suffix that stands for one format decides, and its reader says what is wrong.
    Raises SourceError if the file cannot be opened, is empty, or is of no format we read.
    """
    if path.name.encode("utf-8", "replace").decode() != path.name:
        raise SourceError(f"{path}: its name is not UTF-8 and could not be noted down; rename it first")
    try:
        if path.exists() and not path.is_dir() and not path.is_file():  # a pipe would be emptied by this look
            raise SourceError(f"{path}: is no regular file; to read from a pipe: `broadsheet add - < {path}`")
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    if not head.strip():
        raise SourceError(f"{path}: is empty")
    for magic, format_name in _ARCHIVES.items():
        if head.startswith(magic):
            raise SourceError(f"{path}: is packed ({format_name}); unpack it first")
    suffix = path.suffix.lower()
    by_suffix = [source for source in FILE_SOURCES if suffix in source.suffixes]
    by_content = [source for source in FILE_SOURCES if source.sniff(head)]
    for source in [
        *(s for s in by_suffix if s in by_content),
        *by_content,
        *([] if suffix in _ANY_FORMAT else by_suffix),
    ]:
        return source
    formats = ", ".join(f"{source.name} ({' '.join(source.suffixes)})" for source in FILE_SOURCES)
    raise SourceError(f"{path}: is of no format we read; these are: {formats}")


def sniff(content: bytes) -> FileSource | None:
    """The source that knows content by its first bytes, whatever it is called; None if none does."""
    return next((source for source in FILE_SOURCES if source.sniff(content[:_HEAD])), None)


def read_file(path: Path) -> Iterator[Item]:
    """Every item of a file of any format we read; see FileSource.read. Raises SourceError if it cannot be opened."""
    return find_source(path).read(path)


def reading_list() -> Path:
    """The bundled reading list: JSON lines, the facts of 269 papers and a few words of ours about each."""
    return Path(str(files("broadsheet.sources") / "reading_list.jsonl"))
