"""Reads dates as people and programs write them: the day if there is one, and the text that says more."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from broadsheet.sources.text.clean import clean, parse_date, year_of

__all__ = ["MONTHS", "PublicationDate", "iso_day", "read_date"]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")  # as BibTeX names them


@dataclass(frozen=True, slots=True)
class PublicationDate:
    """A date of publication. `text` has what `year` and `day` do not say; readers store it as `extra["date"]`.

    `text` is `2019-05` for a month, else the original text: `in press`, `Spring 2019`, `2018-11/2019-02`.
    """

    year: int | None = None
    day: date | None = None
    text: str = ""


# Names of months in several languages, in lower case and without accents.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari janvier janv enero ene gennaio gen janeiro stycznia styczen ocak январь января",
            "feb february februar februari fevrier fevr febrero febbraio fevereiro lutego luty subat февраль февраля",
            "mar march marz maerz maart marts mars marzo marco marca marzec mart март марта",
            "apr april avril avr abril abr aprile kwietnia kwiecien nisan апрель апреля",
            "may mai mayo maggio mag maio mei maj maja mayis май маи мая",
            "jun june juni juin junio giugno giu junho czerwca czerwiec haziran июнь июня",
            "jul july juli juillet juil julio luglio lug julho lipca lipiec temmuz июль июля",
            "aug august augustus augusti aout agosto ago sierpnia sierpien agustos август августа",
            "sep sept september septembre septiembre settembre setembro set wrzesnia wrzesien eylul "
            "сентябрь сентября",
            "oct okt october oktober octobre octubre ottobre ott outubro out pazdziernika pazdziernik ekim "
            "октябрь октября",
            "nov november novembre noviembre novembro listopada listopad kasim ноябрь ноября",
            "dec dez des december dezember desember decembre diciembre dicembre dic dezembro grudnia grudzien aralik "
            "декабрь декабря",
        ), 1,
    )
    for name in names.split()
}  # fmt: skip
_NUMERIC = re.compile(r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?[-/.]*")
_COMPACT = re.compile(r"(?P<year>[12]\d{3})(?P<month>\d\d)(?P<day>\d\d)?")
_EASTERN = re.compile(r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?:(?P<day>\d{1,2})\s*[日일号號]?)?")
_YEAR_LAST = re.compile(r"(?:(?P<first>\d{1,2})(?P<sign>[./-]))?(?P<second>\d{1,2})[./-](?P<year>\d{4})")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+(?=\S+\s+\S+\s+\d{4}\Z)", re.IGNORECASE)
_WORD = r"(?:(?:de|of)\s+)?(?P<word>[^\W\d_]{3,14})\.?(?:\s+de)?"
_WORDED = re.compile(
    rf"(?:(?P<day1>\d{{1,2}})(?:st|nd|rd|th|er|º|°)?\.?[\s/-]*)?{_WORD}[\s,/-]*(?:(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+)?(?P<year1>\d{{4}})"
    rf"|(?P<year2>\d{{4}})[\s,/-]+{_WORD.replace('word', 'word2')}(?:[\s,/-]+(?P<day3>\d{{1,2}}))?"
)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]")


def read_date(text: str, month: str = "", day: str = "") -> PublicationDate:
    """Read the date in a text such as `2019`, `2019-05-03`, `2018/05//`, `May 3, 2019`, `Spring 2019` or `in press`.

    `month` (number or name) and `day` are separate fields of some formats; they are used if `text` is only a year. A
    month alone gives no day.
    """
    text = clean(text)
    bare = text.strip(" .,;/()[]{}")
    if not any(map(str.isalnum, bare)) and not clean(month):
        return PublicationDate()
    if match := _NUMERIC.fullmatch(bare) or _COMPACT.fullmatch(bare) or _EASTERN.fullmatch(bare):
        year = year_of(match["year"])
        if year and not match["month"]:
            return _with_month(year, clean(month), clean(day))
        if year and (result := _calendar(year, int(match["month"]), match["day"])):
            return result
    if (match := _YEAR_LAST.fullmatch(bare)) and (result := _year_last(match)):
        return result
    if (match := _WORDED.fullmatch(_WEEKDAY.sub("", bare))) and (number := _month(match["word"] or match["word2"])):
        year = year_of(match["year1"] or match["year2"])
        days = [part for part in (match["day1"], match["day2"], match["day3"]) if part]
        if year and len(days) <= 1 and (result := _calendar(year, number, days[0] if days else "")):
            return result
    if bare and (_TIME.match(bare) or "," in bare) and (exact := parse_date(bare)):
        return PublicationDate(exact.year if 1000 <= exact.year <= 2999 else None, exact)
    parts = [part for part in re.split(r"/+", bare) if part] if "//" in bare else [text]  # RIS: `2018///Spring`
    rest = " ".join([*parts[1:], parts[0]]) if len(parts) == 2 and len(parts[0]) == 4 else text
    return PublicationDate(year_of(rest), None, clean(f"{day} {month} {rest}"))


def iso_day(text: str) -> str:
    """The day in a text in the form `2019-05-03`; the text unchanged if it has no day."""
    publication = read_date(text)
    return publication.day.isoformat() if publication.day else text


def _month(name: str) -> int | None:
    """The number of a month by its name in a known language; None for any other word."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ı", "i"))
    return _MONTHS.get("".join(letter for letter in letters if not unicodedata.combining(letter)))


def _year_last(match: re.Match[str]) -> PublicationDate | None:
    """Read `05/2019`, `3.5.2019`, `13/05/2019` and `05/13/2019`; None for `03/05/2019`, which is ambiguous."""
    year, first, second = year_of(match["year"]), match["first"], match["second"]
    if not year or not first:
        return _calendar(year, int(second), None) if year else None
    day, month = (first, second) if match["sign"] == "." or int(first) > 12 else (second, first)
    is_sure = match["sign"] == "." or int(day) > 12 or int(day) == int(month)
    return _calendar(year, int(month), day) if is_sure else None


def _calendar(year: int, month: int, day: str | None) -> PublicationDate | None:
    """The date of a day or a month; None if there is no such day or month."""
    try:
        if day and int(day):
            return PublicationDate(year, date(year, month, int(day)))
        return PublicationDate(year, None, f"{year}-{month:02}") if 1 <= month <= 12 else None
    except ValueError:
        return None


def _with_month(year: int, month: str, day: str) -> PublicationDate:
    """The date of a year with the fields `month` and `day`; `month` may have the day too: `3 May`, `May 3`."""
    if not month:
        return PublicationDate(year, None, f"{day}. {year}" if day else "")
    bare = month.strip(" .,#{}")
    if bare.isdecimal():
        number = int(bare)
    else:
        words = [word.strip(".,") for word in re.split(r"[\s,/-]+", bare) if word]
        month_words = [word for word in words if _month(word)]
        days = [word.removesuffix("th") for word in words if word.removesuffix("th").isdecimal()]
        if len(month_words) != 1 or len(month_words) + len(days) != len(words) or len(days) > 1:
            return PublicationDate(year, None, clean(f"{day} {bare} {year}"))
        number, day = _month(month_words[0]) or 0, day or "".join(days)
    digits = day.strip(" .,")
    result = _calendar(year, number, digits) if not digits or digits.isdecimal() else None
    return result or PublicationDate(year, None, clean(f"{day} {bare} {year}"))
