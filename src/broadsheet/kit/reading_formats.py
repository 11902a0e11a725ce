"""The formats in which a reading list is exported: those of papers, and two for people."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import ExportFormat

__all__ = ["READING_FORMATS", "ReadingFormat", "reading_format"]


@dataclass(frozen=True, slots=True)
class ReadingFormat:
    """A format by the name that commands and addresses use."""

    name: str
    label: str
    ending: str
    media_type: str


READING_FORMATS = (
    ReadingFormat("markdown", "Markdown", "md", "text/markdown; charset=utf-8"),
    ReadingFormat("html", "HTML for print", "html", "text/html; charset=utf-8"),
    *(ReadingFormat(one.value, one.label, one.ending, one.media_type) for one in ExportFormat),
)


def reading_format(name: str) -> ReadingFormat:
    """The format of that name. Raises UsageError, which names the formats, if there is none."""
    for one in READING_FORMATS:
        if one.name == name:
            return one
    raise UsageError(f"no format {name!r}; there are {', '.join(one.name for one in READING_FORMATS)}")
