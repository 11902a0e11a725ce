"""Reads tagged formats: RIS, MEDLINE, EndNote's and Web of Science's. A line with a tag begins a field of a record.

Each format defines which lines begin a record and which begin a field. A line without a tag continues the field before
it; a record that cannot be read is rejected with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.text.clean import decode, read_bytes, rejected

__all__ = ["Grammar", "Lines", "Pair", "column_pairs", "gather", "read_tagged", "records_from"]

Pair = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one record."""

    number: int  # of the first one, in the file
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The rules of a tagged format: `split` a text into records, `pairs` of tag and lines in each, `read` a Record.

    `read` returns a record without source and place, which are added here; it raises RecordError without a title.
    """

    name: str
    expected: str
    split: Callable[[str], Iterable[Lines]]
    pairs: Callable[[list[str]], list[Pair]]
    read: Callable[[FieldSet], Record]


def read_tagged(path: Path, grammar: Grammar) -> Iterator[Item]:
    """Yield every record of the file in order. Raises SourceError if there is none."""
    source, has_records = f"{grammar.name}:{path.name}", False
    for lines in grammar.split(decode(read_bytes(path, grammar.expected)).lstrip("\ufeff")):
        has_records = True
        place = f"{path.name}:{lines.number}"
        try:
            record = grammar.read(FieldSet(grammar.pairs(lines.lines)))
            yield replace(record, source=source, place=place)
        except RecordError as error:
            yield rejected(source, place, str(error), "\n".join(lines.lines))
    if not has_records:
        raise SourceError(f"{path}: no record starts; expected {grammar.expected}")


def gather(lines: Iterable[str], tag_of: Callable[[str, str], tuple[str, str] | None]) -> list[Pair]:
    """(tag, lines of its value) of a record's lines. `tag_of(line, open tag)` returns (tag, value) of a tagged line."""
    pairs: list[Pair] = []
    for line in lines:
        pair = tag_of(line, pairs[-1][0] if pairs else "")
        if pair:
            pairs.append((pair[0], [pair[1]]))
        elif pairs:
            pairs[-1][1].append(line)
    return pairs


def records_from(
    lines: Sequence[str], starts: Callable[[int, bool], object], ends: Callable[[int], bool] = lambda _: False
) -> Iterator[Lines]:
    """Yield the lines of each record of a file; lines between records are dropped.

    `starts(index, is_open)` is whether a line is the first of a record, where `is_open` is whether the line before
    belongs to a record. `ends(index)` is whether a line ends the record; it is not one of its lines. Without such a
    line a record extends to the next.
    """
    start, record = 0, list[str]()
    for index, line in enumerate(lines):
        begins = starts(index, bool(record))
        if record and (begins or ends(index)):
            yield Lines(start, record)
            record = []
        if begins:
            start, record = index + 1, [line]
        elif record:
            record.append(line)
    if record:
        yield Lines(start, record)


def column_pairs(lines: list[str], tag: re.Pattern[str], known: frozenset[str]) -> list[Pair]:
    """The fields of a format in which tags begin lines and continuation lines are indented.

    In a record without any indented line only known tags count: its text may have lost the indent, and a line of text
    may begin with `IN VITRO`.
    """
    is_sure = any(line[0].isspace() for line in lines if line.strip())

    def tag_of(line: str, _: str) -> tuple[str, str] | None:
        match = tag.match(line)
        return (match[1], match[2] or "") if match and (is_sure or match[1] in known) else None

    return gather(lines, tag_of)
