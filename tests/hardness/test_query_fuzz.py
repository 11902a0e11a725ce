"""Any text is a query: nothing crashes the parser or a search, every answer comes soon and can be shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import broadsheet
from broadsheet.kit.text import fold
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query_fields import FIELDS
from tests.hardness.made import here

# What the language is made of, what other languages are made of, and what no language is made of.
PIECES = st.one_of(
    st.sampled_from(
        [
            "OR",
            "AND",
            "NOT",
            "or",
            "-",
            "--",
            "-kelp",
            '"',
            '""',
            '"kelp forests"',
            "“kelp”",
            "kelp",
            "report",
            "the of",
        ]
    ),
    st.sampled_from([f"{field}:" for field in FIELDS]),
    st.sampled_from(["like:1", "-like:2", "like:", 'like:"', "like:nobody", "but", "but not", "BUT without", ","]),
    st.builds("like:{}".format, st.text(max_size=12)),
    st.builds("{}:{}".format, st.sampled_from(FIELDS), st.text(max_size=12)),
    st.builds("-{}:{}".format, st.sampled_from(FIELDS), st.sampled_from(['"kelp', "kelp", "x*", "", '"', ".."])),
    st.builds("year:{}..{}".format, st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30)),
    st.sampled_from(["year:<0000", "year:>=9999", "year:٢٠٢٤", "year:..", "year:9999..0000", "id:9999999999999999"]),
    st.sampled_from(["$\\mathcal{O}(n^2)$", "🦉🦉", "\0", "\ud800", "ﾞ", "ͺ", "\u202eabc", "日本語", "x" * 5000]),
    st.text(max_size=20),
    st.text(st.characters(), max_size=10),  # surrogates, too
)
QUERIES = st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=6).map("".join)


@given(QUERIES)
def test_parse_answers_everything(text: str) -> None:
    query = parse(text)
    assert len(query.text) <= len(text)
    assert all(len(note) < 200 for note in query.notes)
    for clause in query.clauses:
        assert clause
        for condition in clause:
            assert condition.kind in {"word", "phrase", *FIELDS}
            assert condition.kind in {"id", "year"} or fold(condition.value)
            assert condition.years[0] <= condition.years[1] + 1  # year:<0000 is no year
    assert parse(text) == query


@pytest.fixture(scope="module")
def opened(built: Path) -> Iterator[Library]:
    with broadsheet.open(built) as library:
        yield library


@given(QUERIES)
def test_search_answers_everything(opened: Library, text: str) -> None:
    page = opened.search(text, k=5)
    assert page.query == text
    assert 0 <= page.total <= 140
    assert len(page.results) <= min(5, page.total)
    assert all(len(note) < 300 for note in page.notes)
    for result in page.results:
        assert 0 <= result.lexical <= 1
        assert "".join(span.text for span in result.title) == result.stored.paper.title


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_ids_may_be_asked_for(opened: Library, ids: list[str]) -> None:
    page = opened.search("kelp", among=ids)
    assert page.total <= len(ids)
    assert all(isinstance(note, str) for note in page.notes)


EXTREMES = {
    "nothing": "",
    "spaces": " \t\n" * 500,
    "one letter": "a",
    "10,000 words": " ".join(f"kelp{n} forests report" for n in range(3334)),
    "one word 10,000 times": "kelp " * 10_000,
    "one word of a million letters": "k" * 1_000_000,
    "thousands of OR": " OR ".join(["kelp"] * 3000),
    "only OR": "OR " * 5000,
    "thousands of minus": "-" * 100_000,
    "thousands of empty exclusions": "- " * 50_000,
    "thousands of quotes": '"' * 99_999,
    "thousands of spaced quotes": '" ' * 50_001,
    "thousands of fields": "title: " * 20_000,
    "thousands of years": "year:.. " * 20_000,
    "thousands of ids": "id:? " * 20_000,
    "a long field": "title:" + "x" * 500_000,
    "a long year": "year:" + "9" * 500_000,
    "a long id": "id:" + "9" * 500_000,
    "NULs": "\0" * 100_000,
    "lone surrogates": "\ud800\udfff" * 10_000,
    "combining marks": "a" + "\u0301" * 100_000,
    "emoji": "🦉👩‍👩‍👧‍👦" * 5000,
    "LaTeX": r"$\sum_{i=1}^{n} \frac{\partial f}{\partial x_i}$ " * 2000,
    "thousands of initials": "author:" + "G. " * 30_000 + "1",
    "initials without an end": "author:" + "a.-" * 30_000 + "!",
    "thousands of particles": "author:G. " + "van " * 20_000 + "1",
    "a long word of letters": "abcdefghij" * 1000,
    "hyphens": "wi-fi " * 20_000,
    "numbers beside letters": "a4-b " * 20_000,
    "eight compounds": " ".join(f"kelp{n}forest" for n in range(8)),
    "thousands of parts": "has:code " * 10_000,
    "ideographs": "日本語の論文" * 5000,
}


@pytest.mark.parametrize("name", EXTREMES)  # row 19
def test_extremes_are_answered_soon(opened: Library, name: str) -> None:
    opened.search("kelp")  # whatever is compiled on first use is compiled now
    started = time.perf_counter()
    page = opened.search(EXTREMES[name])
    seconds = time.perf_counter() - started
    assert seconds < 3
    assert page.total <= 140
    assert all(len(note) < 300 for note in page.notes)
    assert len(page.notes) < 10


@pytest.mark.parametrize("text", ["\udcff\udcfe", "year:\udcff", 'title:"\x1b]0;x\x07'])
def test_the_command_line_shows_any_query(built: Path, text: str) -> None:
    for arguments in (("search", text), ("search", text, "--json"), ("show", text), ("similar", text)):
        told = here(built, *arguments)
        assert told.code in (0, 2)
        assert "\x1b" not in told.out + told.err
