"""Writes reading lists for people: Markdown, and HTML that prints on paper with its links written out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote

from broadsheet.kit.paper import Paper
from broadsheet.kit.reading_lists import ListedPaper, ReadingList
from broadsheet.kit.web_address import web_url
from broadsheet.sources.files.writing import year_of_paper
from broadsheet.sources.text.clean import clean

__all__ = ["PRINT_STYLE", "address_of", "write_html", "write_markdown"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"
_AUTHORS = 8  # named; the others are counted
PRINT_STYLE = """
@page { margin: 20mm 18mm; }
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #000; background: #fff; max-width: 42em;
  margin: 2em auto; padding: 0 1em; overflow-wrap: anywhere; }
h1 { font-size: 18pt; } h2 { font-size: 13pt; margin: 1.6em 0 .4em; break-after: avoid; }
ol { padding-left: 2.4em; } li { margin: 0 0 .8em; break-inside: avoid; }
.title { font-weight: bold; } p { margin: .15em 0; } .where { font-size: 9.5pt; } .remark { font-style: italic; }
.notes { white-space: pre-line; border-left: 2px solid #767676; padding-left: .7em; }
a { color: #000; } @media print { body { margin: 0; max-width: none; padding: 0; } }
"""


def address_of(paper: Paper) -> str:
    """The address at which a paper is read: by its DOI or arXiv number, else its first own one; "" for none."""
    if paper.ids.doi:
        address = web_url(f"https://doi.org/{paper.ids.doi}") or ""
    elif paper.ids.arxiv:
        address = f"https://arxiv.org/abs/{paper.ids.arxiv}"
    else:
        address = next(filter(None, map(web_url, paper.urls)), "")
    return quote(address, safe=_IN_ADDRESSES)  # a DOI may have signs that end an address


def write_markdown(reading_list: ReadingList) -> Iterator[str]:
    """Yield a heading a section and a numbered item a paper; numbers go on through all sections."""
    yield f"# {_plain(reading_list.title)}\n"
    number = 0
    for section in reading_list.sections:
        if heading := _heading(reading_list, section.heading):
            yield f"\n## {_plain(heading)}\n"
        yield "\n"
        for listed in section.papers:
            number += 1
            yield from _item(number, listed)


def _item(number: int, listed: ListedPaper) -> Iterator[str]:
    paper, margin = listed.paper, " " * len(f"{number}. ")
    title, address = _plain(clean(paper.title) or "Untitled"), address_of(paper)
    where = [_plain(text) for text in (_authors(paper), _venue(paper)) if text]
    linked = f"[{title}](<{address}>)" if address else title
    yield f"{number}. **{linked}**" + "".join(f"  \n{margin}{text}" for text in where) + "\n"
    if listed.remark:
        yield f"\n{margin}*{_plain(listed.remark)}*\n"
    if listed.notes:
        yield "\n" + "".join(f"{margin}> {row}".rstrip() + "\n" for row in listed.notes.split("\n"))
    yield "\n" if listed.remark or listed.notes else ""


def write_html(reading_list: ReadingList, marked: Callable[[str], str] = escape) -> Iterator[str]:
    """Yield a whole page with its own style; `marked` makes HTML of a text that may hold formulas."""
    title = escape(reading_list.title)
    yield (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{PRINT_STYLE}</style></head>\n<body><main><h1>{title}</h1>\n"
    )
    number = 1
    for section in reading_list.sections:
        if heading := _heading(reading_list, section.heading):
            yield f"<h2>{escape(heading)}</h2>\n"
        if section.papers:
            yield f'<ol start="{number}">\n'
            yield from (_html_item(listed, marked) for listed in section.papers)
            yield "</ol>\n"
        number += len(section.papers)
    yield "</main></body></html>\n"


def _html_item(listed: ListedPaper, marked: Callable[[str], str]) -> str:
    paper, address = listed.paper, address_of(listed.paper)
    lines = [f'<p class="title">{marked(clean(paper.title) or "Untitled")}</p>']
    lines += [f"<p>{escape(text)}</p>" for text in (_authors(paper), _venue(paper)) if text]
    if address:
        lines.append(f'<p class="where"><a href="{escape(address)}">{escape(address)}</a></p>')
    if listed.remark:
        lines.append(f'<p class="remark">{escape(listed.remark)}</p>')
    if listed.notes:
        lines.append(f'<div class="notes">{escape(listed.notes)}</div>')
    return f"<li>{''.join(lines)}</li>\n"


def _heading(reading_list: ReadingList, heading: str) -> str:
    """The heading of a section; that of the papers without one, where other papers have one."""
    return heading or ("Further papers" if len(reading_list.sections) > 1 else "")


def _authors(paper: Paper) -> str:
    names = [clean(person.name) for person in paper.authors]
    more = f" and {len(names) - _AUTHORS} more" if len(names) > _AUTHORS + 1 else ""
    return ", ".join(names[:_AUTHORS] if more else names) + more


def _venue(paper: Paper) -> str:
    return ", ".join(text for text in (clean(paper.venue), str(year_of_paper(paper) or "")) if text)


def _plain(text: str) -> str:
    """A text that Markdown prints as it is; in one with formulas in dollars only what would begin HTML is escaped."""
    text = clean(text)
    return text.replace("<", "&lt;") if "$" in text else _MARKDOWN.sub(r"\\\1", text)
