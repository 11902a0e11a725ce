"""Reads the JSON values of a file in any layout: one a line, a list, a sequence, pretty-printed or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.kit.errors import SourceError
from broadsheet.sources.text.clean import decode, read_bytes, wide_encoding

__all__ = ["JsonValue", "read_values"]

_HEAD = 65536  # bytes in which the first object must begin
_MAX_LINE = 8 * 2**20  # bytes; a paper with 5,000 authors and their addresses is about 1 MiB
_MOST_DAMAGED = 1_000  # records of one list; a file with more is not JSON
_GAP = re.compile(r"[\s,\x1e\ufeff\[\]]*")  # separators of values in a list, in lines, in a text sequence
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}]')
_DECODER = json.JSONDecoder(strict=False)  # accepts line breaks inside a string


class JsonValue(NamedTuple):
    """A value with the number of its first line and its text, or the reason why it cannot be read."""

    line: int
    text: str
    value: Any = None
    error: str = ""


def read_values(path: Path, expected: str) -> Iterator[JsonValue]:
    """Yield every value, those of a list one by one; reading continues after a damaged value if its end is found.

    If every line holds one value, only one line is in memory. Raises SourceError if the file cannot be read or no line
    near its start begins a value.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error
    lines = [line for line in decode(head).split("\n") if line.strip("\ufeff\x1e \t\r")]
    if not any(line.lstrip("\ufeff\x1e \t").startswith(("{", "[")) for line in lines):
        raise SourceError(f"{path}: {'holds no JSON object' if lines else 'is empty'}; expected {expected}")
    if _is_one_a_line(lines, len(head) == _HEAD):
        yield from _read_lines(path, wide_encoding(head), expected)
    else:
        yield from _values(decode(read_bytes(path, expected)), 1)


def _is_one_a_line(lines: list[str], is_cut: bool) -> bool:
    """Whether every line holds one object, rather than all lines together one object or list."""
    first = lines[0].strip("\ufeff\x1e \t")
    if first.startswith("[") or first.endswith(("{", "[")):
        return False
    return (is_cut and len(lines) == 1) or any(_is_object(line) for line in lines[: len(lines) - is_cut])


def _is_object(line: str) -> bool:
    try:
        line = line.strip("\ufeff\x1e\r")
        return line.startswith("{") and isinstance(_DECODER.decode(line.rstrip(", ")), dict) and line.strip() != "{}"
    except (ValueError, RecursionError):
        return False


def _read_lines(path: Path, encoding: str, expected: str) -> Iterator[JsonValue]:
    """Yield the values of every line; a line longer than _MAX_LINE is an error, with the start of its text."""
    try:
        with open(path, encoding=encoding or "latin-1", errors="replace", newline="\n") as file:
            number = 0
            while line := file.readline(_MAX_LINE):
                number += 1
                is_whole = len(line) < _MAX_LINE or line.endswith("\n")
                text = line if encoding else decode(line.encode("latin-1"))
                if is_whole:
                    yield from _values(text.strip("\n"), number, "" if text.endswith("\n") else _CUT)
                else:
                    yield JsonValue(number, text[:_HEAD], error=f"the line is longer than {_MAX_LINE // 2**20} MiB")
                while not is_whole and (rest := file.readline(_MAX_LINE)):
                    is_whole = rest.endswith("\n")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error


_CUT = "; the file ends inside this record"


def _values(text: str, line: int, at_end: str = _CUT) -> Iterator[JsonValue]:
    """Yield the values of a text that begins on line `line` of the file."""
    position, counted_to, open_lists, damaged_count = 0, 0, 0, 0
    while True:
        start = _end_of_gap(text, position)
        gap = text[position:start]
        open_lists += gap.count("[") - gap.count("]")
        line, counted_to = line + text.count("\n", counted_to, start), start
        if start >= len(text):
            if open_lists > 0:
                yield JsonValue(line, text[-200:], error="the list has no end: the file is cut short")
            return
        try:
            value, position = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            position = _end_of_object(text, start)
            column = error.pos - text.rfind("\n", 0, error.pos)
            reason = f"not valid JSON at character {column}: {error.msg}"
            yield JsonValue(line, text[start : position or len(text)], error=f"{reason}{'' if position else at_end}")
            damaged_count += 1
            if damaged_count == _MOST_DAMAGED and position:
                yield JsonValue(line, "", error=f"{_MOST_DAMAGED:,} damaged records in one list; the rest is not read")
            if damaged_count == _MOST_DAMAGED or not position:
                return
        except (ValueError, RecursionError):
            yield JsonValue(line, text[start:], error="a number is too long, or the value is nested too deeply")
            return
        else:
            yield JsonValue(line, text[start:position], value)


def _end_of_gap(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position


def _end_of_object(text: str, start: int) -> int:
    """The position after the closing brace of the object at `start`; 0 if it is not closed or is not an object."""
    depth = 0
    for token in _TOKEN.finditer(text, start) if text.startswith("{", start) else ():
        depth += (token[0] == "{") - (token[0] == "}")
        if not depth and token[0] == "}":
            return token.end()
    return 0
