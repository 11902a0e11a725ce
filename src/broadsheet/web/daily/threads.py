"""Threads as pages print them: what each reader may see of every comment, so many on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from markupsafe import Markup

from broadsheet.catalogue.community.comments import Comment
from broadsheet.community.actor import VISITOR
from broadsheet.community.comments import LONGEST, MENTION
from broadsheet.community.threads import Entry
from broadsheet.pipeline.records import Stored
from broadsheet.web.markdown import as_html
from broadsheet.web.site import Site

__all__ = ["Said", "comment_html", "comments_part", "page_of", "public_comments", "said"]

_PAGE = 30  # comments
_PAGE_HTML = 50_000  # characters
_PUBLIC = 200  # comments of a paper for programs that take them with it


@dataclass(frozen=True, slots=True)
class Said:
    """One comment as somebody sees it; without `html` it is deleted, or hidden from them."""

    comment: Comment
    depth: int
    answers: Comment | None
    html: Markup | None
    is_own: bool

    @property
    def stands(self) -> bool:
        """Whether it can be answered."""
        return self.comment.deleted_at is None and self.comment.hidden_at is None


def comment_html(text: str, names: frozenset[str] = frozenset()) -> Markup:
    """The text of a comment as HTML, the mentioned members' `names` marked."""
    return as_html(text, names, MENTION)


def said(site: Site, entries: Sequence[Entry]) -> list[Said]:
    """Comments as who asks sees them."""
    comments = site.community.comments
    names = comments.mentioned([entry.comment.id for entry in entries]) if entries else {}
    return [
        Said(
            entry.comment,
            entry.depth,
            entry.answers,
            comment_html(entry.comment.text, names.get(entry.comment.id, frozenset()))
            if comments.is_readable(site.actor, entry.comment)
            else None,
            comments.is_own(site.actor, entry.comment),
        )
        for entry in entries
    ]


def public_comments(site: Site, paper_id: int) -> list[Comment]:
    """The comments on a paper that everybody may read, in reading order."""
    entries = site.community.comments.thread(VISITOR, paper_id)
    standing = (one.comment for one in entries if one.comment.deleted_at is one.comment.hidden_at is None)
    return list(islice(standing, _PUBLIC))


def page_of(site: Site, entries: Sequence[Entry], first: int = 0) -> tuple[list[Said], int | None]:
    """The comments of a page that begins with the comment `first`, or the first one; and where the next begins."""
    start = len(list(takewhile(lambda entry: entry.comment.id != first, entries))) if first else 0
    entries = entries[start:] if start < len(entries) else entries
    shown: list[Said] = []
    room = _PAGE_HTML
    for one in said(site, entries[:_PAGE]):
        room -= len(one.html or "")
        if shown and room < 0:
            break
        shown.append(one)
    rest = entries[len(shown) :]
    return shown, rest[0].comment.id if rest else None


def comments_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """What is said about a paper, on its page."""
    entries = site.community.comments.thread(site.actor, stored.id)
    shown, following = page_of(site, entries)
    return {
        "comments": shown,
        "comment_count": sum(entry.comment.deleted_at is entry.comment.hidden_at is None for entry in entries),
        "following_comments": following,
        "longest_comment": LONGEST,
    }
