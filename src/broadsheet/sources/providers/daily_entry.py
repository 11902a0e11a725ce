"""Reads one paper as the API of daily papers gives it: an item of a list, or a single paper, which is flat.

Most fields may stand outside or inside `paper`. What changes from day to day (votes, comments, stars) is the paper's
reception; fields that are not known stay in `extra`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception
from broadsheet.sources.files.tabular import plain
from broadsheet.sources.records.ids import arxiv_id, clean_doi, clean_url, identifiers
from broadsheet.sources.records.people import person_of
from broadsheet.sources.text.clean import clean

__all__ = ["NAME", "daily_entry", "is_daily"]

NAME = "daily-papers"
HERE = "here"  # the place that a Broadsheet names itself in `broadsheet.counts`
_KINDS = {"upvotes": "votes", "numComments": "comments", "githubStars": "stars"}
_LINKS = {"githubRepo": "code", "projectPage": "project"}
_READ = frozenset(
    {
        "paper", "id", "_id", "title", "summary", "authors", "publishedAt", "submittedOnDailyAt", "submittedOnDailyBy",
        "submittedBy", "ai_summary", "ai_keywords", "organization", "withdrawnAt", "broadsheet", *_KINDS, *_LINKS,
    }
)  # fmt: skip
_OF_THE_VISITOR = frozenset({"upvoted", "upvoters", "canSubmit", "canManagePapers", "dailyPaperRank", "comments",
                             "isAuthorParticipating", "linkedModels", "linkedDatasets", "linkedSpaces",
                             "numTotalModels", "numTotalDatasets", "numTotalSpaces"})  # fmt: skip
_MOST_PLACES = 20


def is_daily(row: Mapping[str, Any]) -> bool:
    """Whether an object is an item of a list of daily papers, or one paper of that API."""
    inner = row.get("paper")
    if isinstance(inner, Mapping):
        return isinstance(inner.get("id"), str) and isinstance(row.get("title") or inner.get("title"), str)
    return {"id", "title", "upvotes", "publishedAt", "authors"} <= row.keys()


def daily_entry(
    row: Mapping[str, Any], *, place: str = NAME, listed_on: date | None = None, ours: str = ""
) -> tuple[Paper, str, Reception]:
    """(paper, its id there, its reception). `place` names who answered, `ours` this library among those who count.

    `listed_on` is the day that was asked for; without one it is the day on which the paper entered. Raises RecordError
    if there is no title or the object is nested too deeply.
    """
    inner = row["paper"] if isinstance(row.get("paper"), Mapping) else row
    fields = {**inner, **{key: value for key, value in row.items() if value is not None}}
    title = _text(row.get("title")) or _text(inner.get("title"))
    if not title:
        raise RecordError(f"the paper has no title (its fields: {', '.join(list(map(str, row))[:12]) or 'none'})")
    ours_too = fields.get("broadsheet")
    extras: Mapping[str, Any] = ours_too if isinstance(ours_too, Mapping) else {}
    source_id = _text(inner.get("id"))[:200]
    first = _moment(inner.get("publishedAt"))
    paper = Paper(
        title,
        _text(inner.get("summary")) or _text(row.get("summary")),
        tuple(_people(inner.get("authors") or row.get("authors"))),
        _identifiers(source_id, extras.get("ids")),
        first.year if first else _year(extras.get("year")),
        venue=_text(extras.get("venue")),
        summary=_text(fields.get("ai_summary")),
        keywords=_texts(fields.get("ai_keywords")),
        categories=_texts(extras.get("categories")),
        submitted=first.date() if first else None,
        is_retracted=bool(fields.get("withdrawnAt")),
        extra=_extra(row, inner, fields),
    )
    entered = _moment(row.get("publishedAt") if inner is not row else None) or _moment(fields.get("submittedOnDailyAt"))
    by = _user(fields.get("submittedBy")) or _user(fields.get("submittedOnDailyBy"))
    reception = Reception(
        place,
        tuple(_counts(fields, extras.get("counts"), place, ours)),
        tuple((kind, url) for name, kind in _LINKS.items() if (url := clean_url(_text(fields.get(name))))),
        (listed_on or entered.date()) if entered else listed_on,
        entered,
        by,
    )
    return paper, source_id, reception


def _counts(fields: Mapping[str, Any], by_kind: object, place: str, ours: str) -> Iterator[tuple[str, str, int]]:
    """What each place counts. A Broadsheet says it place by place, so that nobody's votes are counted twice."""
    told = by_kind if isinstance(by_kind, Mapping) else {}
    for name, kind in _KINDS.items():
        by_place = told.get(kind)
        if isinstance(by_kind, Mapping):
            for who, number in list(by_place.items() if isinstance(by_place, Mapping) else ())[:_MOST_PLACES]:
                counted_by = place if who == HERE else _text(who)[:200]
                if _is_count(number) and counted_by and counted_by != ours:
                    yield counted_by, kind, number
        elif _is_count(fields.get(name)):
            yield place, kind, fields[name]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _identifiers(source_id: str, more: object) -> Identifiers:
    told = {key: _text(value) for key, value in more.items()} if isinstance(more, Mapping) else {}
    known = {name: told[name] for name in ("acl", "openalex", "s2", "pmid", "openreview") if told.get(name)}
    arxiv = arxiv_id(source_id)[0] or told.get("arxiv", "")
    doi = told.get("doi", "") or ("" if arxiv else clean_doi(source_id))
    return identifiers(arxiv=arxiv, doi=doi, other_ids=known)


def _extra(row: Mapping[str, Any], inner: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Who made the paper and everything that has no field of its own, without what changes from day to day."""
    extra = {}
    for name, value in {**inner, **row}.items():
        content = None if name in _READ or name in _OF_THE_VISITOR else plain(value, 1)
        if content or content == 0:
            extra[clean(str(name))] = content
    organisation = fields.get("organization")
    if isinstance(organisation, Mapping):
        name = _text(organisation.get("fullname")) or _text(organisation.get("name"))
        extra |= {"organisations": [name]} if name else {}
    return extra


def _people(value: object) -> Iterator[Person]:
    for item in value if isinstance(value, list) else ():
        person = person_of({"name": item["name"]} if isinstance(item, Mapping) and "name" in item else item)
        if person is not None:
            yield person


def _user(value: object) -> str:
    """The login of a user."""
    if not isinstance(value, Mapping):
        return ""
    return next((name for key in ("user", "name", "fullname") if (name := _text(value.get(key)))), "")


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for item in value if (text := _text(item))) if isinstance(value, list) else ()


def _year(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value < 3000 else None


def _moment(value: object) -> datetime | None:
    """A moment in UTC; None for anything else than 2026-11-28T10:00:00.000Z or a day."""
    try:
        at = datetime.fromisoformat(value[:40]) if isinstance(value, str) else None
        return None if at is None else at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
