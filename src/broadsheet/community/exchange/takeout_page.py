"""The page of an archive: what is in it, to be read with a browser and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from broadsheet.pipeline.records import Stored

__all__ = ["takeout_page"]

_STYLE = (
    "body{font:1rem/1.5 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "li{margin:.4rem 0}small{color:#555}a{color:#0b4f8a}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}small{color:#aaa}a{color:#8cc4ff}}"
)
_HOMES = {
    "arxiv": "https://arxiv.org/abs/{}",
    "doi": "https://doi.org/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}",
    "acl": "https://aclanthology.org/{}",
    "openreview": "https://openreview.net/forum?id={}",
}

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def takeout_page(about: Mapping[str, Any], rows: Rows, papers: Sequence[tuple[str, Stored]]) -> Iterator[str]:
    """The page in pieces; `papers` are those of the archive under their keys."""
    title = f"Everything of {escape(str(about['reader']))}"
    yield f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>\n'
    yield f"<h1>{title}</h1>\n<p>Made {escape(str(about['made_at'])[:16])} UTC; version {about['version']}.</p>\n"
    papers_by_key = dict(papers)
    for heading, keys in _lists(rows):
        yield f"<h2>{escape(heading)} ({len(keys):,})</h2>\n<ul>\n"
        yield from (_line(key, papers_by_key.get(key), note) for key, note in keys)
        yield "</ul>\n"
    yield "<h2>Everything else</h2>\n<ul>\n"
    for name, count in sorted(about["counts"].items()):
        if name != "papers":
            yield f'<li><a href="rows/{escape(name)}.jsonl">{escape(name)}</a>: {count:,} rows</li>\n'
    yield '</ul>\n<p><a href="papers.jsonl">All papers</a>, <a href="papers.csl.json">as CSL-JSON</a>, '
    yield '<a href="saved.bib">saved ones as BibTeX</a>, <a href="feeds.opml">feeds</a>.</p>\n</main></body></html>\n'


def _lists(rows: Rows) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Headings, each with its papers and what is said of them."""
    state = rows.get("reader_papers", ())
    saved = sorted((row for row in state if row["saved_at"]), key=lambda row: str(row["saved_at"]), reverse=True)
    yield "Saved", [(row["paper_id"], f"saved {str(row['saved_at'])[:10]}") for row in saved]
    rated = {1: "more like this", -1: "less like this"}
    yield "Rated", [(row["paper_id"], rated[row["rating"]]) for row in state if row["rating"] in rated]
    yield "Hidden", [(row["paper_id"], "") for row in state if row["hidden"]]
    tags = defaultdict(list)
    for row in rows.get("reader_tags", ()):
        tags[row["tag"]].append((row["paper_id"], ""))
    yield from ((f"Tagged {tag}", papers) for tag, papers in sorted(tags.items()))
    members = defaultdict(list)
    places = sorted(rows.get("collection_papers", ()), key=lambda row: (row.get("position") or 0, str(row["added_at"])))
    for row in places:
        members[row["collection_id"]].append((row["paper_id"], str(row.get("remark") or "")))
    yield from ((f"Collection {row['name']}", members[row["id"]]) for row in rows.get("collections", ()))
    said = [row for row in rows.get("comments", ()) if row["text"]]
    yield "Notes and comments", [(row["paper_id"], f"{str(row['at'])[:10]}: {row['text']}") for row in said]
    yield "Votes", [(row["paper_id"], str(row["at"])[:10]) for row in rows.get("votes", ())]


def _line(key: str, stored: Stored | None, note: str) -> str:
    title = escape(stored.paper.title if stored else "A paper that is not in the library any more")
    scheme, _, value = (key or "").partition(":")
    if scheme in _HOMES and stored:
        title = f'<a href="{escape(_HOMES[scheme].format(value))}" rel="noreferrer">{title}</a>'
    names = ", ".join(person.name for person in stored.paper.authors[:4]) if stored else ""
    year = f" {stored.paper.year}" if stored and stored.paper.year else ""
    return f"<li>{title}<br><small>{escape(names + year)}{' · ' + escape(note) if note else ''}</small></li>\n"
