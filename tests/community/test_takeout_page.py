"""The page of an archive is sound, loads nothing, and holds whatever papers and readers write."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from broadsheet.community.exchange.takeout_page import takeout_page
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.records import Stored
from tests.clock import NOON

ABOUT = {
    "reader": "<me> & co",
    "made_at": "2026-07-01T12:00:00+00:00",
    "version": 1,
    "counts": {"events": 3, "papers": 2},
}
AUTHORS = tuple(Person(f"Author {n} <x>") for n in range(9))
PAPERS = [
    ("arxiv:2601.00001", Stored(1, Paper(title="<script>x</script>", authors=AUTHORS, year=2026), NOON)),
    ("title:abc", Stored(2, Paper(title="Without a home", ids=Identifiers()), NOON)),
]
STATE: dict[str, Any] = {"saved_at": None, "rating": 0, "hidden": 0}


def page(**rows: list[dict[str, Any]]) -> str:
    return "".join(takeout_page(ABOUT, rows, PAPERS))


def section(text: str, heading: str) -> str:
    found = re.search(rf"<h2>{re.escape(heading)} \([\d,]+\)</h2>\n<ul>\n(.*?)</ul>", text, re.DOTALL)
    assert found, heading
    return found[1]


def test_it_lists_what_a_reader_looks_for() -> None:
    text = page(
        reader_papers=[
            {**STATE, "paper_id": "arxiv:2601.00001", "saved_at": "2026-06-30T10:00:00+00:00", "rating": 1},
            {**STATE, "paper_id": "title:abc", "saved_at": "2026-06-29T10:00:00+00:00", "rating": -1, "hidden": 1},
            {**STATE, "paper_id": "gone:9", "rating": 0},
        ],
        reader_tags=[{"tag": "to <read>", "paper_id": "title:abc"}],
        collections=[{"id": 1, "name": "Group & co"}, {"id": 2, "name": "Empty"}],
        collection_papers=[
            {"collection_id": 1, "paper_id": "title:abc", "added_at": "2", "position": 2, "remark": ""},
            {"collection_id": 1, "paper_id": "arxiv:2601.00001", "added_at": "3", "position": 1, "remark": "first <1>"},
        ],
        comments=[
            {"paper_id": "gone:9", "at": "2026-06-28T10:00:00+00:00", "text": "A note\nof <b>two</b> lines"},
            {"paper_id": "title:abc", "at": "2026-06-28T10:00:00+00:00", "text": ""},
        ],
        votes=[{"paper_id": "title:abc", "at": "2026-06-27T10:00:00+00:00"}],
    )
    saved = section(text, "Saved")
    assert saved.index("script") < saved.index("Without a home")  # the latest first
    assert 'href="https://arxiv.org/abs/2601.00001"' in saved
    assert "saved 2026-06-30" in saved
    assert "Author 3 &lt;x&gt;" in saved
    assert "Author 4" not in saved
    assert section(text, "Rated").count("<li>") == 2
    assert "less like this" in section(text, "Rated")
    assert section(text, "Hidden").count("<li>") == 1
    assert "Without a home" in section(text, "Tagged to &lt;read&gt;")
    group = section(text, "Collection Group &amp; co")
    assert group.index("first &lt;1&gt;") < group.index("Without a home")
    assert section(text, "Collection Empty") == ""
    notes = section(text, "Notes and comments")
    assert notes.count("<li>") == 1
    assert "A paper that is not in the library any more" in notes
    assert "of &lt;b&gt;two&lt;/b&gt; lines" in notes
    assert "2026-06-27" in section(text, "Votes")


def test_it_is_a_page_that_loads_and_runs_nothing() -> None:
    text = page()
    assert "<script" not in text
    assert not re.search(r'(?:src|@import|url\()\s*=?["\']?', text.partition("<body>")[2])
    assert re.findall(r"<title>([^<]*)", text) == ["Everything of &lt;me&gt; &amp; co"]
    assert unescape(text).count("<me> & co") == 2
    assert '<a href="rows/events.jsonl">events</a>: 3 rows' in text
    assert "rows/papers.jsonl" not in text
    assert text.count("<h1>") == 1
    assert '<html lang="en">' in text
