"""Reading lists as files: Markdown and HTML for people, and the formats of reference managers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape

from broadsheet.kit.paper import Paper
from broadsheet.kit.reading_formats import reading_format
from broadsheet.kit.reading_lists import ListedPaper, ReadingList

__all__ = ["list_file"]


def list_file(reading_list: ReadingList, form: str, marked: Callable[[str], str] = escape) -> Iterator[str]:
    """A reading list as text in pieces; `marked` makes HTML of a title with formulas. Raises UsageError.

    In the formats of reference managers, remark and notes stand in the field that these have for notes.
    """
    name = reading_format(form).name
    if name in {"markdown", "html"}:
        from broadsheet.sources.files.write_reading_list import write_html, write_markdown

        return write_markdown(reading_list) if name == "markdown" else write_html(reading_list, marked)
    from broadsheet.sources.export import WRITERS

    return WRITERS[name](map(_with_notes, reading_list.papers))


def _with_notes(listed: ListedPaper) -> Paper:
    """The paper with remark and notes in the field of reference files for them."""
    own = listed.paper.extra.get("notes")
    texts = [text for text in (own, listed.remark, listed.notes) if isinstance(text, str) and text]
    return replace(listed.paper, extra={**listed.paper.extra, "notes": "\n\n".join(texts)}) if texts else listed.paper
