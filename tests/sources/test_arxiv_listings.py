"""arXiv's daily mail and saved pages of its listings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from broadsheet.kit.errors import SourceError
from broadsheet.sources.files.arxiv_listing import ArxivListingSource
from broadsheet.sources.files.arxiv_mail import ArxivMailSource
from broadsheet.sources.files.detect import find_source, read_file
from tests.sources.network import records, rejected

MAIL = r"""From: no-reply@arxiv.example
Subject: cs daily Subj-class mailing 00000 1
------------------------------------------------------------------------------
 Submissions to:
Information Retrieval
 received from  Fri 27 Feb 26 19:00:00 GMT  to  Mon  2 Mar 26 19:00:00 GMT
------------------------------------------------------------------------------
\\
arXiv:2603.01234
Date: Sun, 1 Mar 2026 10:00:00 GMT   (14kb)

Title: An invented paper about ranking, whose title goes on
  on another line
Authors: Ada Example, Jos\'e Sample and Cy Third (University of Nowhere)
Categories: cs.IR cs.LG
Comments: 12 pages
DOI: 10.1234/invented.1
License: http://creativecommons.org/licenses/by/4.0/
\\
  An invented abstract
with $x^2$ in it.
\\ ( https://arxiv.org/abs/2603.01234 ,  14kb)
------------------------------------------------------------------------------
\\
arXiv:2603.01235 (*cross-listing*)
Date: Sun, 1 Mar 2026 11:00:00 GMT   (99kb,D)

Title: Crossed
Authors: Bo Sample
Categories: stat.ML cs.IR
\\
  Short.
\\ ( https://arxiv.org/abs/2603.01235 ,  99kb)
%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%
------------------------------------------------------------------------------
\\
arXiv:2510.00001
replaced with revised version Sat, 28 Feb 2026 08:00:00 GMT   (30kb)

Title: Revised
Authors: Di Fourth
Categories: cs.IR
\\ ( https://arxiv.org/abs/2510.00001 ,  30kb)
------------------------------------------------------------------------------
\\
arXiv:nonsense
Date: Sun, 1 Mar 2026 10:00:00 GMT

Title: Without an id
\\
"""
PAGE = """<html><head><title>Information Retrieval</title><script>var x = "[9] arXiv:1";</script></head><body>
<h3>Showing new listings for Monday, 2 March 2026</h3>
<dl id='articles'><h3>New submissions (showing 1 of 1 entries)</h3>
<dt><a name='item1'>[1]</a>
 <a href ="/abs/2603.01234" title="Abstract" id="2603.01234"> arXiv:2603.01234 </a>
 [<a href="/pdf/2603.01234">pdf</a>]</dt>
<dd><div class='meta'><div class='list-title mathjax'><span class='descriptor'>Title:</span>
   An invented paper &amp; ranking </div>
 <div class='list-authors'><a href="/a">Ada Example</a>,
 <a href="/b">Bo Sample</a></div>
 <div class='list-comments mathjax'><span class='descriptor'>Comments:</span> 12 pages</div>
 <div class='list-subjects'><span class='descriptor'>Subjects:</span>
 <span class="primary-subject">Information Retrieval (cs.IR)</span>; Machine Learning (cs.LG)</div>
 <p class='mathjax'> An invented abstract
 on two lines. </p></div></dd>
<h3>Cross submissions (showing 1 of 1 entries)</h3>
<dt><a name='item2'>[2]</a> <a href="/abs/2603.01235"> arXiv:2603.01235 </a> (cross-list from stat.ML) [pdf]</dt>
<dd><div class='list-title'><span>Title:</span> Crossed</div><div class='list-authors'>Bo Sample</div>
<div class='list-subjects'>Subjects: Machine Learning (stat.ML)</div></dd>
<h3>Replacement submissions (showing 1 of 1 entries)</h3>
<dt>[3] <a href="/abs/hep-th/9901001">arXiv:hep-th/9901001</a> (replaced) [pdf]</dt>
<dd><div>Title:</div><div>Revised</div><div>Authors:</div><div>Di Fourth</div></dd>
<dt>[4] arXiv:2603.01299 [pdf]</dt><dd></dd></dl></body></html>"""
TEXT = """Computer Science > Information Retrieval
[1] arXiv:2603.01234 [pdf, html, other]
Title: An invented paper
Ada Example, Bo Sample
Comments: 12 pages
Subjects: Information Retrieval (cs.IR)
[2] arXiv:2603.01235 [pdf]
Title: Another
Bo Sample
Subjects: Machine Learning (cs.LG)
"""


def saved(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mail_has_new_crossed_and_replaced_papers(tmp_path: Path) -> None:
    path = saved(tmp_path, "mail.eml", MAIL)
    items = list(read_file(path))
    new, crossed, revised = records(items[:3])
    assert (new.source, new.source_id, new.place) == ("arxiv-mail:mail.eml", "2603.01234", "mail.eml:8")
    paper = new.paper
    assert paper.title == "An invented paper about ranking, whose title goes on on another line"
    assert [person.name for person in paper.authors] == ["Ada Example", "José Sample", "Cy Third"]
    assert paper.authors[2].affiliations == ("University of Nowhere",)
    assert (paper.abstract, paper.comments, paper.categories) == (
        *("An invented abstract with $x^2$ in it.", "12 pages", ("cs.IR", "cs.LG")),
    )
    assert (paper.ids.arxiv, paper.ids.doi, paper.submitted) == ("2603.01234", "10.1234/invented.1", date(2026, 3, 1))
    assert paper.licence == "http://creativecommons.org/licenses/by/4.0/"
    kinds = [record.paper.extra["announce_type"] for record in (new, crossed, revised)]
    assert kinds == ["new", "cross", "replace"]
    assert (revised.paper.submitted, revised.paper.updated, revised.paper.abstract) == (None, date(2026, 2, 28), "")
    assert rejected(items[3:])[0].reason == "an entry of a listing needs an id and a title; its id is 'nonsense'"


def test_a_saved_page_is_read_with_its_sections_and_its_day(tmp_path: Path) -> None:
    items = list(read_file(saved(tmp_path, "new.html", PAGE)))
    new, crossed, revised = records(items[:3])
    paper = new.paper
    assert (paper.title, paper.abstract) == ("An invented paper & ranking", "An invented abstract on two lines.")
    assert [person.name for person in paper.authors] == ["Ada Example", "Bo Sample"]
    assert (paper.categories, paper.comments) == (("cs.IR", "cs.LG"), "12 pages")
    assert (paper.announced, crossed.paper.announced) == (date(2026, 3, 2), None)
    assert [record.paper.extra["announce_type"] for record in (new, crossed, revised)] == ["new", "cross", "replace"]
    assert (revised.paper.ids.arxiv, revised.paper.title) == ("hep-th/9901001", "Revised")
    assert [person.name for person in revised.paper.authors] == ["Di Fourth"]
    assert len(rejected(items[3:])) == 1


def test_the_text_of_a_page_is_read_too(tmp_path: Path) -> None:
    first, second = records(list(read_file(saved(tmp_path, "recent.txt", TEXT))))
    assert (first.paper.title, first.paper.comments, second.paper.title) == ("An invented paper", "12 pages", "Another")
    assert [person.name for person in first.paper.authors] == ["Ada Example", "Bo Sample"]
    assert (second.paper.categories, second.place) == (("cs.LG",), "recent.txt:7")


def test_other_files_are_not_taken_for_listings(tmp_path: Path) -> None:
    for name, text in (
        ("page.html", "<html><p>arXiv is fine</p></html>"),
        ("refs.txt", "[1] A. Example. arXiv paper."),
    ):
        with pytest.raises(SourceError, match="the format is not known"):
            find_source(saved(tmp_path, name, text))
    for source in (ArxivMailSource(), ArxivListingSource()):
        with pytest.raises(SourceError, match="holds no entry"):
            list(source.read(saved(tmp_path, "empty.txt", "Nothing here.")))
