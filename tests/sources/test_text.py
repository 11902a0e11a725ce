"""Stray characters, markup and dates in text from outside."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.text.clean import clean, decode, parse_date, plain_text, unescape_entities, year_of
from broadsheet.sources.text.dates import PublicationDate, read_date
from tests.sources.reading import fuzz


def test_text() -> None:
    assert clean(" a\x00b \n\tc\ud800\ufeff  d ") == "ab c\ufffd d"
    assert decode(b"caf\xc3") == "caf"  # cut inside a character
    assert decode("a\r\nb\rc".encode("utf-16")) == "a\nb\nc"
    assert parse_date("2026-03-01T23:59:00-05:00") == date(2026, 3, 1)
    assert parse_date("Tue, 03 Mar 2026 00:00:00 -0500") == date(2026, 3, 3)
    assert [parse_date(bad) for bad in ("2026-13-01", "soon", "", "1 Jan")] == [None] * 4
    assert [year_of(value) for value in (2019, "in 2019.", 2019.0, True, "12345", 99, None)] == [2019, 2019, 2019] + [
        None
    ] * 4


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("trans\u00adformers, super\u00ad\n  vised", "transformers, supervised"),
        ("river\u200bbeds at\u2060om \ufeffx", "riverbeds atom x"),
        ("a\u00a0b\u202fc\u2009d\u3000e", "a b c d e"),
        ("\u202eabc\u202c \u200ex\u200f \u2068y\u2069", "abc x y"),
        ("x\u200cy\u200dz", "xyz"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that spells the word
        ("क्\u200dष", "क्\u200dष"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
    ],
)
def test_invisible_characters_go(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>One</p><style>x{}</style>two &lt;b&gt; 1 < 2 <br/>x", "One two <b> 1 < 2 x"),
        ("Fish &amp; <i>Chips</i>: CO<sub>2</sub> at p &lt; 0.05", "Fish & Chips: CO2 at p < 0.05"),
        ("<p>First.</p><P>Second &quot;x&quot;.</P>", 'First. Second "x".'),
        ("<jats:title>Abstract</jats:title><jats:p>Text.</jats:p>", "Text."),
        ("<jats:title>Methods</jats:title><jats:p>Text.</jats:p>", "Methods Text."),
        ('<scp>LAB</scp> <span class="nocase">x</span> <a href="u?a=1">l</a>', "LAB x l"),
        ("<mml:math><mml:mi>x</mml:mi><mml:mo>&lt;</mml:mo><mml:mn>2</mml:mn></mml:math>", "x<2"),
        ("x<y and z>w", "x<y and z>w"),
        ("For n<m, a<b and c>d we show p<0.05 if n<i>m", "For n<m, a<b and c>d we show p<0.05 if n<i>m"),
        ("$a<b>c$, List<int> and vector<T>", "$a<b>c$, List<int> and vector<T>"),
        ("cut <i>here", "cut here"),
        ("A &amp;amp; B &amp;lt;i&amp;gt;x&amp;lt;/i&amp;gt;", "A & B x"),
        ("AT&T R&Region &copy=1 &unknown;", "AT&T R&Region &copy=1 &unknown;"),
        ("<![CDATA[x <b>y</b>]]><!-- no -->&nbsp;&#233;&#xE9;", "x y éé"),
        ("<script>alert(1)</script>a<tex-math>$a$</tex-math>", "a"),
        ("the <script> element", "the <script> element"),
        ("plain", "plain"),
    ],
)
def test_words_of_markup(text: str, words: str) -> None:
    assert plain_text(text) == words


def test_entities_alone() -> None:
    assert unescape_entities("M&uuml;ller &amp; S&oslash;n &x; <i>") == "Müller & Søn &x; <i>"


@pytest.mark.parametrize(
    ("text", "year", "day", "kept"),
    [
        ("2019", 2019, None, ""),
        ("[2019].", 2019, None, ""),
        ("2019-05", 2019, None, "2019-05"),
        ("2019/5", 2019, None, "2019-05"),
        ("2019-05-03T10:00:00Z", 2019, date(2019, 5, 3), ""),
        ("2018/05/14/", 2018, date(2018, 5, 14), ""),
        ("2018/05//", 2018, None, "2018-05"),
        ("2018///Spring", 2018, None, "Spring 2018"),
        ("May 2019", 2019, None, "2019-05"),
        ("May 3rd, 2019", 2019, date(2019, 5, 3), ""),
        ("3. May 2019", 2019, date(2019, 5, 3), ""),
        ("2019 Sep 12", 2019, date(2019, 9, 12), ""),
        ("2013 Jan-Feb", 2013, None, "2013 Jan-Feb"),
        ("Spring 2019", 2019, None, "Spring 2019"),
        ("Frühjahr 2019", 2019, None, "Frühjahr 2019"),
        ("2018-11/2019-02", 2018, None, "2018-11/2019-02"),
        ("1998-99", 1998, None, "1998-99"),
        ("c2019", 2019, None, "c2019"),
        ("2019-02-30", 2019, None, "2019-02-30"),
        ("in press", None, None, "in press"),
        ("n.d.", None, None, "n.d."),
        ("12345", None, None, "12345"),
        (" ", None, None, ""),
    ],
)
def test_dates(text: str, year: int | None, day: date | None, kept: str) -> None:
    assert read_date(text) == PublicationDate(year, day, kept)


@pytest.mark.parametrize(
    ("parts", "day", "kept"),
    [
        (("2019", "may", ""), None, "2019-05"),
        (("2019", "#sept#", ""), None, "2019-09"),
        (("2019", "5", "3"), date(2019, 5, 3), ""),
        (("2019", "May 3", ""), date(2019, 5, 3), ""),
        (("2019", "3 may", ""), date(2019, 5, 3), ""),
        (("2019", "jan/feb", ""), None, "jan/feb 2019"),
        (("2019", "Toukokuu", ""), None, "Toukokuu 2019"),
        (("2019", "jun", "31"), None, "31 jun 2019"),
        (("2019", "13", ""), None, "13 2019"),
        (("2019-04-02", "jan", ""), date(2019, 4, 2), ""),
    ],
)
def test_month_and_day_in_fields_of_their_own(parts: tuple[str, str, str], day: date | None, kept: str) -> None:
    assert read_date(*parts) == PublicationDate(2019, day, kept)


@fuzz
@given(st.text(max_size=60), st.text(max_size=10))
def test_no_text_crashes(text: str, other: str) -> None:
    clean(text).encode()
    plain_text(text).encode("utf-8", "surrogatepass")
    parse_date(text)
    read_date(text, other, other)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<script>", "<!--", "&lt", "&lt;", "<i>", "</i>", "<a b=c ", '<a b="', "<![CDATA[", " ", "2", "/"],
)
def test_long_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    plain_text(text)
    clean(text)
    read_date(text)
