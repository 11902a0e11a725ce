"""A paper's JSON form as a row of `papers`, and back. Pure.

"Data" in this room is the dict of `kit.paper_json.to_json`: only fields that are set, only plain JSON values.
Two papers are equal if and only if their data are.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, TypeAlias

__all__ = [
    "LONGEST_TITLE",
    "UNNAMED",
    "Data",
    "believable",
    "clean",
    "clean_text",
    "day_of",
    "dumps",
    "rest_of",
    "to_data",
    "to_row",
]

Data: TypeAlias = dict[str, Any]

LONGEST_TITLE = 16_000  # characters; the rest is no title and goes to `extra`
_LONGEST_REST = 1_000_000
_FIRST_YEAR = 1400
_YEARS_AHEAD = 3  # papers in press carry the year of a future issue
UNNAMED = "\x1f"  # first character of the id made for a record whose source gives none
_UNTITLED = "[untitled]"
_RANGES = {"year": (1, 9999), "version": (0, 2**31), "citations": (0, 2**53)}
_IN_COLUMNS = ("title", "abstract", "summary", "venue", "year")
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def rest_of(data: Data) -> str:
    """The JSON of the fields that have no column of their own."""
    return dumps({key: value for key, value in data.items() if key not in _IN_COLUMNS})


def to_row(paper_id: int, data: Data, added_at: str, rest: str | None = None) -> tuple[Any, ...]:
    """The row of `papers` for this data; `rest` is `rest_of(data)` where the caller has it."""
    return (
        paper_id,
        data["title"],
        data.get("abstract", ""),
        data.get("summary", ""),
        "\n".join([author["name"].replace("\n", " ") for author in data.get("authors", ())]),
        data.get("venue", ""),
        "\n".join([keyword.replace("\n", " ") for keyword in data.get("keywords", ())]),
        data.get("year", 0),
        day_of(data),
        added_at,
        rest if rest is not None else rest_of(data),
    )


def to_data(row: tuple[Any, ...]) -> Data:
    """The data of a row made by `to_row`."""
    data: Data = {"title": row[1]}
    for key, value in (("abstract", row[2]), ("summary", row[3]), ("venue", row[5]), ("year", row[7])):
        if value:
            data[key] = value
    data.update(json.loads(row[10]))
    return data


def day_of(data: Data) -> int:
    """The ordinal of `Paper.date`, 0 if it is not known."""
    day = data.get("announced") or data.get("submitted") or data.get("updated")
    if day:
        return date.fromisoformat(day).toordinal()
    year = data.get("year", 0)
    return date(year, 1, 1).toordinal() if year else 0


def believable(day: date, today: date) -> bool:
    """Whether a day is plausible for a paper: from the year 1400 on, and not years after `today`."""
    return day.year >= _FIRST_YEAR and day.year <= today.year + _YEARS_AHEAD


def clean(data: Data) -> tuple[Data, str]:
    """Make data that SQLite can store and `from_json` can read back; returns it with its `rest_of`.

    Removes NUL characters, lone surrogates and authors without a name; an empty title is replaced and a too long one
    cut; a number out of range moves to `extra` as text.
    """
    for key, (least, most) in _RANGES.items():
        value = data.get(key)
        if value is not None and not least <= value <= most:
            data = {name: item for name, item in data.items() if name != key}
            if value:
                data["extra"] = data.get("extra", {}) | {key: str(value)[:40]}
    if len(data["title"]) > LONGEST_TITLE:
        title = data["title"]
        data = data | {"title": title[: LONGEST_TITLE - 1] + "…"}
        data["extra"] = data.get("extra", {}) | {"title_rest": title[LONGEST_TITLE - 1 :][:_LONGEST_REST]}
    rest = rest_of(data)
    texts = (rest, data["title"], data.get("abstract", ""), data.get("summary", ""), data.get("venue", ""))
    if "\\u0000" in rest or any(text != clean_text(text) for text in texts):
        data = {key: value for key, value in _scrub(data).items() if value or key == "title"}
        rest = rest_of(data)
    authors = [author for author in data.get("authors", ()) if author["name"].strip()]
    if len(authors) < len(data.get("authors", ())):
        data = {key: value for key, value in data.items() if key != "authors"} | (
            {"authors": authors} if authors else {}
        )
        rest = rest_of(data)
    if not data["title"].strip():
        data = data | {"title": _UNTITLED}
    return data, rest


def clean_text(text: str) -> str:
    """The text without NUL characters and lone surrogates; the same object if there are none."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _scrub(part) for key, part in value.items()}
    return [_scrub(part) for part in value] if isinstance(value, list) else value
