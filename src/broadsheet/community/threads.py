"""Comments as a thread: answers below what they answer, shown to a depth of four. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from broadsheet.catalogue.community.comments import Comment

__all__ = ["DEEPEST", "Entry", "in_thread"]

DEEPEST = 3  # the first comment has depth 0; what is deeper is shown at this depth, with what it answers


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment in its thread."""

    comment: Comment
    depth: int = 0
    answers: Comment | None = None  # the comment it answers


def in_thread(comments: Iterable[Comment]) -> list[Entry]:
    """The comments in reading order: each followed by its answers, oldest first.

    An answer to what is not among them stands by itself.
    """
    by_id = {comment.id: comment for comment in comments}
    answers: dict[int | None, list[Comment]] = defaultdict(list)
    for comment in by_id.values():
        answers[comment.parent_id if comment.parent_id in by_id else None].append(comment)
    entries: list[Entry] = []
    waiting = [Entry(comment) for comment in reversed(answers[None])]
    while waiting:
        entry = waiting.pop()
        entries.append(entry)
        depth = min(entry.depth + 1, DEEPEST)
        waiting += [Entry(comment, depth, entry.comment) for comment in reversed(answers[entry.comment.id])]
    return entries
