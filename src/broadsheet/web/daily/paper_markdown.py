"""A paper as Markdown, for people who read in a terminal and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.paper_facts import PaperFacts, facts_of
from broadsheet.kit.markup import formulas
from broadsheet.kit.web_address import web_url
from broadsheet.pipeline.records import Stored
from broadsheet.web.daily.threads import public_comments
from broadsheet.web.links import links
from broadsheet.web.site import Site

__all__ = ["Said", "markdown", "markdown_page", "wants_markdown"]

Said = tuple[str, datetime, str]  # who, when, the comment as Markdown
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~]")
_TYPE = "text/markdown"


def wants_markdown(request: Request) -> bool:
    """Whether the client asks for Markdown and not for a page."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return _TYPE in accepted and "text/html" not in accepted[: accepted.index(_TYPE)]


def markdown_page(request: Request, site: Site, stored: Stored) -> Response:
    """The answer with a paper as Markdown."""
    facts = facts_of(site.community, [stored], site.library.now())[stored.id]
    comments = [(one.full_name or one.author, one.at, one.text) for one in public_comments(site, stored.id)]
    text = markdown(facts, site.base_url(request), comments)
    return Response(text, media_type=f"{_TYPE}; charset=utf-8", headers={"Vary": "Accept"})


def markdown(facts: PaperFacts, base: str, comments: Sequence[Said] = ()) -> str:
    """Title, authors, links, votes, abstract and comments. Nothing of a paper is markup, except its formulas."""
    paper = facts.stored.paper
    known = paper.submitted or paper.announced or paper.updated
    when = known.isoformat() if known else str(paper.year or "")
    code = f"{facts.stars:,} stars" if facts.stars is not None else ""
    lines = [
        f"# {_plain(paper.title)}",
        ", ".join(_plain(person.name) for person in paper.authors),
        " · ".join(_plain(part) for part in (when, paper.venue, *paper.categories) if part),
        "\n".join(_links(facts, base)),
        " · ".join(part for part in (_count(facts.votes, "vote"), _count(facts.comments, "comment"), code) if part),
        f"> {_plain(paper.summary)}" if paper.summary else "",
        f"## Abstract\n\n{_plain(paper.abstract)}" if paper.abstract else "",
        "\n\n".join(_comments(comments)),
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _links(facts: PaperFacts, base: str) -> Iterable[str]:
    shown = [("Broadsheet", f"{base}/paper/{facts.stored.id}")]
    shown += [(link.label, link.href) for link in links(facts.stored.paper)]
    shown += [(link.title or link.kind, url) for link in facts.links if (url := web_url(link.url))]
    for label, url in dict.fromkeys(shown):
        yield f"- [{_plain(label)}](<{url.replace('<', '%3C').replace('>', '%3E')}>)"


def _comments(comments: Sequence[Said]) -> Iterable[str]:
    if comments:
        yield "## Comments"
    for who, at, text in comments:
        yield f"### {_plain(who) or 'somebody who has left'}, {at:%Y-%m-%d %H:%M} UTC\n\n{_quoted(text)}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _plain(text: str) -> str:
    """A text on one line in which only formulas are markup."""
    text = " ".join(text.split())
    parts, end = [], 0
    for start, stop in formulas(text):
        parts += [_SPECIAL.sub(r"\\\g<0>", text[end:start]), text[start:stop].replace("<", r"\lt ")]
        end = stop
    return "".join([*parts, _SPECIAL.sub(r"\\\g<0>", text[end:])])
