"""The formats a paper can be exported in: one list for the command line, the pages and the writers."""

from __future__ import annotations

from enum import StrEnum

from broadsheet.kit.errors import UsageError

__all__ = ["MAX_RESULTS", "ExportFormat"]

MAX_RESULTS = 1000  # of a search in one file


class ExportFormat(StrEnum):
    """A format by the name that commands and addresses use, with its label, file ending and media type."""

    label: str
    ending: str
    media_type: str

    def __new__(cls, name: str, label: str, ending: str, media_type: str) -> ExportFormat:
        """A member of the list."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.label, member.ending, member.media_type = label, ending, media_type
        return member

    BIBTEX = "bibtex", "BibTeX", "bib", "application/x-bibtex"
    RIS = "ris", "RIS", "ris", "application/x-research-info-systems"
    CSL = "csl", "CSL-JSON", "json", "application/vnd.citationstyles.csl+json"
    CSV = "csv", "CSV", "csv", "text/csv; charset=utf-8"
    JSON = "json", "JSON", "json", "application/json"
    JSONL = "jsonl", "JSON lines", "jsonl", "application/jsonl"

    @classmethod
    def named(cls, name: str) -> ExportFormat:
        """The format of that name. Raises UsageError, which names the formats, if there is none."""
        for member in cls:
            if member == name:
                return member
        raise UsageError(f"no export format {name!r}; there are {', '.join(cls)}")
