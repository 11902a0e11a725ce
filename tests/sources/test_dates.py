"""Dates in every notation that records have them in: a day, a month, a year, or words that are kept."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.text.dates import MONTHS, PublicationDate, iso_day, read_date

DAY = date(2019, 5, 3)
ENGLISH = "January February March April May June July August September October November December".split()  # noqa: SIM905


@pytest.mark.parametrize(
    "text",
    [
        "2019-05-03",
        "2019/5/3",
        "2019.05.03",
        "20190503",
        "2019/05/03/",
        "3 May 2019",
        "03-May-2019",
        "MAY 3 2019",
        "May 3, 2019",
        "May 3rd, 2019",
        "3rd of May 2019",
        "2019 May 3",
        "2019, May 3",
        "Friday, May 3, 2019",
        "Fri, 3 May 2019",
        "Fri, 03 May 2019 10:11:12 GMT",
        "2019-05-03T10:11:12Z",
        "2019-05-03 10:11:12",
        "2019-05-03T10:11:12.123+02:00",
        "2019-05-03 (online)",
        "3. Mai 2019",
        "3 mai 2019",
        "3 de mayo de 2019",
        "3 de maio de 2019",
        "3 maggio 2019",
        "3 mei 2019",
        "3 maja 2019",
        "3 maj 2019",
        "3 Mayıs 2019",
        "3 мая 2019",
        "2019年5月3日",
        "2019 年 5 月 3 号",
        "2019년 5월 3일",
        "3.5.2019",
        "03.05.2019",
        "[2019-05-03]",
        "２０１９-05-03",
    ],
)
def test_one_day_in_every_notation(text: str) -> None:
    assert read_date(text) == PublicationDate(2019, DAY)
    assert iso_day(text) == "2019-05-03"


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2019-05", 5),
        ("2019-5", 5),
        ("201905", 5),
        ("05/2019", 5),
        ("5.2019", 5),
        ("05-2019", 5),
        ("2019-05-00", 5),
        ("2019 May", 5),
        ("Sept. 2019", 9),
        ("März 2019", 3),
        ("Maerz 2019", 3),
        ("Dez. 2019", 12),
        ("Okt 2019", 10),
        ("août 2019", 8),
        ("aout 2019", 8),
        ("févr. 2019", 2),
        ("fevrier 2019", 2),
        ("ottobre 2019", 10),
        ("gennaio 2019", 1),
        ("março 2019", 3),
        ("diciembre de 2019", 12),
        ("augustus 2019", 8),
        ("grudzień 2019", 12),
        ("października 2019", 10),
        ("Ağustos 2019", 8),
        ("Kasım 2019", 11),
        ("сентябрь 2019", 9),
        ("декабря 2019", 12),
        ("2019年12月", 12),
        ("2019년 1월", 1),
    ],
)
def test_a_month_names_no_day(text: str, month: int) -> None:
    assert read_date(text) == PublicationDate(2019, None, f"2019-{month:02}")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13/05/2019", date(2019, 5, 13)),  # no month has this number
        ("05/13/2019", date(2019, 5, 13)),
        ("31-01-2019", date(2019, 1, 31)),
        ("07/07/2019", date(2019, 7, 7)),  # the same either way
        ("12.11.2019", date(2019, 11, 12)),  # with dots the day comes first
        ("29 Feb 2020", date(2020, 2, 29)),
        ("1er mai 2019", date(2019, 5, 1)),
        ("1º de enero de 2019", date(2019, 1, 1)),
    ],
)
def test_days_that_only_one_order_makes(text: str, day: date) -> None:
    assert read_date(text) == PublicationDate(day.year, day)


@pytest.mark.parametrize(
    "text",
    [
        "03/05/2019",  # the third of May or the fifth of March
        "1-2-2019",
        "2019-13-01",
        "2019-02-30",
        "31.02.2019",
        "32/05/2019",
        "31 April 2019",
        "29 Feb 2019",
        "13/2019",
        "2019年13月1日",
        "May-June 2019",
        "3-6 May 2019",
        "May 3-6, 2019",
        "2019 May-Jun",
        "2019-05-03/2019-05-06",
        "Spring 2019",
        "Q1 2019",
        "2019-W20",
        "2019-21",
        "c2019",
        "ca. 2019",
        "2019?",
        "2019a",
        "2019-2020",
        "2019/20",
        "2019--2020",
        "2019–2020",
        "forthcoming 2019",
        "Blursday 2019",
    ],
)
def test_what_names_no_day_or_month_is_kept_beside_its_year(text: str) -> None:
    assert read_date(text) == PublicationDate(2019, None, text)


@pytest.mark.parametrize(
    "text", ["in press", "n.d.", "to appear", "MMXIX", "1556878272", "12345", "0000", "9999", "-1"]
)
def test_words_and_numbers_that_are_no_year_are_kept(text: str) -> None:
    assert read_date(text) == PublicationDate(None, None, text)
    assert iso_day(text) == text


@pytest.mark.parametrize("text", ["", " ", ".", "()", "--", "[ ]"])
def test_no_date_at_all(text: str) -> None:
    assert read_date(text) == PublicationDate()


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        ("may", "3", PublicationDate(2019, DAY)),
        ("5", "3", PublicationDate(2019, DAY)),
        ("05", "03", PublicationDate(2019, DAY)),
        ("#may#", "3", PublicationDate(2019, DAY)),
        ("3 May", "", PublicationDate(2019, DAY)),
        ("May 3", "", PublicationDate(2019, DAY)),
        ("May 3th", "", PublicationDate(2019, DAY)),
        ("Mai", "3.", PublicationDate(2019, DAY)),
        ("мая", "3", PublicationDate(2019, DAY)),
        ("may", "", PublicationDate(2019, None, "2019-05")),
        ("Aout", "", PublicationDate(2019, None, "2019-08")),
        ("", "3", PublicationDate(2019, None, "3. 2019")),
        ("", "", PublicationDate(2019)),
        ("13", "", PublicationDate(2019, None, "13 2019")),
        ("feb", "30", PublicationDate(2019, None, "30 feb 2019")),
        ("feb", "last", PublicationDate(2019, None, "last feb 2019")),
        ("may/jun", "", PublicationDate(2019, None, "may/jun 2019")),
        ("May 3-6", "", PublicationDate(2019, None, "May 3-6 2019")),
        ("Spring", "", PublicationDate(2019, None, "Spring 2019")),
    ],
)
def test_month_and_day_in_fields_of_their_own(month: str, day: str, expected: PublicationDate) -> None:
    assert read_date("2019", month, day) == expected


def test_a_month_without_a_year_is_kept() -> None:
    assert read_date("", "may", "3") == PublicationDate(None, None, "3 may")


def test_months_as_bibtex_names_them_are_twelve_in_order() -> None:
    assert [read_date("2019", name).text for name in MONTHS] == [f"2019-{number:02}" for number in range(1, 13)]


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_every_day_is_read_in_every_order(day: date) -> None:
    name = ENGLISH[day.month - 1]
    iso = day.isoformat()
    notations = (
        iso,
        iso.replace("-", "/"),
        iso.replace("-", ""),
        f"{day.day} {name} {day.year}",
        f"{name} {day.day}, {day.year}",
        f"{day.year} {name[:3]} {day.day}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    )
    assert {read_date(text) for text in notations} == {PublicationDate(day.year, day)}
    assert read_date(str(day.year), name, str(day.day)) == PublicationDate(day.year, day)


@given(st.text(alphabet="0123456789-/. MayоктJun年月日thof,", max_size=24))
def test_what_is_read_agrees_with_itself(text: str) -> None:
    dated = read_date(text)
    if dated.day:
        assert (dated.year, dated.text) == (dated.day.year, "")
    elif dated.year:
        assert 1000 <= dated.year <= 2999
    else:
        assert not (dated.text == "" and text.strip(" .,;/()[]{}-").isalnum())
