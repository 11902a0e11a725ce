"""Functions that the writers of BibTeX, RIS and CSL-JSON share: citation keys, kinds, values and people of `extra`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.kit.paper_json import from_json
from broadsheet.sources.records.assemble import is_key
from broadsheet.sources.records.fields import KIND, kind_named
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.names import inverted, is_group

__all__ = ["Keys", "citation_key", "kind_of", "people_in", "span_of", "texts_in", "year_of_paper"]

_SKIPPED_WORDS = frozenset("a an the on of in to for from with and towards toward is are".split())  # noqa: SIM905
_JOURNAL = re.compile(r"journal|transactions|letters|review|magazine|annals|\bj\.", re.IGNORECASE)
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "đ": "d", "ı": "i"})
_SPAN = re.compile(r"([^\s,;-]+)-([^\s,;-]+)")


class Keys:
    """The citation keys of one export. All differ, also without regard to case, because BibTeX ignores case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._tried: dict[str, int] = {}  # key → the number of its last suffix: those before are in use

    def of(self, paper: Paper) -> str:
        """The user's own key if valid, else lastnameYEARfirstword; with a, b, …, z, aa, … if it is in use."""
        own = paper.extra.get("citation_key")
        key = own if isinstance(own, str) and is_key(own) else citation_key(paper)
        candidate, number = key, self._tried.get(key.lower(), 0)
        while candidate.lower() in self._taken:
            number, suffix, rest = number + 1, "", number + 1
            while rest:
                rest, letter = divmod(rest - 1, 26)
                suffix = chr(ord("a") + letter) + suffix
            candidate = key + suffix
        self._tried[key.lower()] = number
        self._taken.add(candidate.lower())
        return candidate


def citation_key(paper: Paper) -> str:
    """`example2026invented`: the first author's last name, the year, the first content word of the title, in ASCII."""
    author = paper.authors[0] if paper.authors else None
    last = "" if author is None else author.name if is_group(author) else inverted(author)[0]
    words = re.findall(r"[a-z0-9]+", _ascii(paper.title))
    first = next((word for word in words if word not in _SKIPPED_WORDS), "")
    key = f"{re.sub(r'[^a-z]', '', _ascii(last))[:30]}{year_of_paper(paper) or ''}{first[:30]}"
    return key or "paper"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()


def year_of_paper(paper: Paper) -> int | None:
    """The year, or that of the paper's date."""
    return paper.year or (paper.date.year if paper.date else None)


def kind_of(paper: Paper) -> str:
    """The paper's kind as the table names it; guessed from its venue if it has none."""
    if paper.kind:
        return paper.kind if paper.kind in KIND else kind_named("bibtex", paper.kind) or paper.kind
    if not paper.venue:
        return "preprint" if paper.ids.arxiv else "misc"
    in_journal = _JOURNAL.search(paper.venue) or ("issue" in paper.extra and "isbn" not in paper.extra)
    return "article" if in_journal else "inproceedings"


def texts_in(value: Any) -> list[str]:
    """The texts of a value of `extra`, each on one line: one for a text or whole number, several for a list."""
    if isinstance(value, (list, tuple)):
        return [text for one in value if isinstance(one, str) and (text := clean(one))]
    text = clean(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return [text] if text else []


def people_in(value: Any) -> tuple[Person, ...]:
    """The people of a value of `extra` in the form of `paper_json`; none if it has another form."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return ()
    try:
        return from_json({"title": "-", "authors": [dict(one) for one in value]}).authors
    except RecordError:
        return ()


def span_of(pages: str) -> tuple[str, str]:
    """(first, last) page of `1-10`; (pages, "") for any other form."""
    span = _SPAN.fullmatch(pages)
    return (span[1], span[2]) if span else (pages, "")
