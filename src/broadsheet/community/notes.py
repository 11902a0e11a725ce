"""Notes and highlights of a reader on papers: nobody else ever sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from broadsheet.catalogue.highlights import Highlight
from broadsheet.community.actor import Actor
from broadsheet.community.participation import paragraphs, reader_id_of
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper
from broadsheet.kit.passages import LONGEST, locate, passage_of
from broadsheet.pipeline.library import Library

__all__ = ["Notes", "spans_in"]

FIELDS = ("title", "abstract")  # that can be marked


class Notes:
    """Notes and highlights over a library; notes are written as comments for their writer alone."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._highlights = library.catalogue.readers.highlights
        self._comments = library.catalogue.community.comments

    def highlights(self, actor: Actor, paper_id: int) -> list[Highlight]:
        """The reader's highlights in a paper, in the order of marking."""
        return self._highlights.of(reader_id_of(self._library, actor), [paper_id])

    def mark(self, actor: Actor, paper_id: int, quote: str) -> int:
        """Mark a passage of the title or abstract; returns its number. Raises UsageError for what is not in them."""
        if not actor.reader:
            raise UsageError("sign in to mark passages")
        quote = paragraphs(quote, LONGEST)
        stored = self._library.paper(paper_id)
        for field in FIELDS:
            if passage := passage_of(getattr(stored.paper, field), quote):
                reader_id = self._library.reader(actor.reader).id
                return self._highlights.add(reader_id, stored.id, field, passage)
        raise UsageError(
            "these words are not in the title or the abstract of this paper; copy them as they stand there"
        )

    def unmark(self, actor: Actor, number: int) -> None:
        """Remove a highlight of one's own. Raises UsageError."""
        if not actor.reader or not self._highlights.remove(reader_id_of(self._library, actor), number):
            raise UsageError(f"there is no highlight {number} of yours")

    def papers(self, actor: Actor) -> set[int]:
        """The papers on which the reader has a note or a highlight."""
        reader_id = reader_id_of(self._library, actor)
        return self._comments.papers_with_notes(reader_id) | self._highlights.papers(reader_id)

    def texts(self, actor: Actor, paper_ids: Sequence[int]) -> dict[int, str]:
        """Notes and highlights of the reader as Markdown, by paper; papers without any are left out."""
        reader_id = reader_id_of(self._library, actor)
        parts: dict[int, list[str]] = defaultdict(list)
        for one in self._highlights.of(reader_id, paper_ids):
            parts[one.paper_id].append(f"“{' '.join(one.passage.quote.split())}”")
        for note in self._comments.notes(reader_id, paper_ids):
            parts[note.paper_id].append(note.text)
        return {paper_id: "\n\n".join(texts) for paper_id, texts in parts.items()}


def spans_in(paper: Paper, highlights: Sequence[Highlight], field: str) -> list[tuple[int, int]]:
    """Where highlights stand in a field of a paper as it is now; those that are gone are left out."""
    text = getattr(paper, field)
    found = (locate(text, one.passage) for one in highlights if one.field == field)
    return [place for place in found if place is not None]
