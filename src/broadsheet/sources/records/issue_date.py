"""The date of publication from a record's year fields and date fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from broadsheet.sources.text.dates import PublicationDate, read_date

__all__ = ["issue_date"]

_COMPACT = re.compile(r"(?<!\d)\s*(\d{4})(\d\d)(\d\d)\s*(?!\d)")  # MEDLINE: 20130912
_TIMED = re.compile(r"\s*(\d{4}[-/]\d{1,2}[-/]\d{1,2})[T ]+\d{1,2}:\d{2}.*")  # MEDLINE: 2013/09/12 06:00
_PART_OF_YEAR = re.compile(
    r"\s*(?:\d{1,2}[ .-]+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spr|sum|fal|aut|win)[a-z]*\b",
    re.IGNORECASE,
)


def issue_date(years: Iterable[str], dates: Iterable[str]) -> tuple[int | None, date | None, list[str]]:
    """(year, day, texts that say more than these) from year fields and date fields, the most reliable first.

    A date without a year, `Sep 12`, gets the record's year. If both fields have a year, the year field decides.
    """
    from_years = [_read_text(text) for text in years if text]
    year = next((item.year for item in from_years if item.year), None)
    items = [*(_read_text(text, year) for text in dates if text), *from_years]
    year = year or next((item.year for item in items if item.year), None)
    day = next((item.day for item in items if item.day), None)
    month = day.isoformat()[:7] if day else ""
    return year, day, list(dict.fromkeys(item.text for item in items if item.text and item.text != month))


def _read_text(text: str, year: int | None = None) -> PublicationDate:
    text = _TIMED.sub(r"\1", _COMPACT.sub(r"\1-\2-\3", text))
    publication = read_date(text)
    if publication.year is None and year is not None and _PART_OF_YEAR.match(text):
        return read_date(f"{year} {text}")
    return publication
