"""What every contribution of a member is checked for: who may make it, how often, and how long its texts are."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from broadsheet.catalogue.community.comments import Author
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.community.actor import Actor, Role
from broadsheet.kit.errors import LibraryError, RateLimited, UnknownReader, UsageError
from broadsheet.pipeline.library import Library

__all__ = ["LONGEST_REASON", "author_of", "limited", "line", "paragraphs", "reader_id_of", "reason", "require_curator"]

LONGEST_REASON = 500  # characters
# everything that is neither text nor a line's end, and the characters that reverse the order of text
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def author_of(library: Library, actor: Actor) -> Author:
    """Who writes. Raises UsageError for a visitor and for a member who is suspended or gone."""
    if not actor.reader:
        raise UsageError("sign in to take part")
    if actor.account_id is None:  # there are no accounts: the one reader is there from the start
        return Author(reader_id=library.catalogue.readers.get(actor.reader, create=True).id)
    account = library.catalogue.community.accounts.get(actor.account_id)
    if account is None or account.suspended_at is not None:
        raise UsageError("this account is suspended: it can read, but not take part")
    return Author(account_id=account.id)


def reader_id_of(library: Library, actor: Actor) -> int:
    """The number of the reader who asks; 0 for a visitor and a reader without any history."""
    try:
        return library.catalogue.readers.get(actor.reader).id if actor.reader else 0
    except (UnknownReader, LibraryError):  # or the disk is full
        return 0


def require_curator(actor: Actor) -> None:
    """Raises UsageError for everybody else."""
    if not actor.role.may(Role.curator):
        raise UsageError("only a curator may do this")


def limited(library: Library, what: str, author: Author, an_hour: int) -> None:
    """Count one contribution of a member. Raises RateLimited beyond `an_hour`; a reader alone has no limit."""
    if author.account_id is None:
        return
    subject = f"{what} {author.account_id}"
    wait = library.catalogue.community.attempts.take([(subject, an_hour, timedelta(hours=1))])
    if wait is not None:
        raise RateLimited(max(1, math.ceil(wait.total_seconds())))


def paragraphs(text: str, most: int) -> str:
    """A text of several lines without control characters. Raises UsageError if it is empty or too long."""
    text = _UNWANTED.sub("", clean_text(text).replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > most:
        raise UsageError(f"this has {len(text):,} characters; at most {most:,} are possible")
    text = _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()
    if not text.strip():
        raise UsageError("there is no text in it")
    return text


def line(text: str, most: int, name: str) -> str:
    """A text on one line without control characters, "" for none. Raises UsageError if it is too long."""
    text = " ".join(_UNWANTED.sub(" ", clean_text(text)).split())
    if len(text) > most:
        raise UsageError(f"{name} has at most {most} characters, not {len(text):,}")
    return text


def reason(text: str) -> str:
    """A reason that others read. Raises UsageError if it is empty or too long."""
    text = line(text, LONGEST_REASON, "a reason")
    if not text:
        raise UsageError("give a reason; the people concerned can read it")
    return text
