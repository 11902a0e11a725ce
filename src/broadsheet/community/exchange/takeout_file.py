"""Reads an archive of a take-out, which may be damaged or hostile: all of it is checked before anything is done.

Nothing is unpacked to disk. What an entry's header says of its size is not believed.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.catalogue.takeout.checking import checked_row, is_known
from broadsheet.community.exchange.takeout import FORMAT, VERSION, keyed
from broadsheet.kit.errors import RecordError, UsageError
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import from_json

__all__ = ["Takeout", "read_takeout"]

_MOST_ENTRIES = 200
_MOST_ROWS = 3_000_000
_LARGEST = 1_000_000_000  # bytes, unpacked
_LONGEST_LINE = 4_000_000  # bytes
_LONGEST_NAME = 200  # characters
_ROWS = re.compile(r"rows/([a-z_]{1,60})\.jsonl")
_PLAIN = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")  # a path within the archive
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Takeout:
    """What an archive holds."""

    reader: str
    papers: Mapping[str, Paper]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    unknown: tuple[str, ...]  # tables that this Broadsheet does not have


def read_takeout(path: Path) -> Takeout:
    """Read and check an archive. Raises UsageError, which names the place, for one that cannot be taken in whole."""
    try:
        with zipfile.ZipFile(path) as file:
            _check(file)
            about = _about(file)
            papers = _papers(file)
            tables, unknown = {}, []
            for entry in file.infolist():
                if found := _ROWS.fullmatch(entry.filename):
                    if is_known(found[1]):
                        with closing(_objects(file, entry.filename)) as lines:
                            tables[found[1]] = [checked_row(found[1], place, value) for place, value in lines]
                    else:
                        unknown.append(found[1])
    except zipfile.BadZipFile as error:
        raise UsageError(f"{path.name}: is no whole ZIP file ({error}); download it again") from None
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UsageError(f"{path.name}: cannot be unpacked ({error}); download it again") from None
    return Takeout(str(about.get("reader", ""))[:_LONGEST_NAME], papers, tables, tuple(unknown))


def _check(file: zipfile.ZipFile) -> None:
    """Refuse what no archive of ours has. Raises UsageError."""
    entries = file.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > _MOST_ENTRIES or len(set(names)) < len(names):
        raise UsageError("this is no take-out: it has very many entries, or two of one name")
    for entry in entries:
        if (
            entry.filename.startswith(("/", "\\"))
            or ".." in re.split(r"[/\\]", entry.filename)
            or ":" in entry.filename
        ):
            raise UsageError(f"this is no take-out: its entry {entry.filename[:80]!r} leads out of it")
        if entry.flag_bits & 1 or entry.compress_type not in _PACKINGS:
            raise UsageError(f"{entry.filename[:80]}: is encrypted, or packed as no take-out is")
    if sum(entry.file_size for entry in entries) > _LARGEST:
        raise UsageError(f"this archive is larger than {_LARGEST // 1_000_000_000} GB when it is unpacked")


def _about(file: zipfile.ZipFile) -> Mapping[str, Any]:
    if "takeout.json" not in file.namelist():
        raise UsageError("this is no take-out of Broadsheet: it has no takeout.json")
    text = "".join(line for _, line in _lines(file, "takeout.json"))
    about = _parsed(text, "takeout.json")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise UsageError("takeout.json: is not that of a take-out of Broadsheet")
    version = about.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UsageError(f"takeout.json: has version {str(version)[:20]}, this Broadsheet reads {VERSION}; upgrade it")
    return about


def _papers(file: zipfile.ZipFile) -> dict[str, Paper]:
    papers = []
    if "papers.jsonl" in file.namelist():
        with closing(_objects(file, "papers.jsonl")) as lines:
            for place, value in lines:
                try:
                    papers.append(from_json(value))
                except RecordError as error:
                    raise UsageError(f"{place}: {error}") from None
    return dict(zip(keyed(papers), papers, strict=True))


def _lines(file: zipfile.ZipFile, name: str) -> Generator[tuple[str, str], None, None]:
    """(place, line) of an entry."""
    read = 0
    with file.open(name) as stream:
        for number in range(1, _MOST_ROWS + 2):
            line = stream.readline(_LONGEST_LINE + 1)
            if not line:
                return
            read += len(line)
            if len(line) > _LONGEST_LINE or read > _LARGEST or number > _MOST_ROWS:
                raise UsageError(f"{name}:{number}: is longer than anything a take-out has")
            try:
                yield f"{name}:{number}", line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise UsageError(f"{name}:{number}: is not UTF-8 ({error.reason})") from None


def _objects(file: zipfile.ZipFile, name: str) -> Generator[tuple[str, dict[str, Any]], None, None]:
    for place, line in _lines(file, name):
        if line.strip():
            value = _parsed(line, place)
            if not isinstance(value, dict):
                raise UsageError(f"{place}: is no JSON object")
            yield place, value


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{place}: is no JSON; the archive was changed or is damaged") from None
