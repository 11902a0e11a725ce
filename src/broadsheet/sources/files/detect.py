"""Chooses the reader for a file by its name and its first bytes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from broadsheet.kit.errors import SourceError
from broadsheet.sources.contract import FileSource, Item
from broadsheet.sources.files.arxiv_listing import ArxivListingSource
from broadsheet.sources.files.arxiv_mail import ArxivMailSource
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

# In the order in which they are tried, the most certain first.
FILE_SOURCES: tuple[FileSource, ...] = (
    ParquetSource(),
    JsonSource(),
    FeedSource(),
    EndnoteXmlSource(),
    ListingSource(),
    ArxivMailSource(),
    ArxivListingSource(),
    RisSource(),
    MedlineSource(),
    WosSource(),
    EndnoteSource(),
    BibtexSource(),
)
_HEAD = 8192  # bytes that decide
_ANY_FORMAT = frozenset({".txt", ".xml", ".html", ".htm", ".eml"})  # suffixes of several formats: the content decides
_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def find_source(path: Path) -> FileSource:
    """The source that reads this file: one that recognises its first bytes, preferably with its suffix.

    If no source recognises the bytes, a suffix of one format decides, and its reader reports what is wrong.
    Raises SourceError if the file cannot be opened, is empty, or has an unknown format.
    """
    if path.name.encode("utf-8", "replace").decode() != path.name:
        raise SourceError(f"{path}: its name is not UTF-8 and cannot be stored; rename it first")
    try:
        if path.exists() and not path.is_dir() and not path.is_file():  # reading its first bytes would empty a pipe
            raise SourceError(f"{path}: is not a regular file; to read from a pipe: `broadsheet add - < {path}`")
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
    raise SourceError(f"{path}: the format is not known; known formats: {formats}, identifiers (one a line)")


def sniff(content: bytes) -> FileSource | None:
    """The source that recognises content by its first bytes; None if none does."""
    return next((source for source in FILE_SOURCES if source.sniff(content[:_HEAD])), None)


def read_file(path: Path) -> Iterator[Item]:
    """Yield every item of a file in any known format; see FileSource.read. Raises SourceError for any other file."""
    return find_source(path).read(path)


def reading_list() -> Path:
    """The path of the bundled reading list: JSON lines, 269 papers with a short note on each."""
    return Path(str(files("broadsheet.sources") / "reading_list.jsonl"))
