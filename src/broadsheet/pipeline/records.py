"""The results that the pipeline returns to the command line, the pages and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.kit.paper import Paper

if TYPE_CHECKING:
    from broadsheet.catalogue import StoredRow

__all__ = [
    "CheckReport",
    "Correction",
    "Expansion",
    "FacetValue",
    "Facets",
    "FeedItem",
    "FeedPage",
    "IngestReport",
    "Reason",
    "Result",
    "SearchPage",
    "SourceStatus",
    "Span",
    "Stats",
    "Stored",
    "Suggestion",
    "TakenOut",
]


@dataclass(frozen=True, slots=True)
class Stored:
    """A paper of the library."""

    id: int  # the library's own number, never reused
    paper: Paper
    added_at: datetime
    source_ids: tuple[tuple[str, str], ...] = ()  # (source, id there), in order of arrival

    @classmethod
    def of(cls, row: StoredRow) -> Stored:
        """From a row of the catalogue."""
        return cls(row.id, row.paper, row.added_at, row.source_ids)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; `matched` when it matches the query and should be highlighted."""

    text: str
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why an item is on a page.

    `text` is a sentence for the reader; `paper_id` is the saved paper it mentions, `terms` are the shared words,
    `weight` is the share of the score (0..1) it accounts for.
    """

    kind: str  # near | interest | terms | author | title | id | recent | explore | lexical | semantic | aspect
    text: str
    weight: float = 0.0
    paper_id: int | None = None
    terms: tuple[str, ...] = ()
    interest: str = ""  # the key of the reader's interest that it names


@dataclass(frozen=True, slots=True)
class Result:
    """One search hit. `lexical` + `semantic` = 1 are the shares of the score; `score` orders the page."""

    stored: Stored
    score: float
    lexical: float
    semantic: float
    title: tuple[Span, ...]
    snippet: tuple[Span, ...]
    matched: tuple[str, ...] = ()  # query words found in this paper, as typed
    near: tuple[tuple[str, str], ...] = ()  # (query word that the paper lacks, its nearest word in meaning)
    reasons: tuple[Reason, ...] = ()  # reasons in words, in addition to the shares of the score


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a typed text may become."""

    kind: str  # title | author | venue | topic
    label: str
    query: str  # the whole text with it
    paper_id: int | None = None  # of a title
    count: int | None = None  # papers of an author, a venue or a topic


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A filter that a query can take, kind:"value", and how many of its papers would stay."""

    kind: str  # year | venue | org | field | has | is
    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """How the papers of a query are distributed, the most frequent values of each kind first, years latest first."""

    counted: int  # papers: those that match, or the nearest where only a ranking can tell
    are_nearest: bool
    values: tuple[FacetValue, ...]
    notes: tuple[str, ...] = ()  # what the counts lack


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the query that was searched in another spelling, because the library hardly has it as typed."""

    typed: str
    used: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """Words that were searched beside those typed: the long form of an acronym, or the acronym of a long form.

    `papers` is the number of papers that define one by the other.
    """

    typed: str
    also: str
    papers: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of search results."""

    query: str
    results: tuple[Result, ...]
    total: int  # papers that pass the filters (all papers without filters)
    notes: tuple[str, ...] = ()  # what was ignored or corrected in the query
    seconds: float = 0.0
    liked: tuple[Stored, ...] = ()  # the papers of the query's like:
    matching: int = 0  # of the total, about how many contain all content words; the last pages follow soon after them
    order: str = ""  # what the results are sorted by: date, votes or citations; "" is relevance
    facets: Facets | None = None  # where they were asked for
    corrections: tuple[Correction, ...] = ()  # slips of typing that were corrected
    also: tuple[Expansion, ...] = ()  # acronyms and long forms searched beside the words


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One paper on a reader's page."""

    stored: Stored
    position: int  # from 1
    score: float
    reasons: tuple[Reason, ...]
    saved: bool = False
    rating: int = 0  # -1, 0, +1
    is_new: bool = False  # came to the library after the reader's last visit
    propensity: float | None = None  # the probability that the policy had this paper on the page
    team: str = ""  # on a page that two mixes share: whose paper it is, "own" or "other"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A reader's page."""

    reader: str
    items: tuple[FeedItem, ...]
    policy: str  # the name of its ranking, as logged with each impression
    cold: bool  # true while the reader has no interest model
    seconds: float = 0.0
    more_like: tuple[str, ...] = ()  # terms with the largest positive weights in the model
    less_like: tuple[str, ...] = ()  # terms with the largest negative weights
    note: str = ""  # why the impressions could not be logged, if so
    visited: datetime | None = None  # the end of the reader's last visit
    arrived: int = 0  # papers that came since then, whether or not they fit
    passed: int = 0  # papers left out because they were shown in vain
    muted: tuple[TakenOut, ...] = ()  # what took papers out that fit


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What a muted word, author, venue, organisation or interest took out of a page."""

    kind: str  # word | author | venue | organisation | interest | sentence (by what it says is not wanted)
    value: str  # the key of an interest
    label: str
    papers: int

    @property
    def by(self) -> str:
        """What it was, in words."""
        if self.kind == "sentence":
            return f"what your interest “{self.label}” leaves out"
        return f"the muted {self.kind} “{self.label}”"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of one add or sync."""

    source: str
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0  # merged into an existing paper with another identifier or by title
    quarantined: int = 0
    seconds: float = 0.0
    messages: tuple[str, ...] = ()
    paper_ids: tuple[int, ...] = field(default=(), repr=False)
    deleted: int = 0  # records of deleted papers; they are added only with `again`
    notes: tuple[str, ...] = ()  # records not merged into the paper of their key or identifier
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)  # of the source: name → papers


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The status of a source."""

    name: str
    kind: str  # network | file
    state: str  # ready | parked | failed | never run
    last_run: datetime | None
    last_error: str
    parked_until: datetime | None
    papers: int
    cursor: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The outcome of `check`: lines on what was verified, remaining problems, and repairs."""

    ok: bool
    lines: tuple[str, ...]
    problems: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """The library in numbers."""

    papers: int
    readers: int
    quarantined: int
    indexed: int
    encoded: int  # papers with a vector
    encoder: str
    index_bytes: int
    catalogue_bytes: int
    last_added: datetime | None
