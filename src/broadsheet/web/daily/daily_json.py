"""The JSON of the daily-papers API: one list item, or one paper, from what is known of a paper.

Clients differ in where they look: the title only outside, other fields only inside `paper`, a person's login under
`user` or `name`. So a field stands in each of these places. What is not known is absent or null. `broadsheet` holds
what this form has no field for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlsplit

from broadsheet.catalogue.community.claims import AuthorMember
from broadsheet.catalogue.community.comments import Comment
from broadsheet.community.paper_facts import PaperFacts
from broadsheet.kit.paper import Paper
from broadsheet.kit.web_address import web_url
from broadsheet.pipeline.records import Stored

__all__ = ["api_id", "comment", "list_item", "object_id", "single_paper"]

_ICON = "/static/icon.svg"
_ARTEFACTS = {"model": "Models", "dataset": "Datasets", "demo": "Spaces"}  # kind of link -> its word in the form


def api_id(stored: Stored) -> str:
    """The id of a paper in the API: its arXiv id, else its DOI, else our number."""
    return stored.paper.ids.arxiv or stored.paper.ids.doi or str(stored.id)


def object_id(kind: str, *key: object) -> str:
    """24 hexadecimal digits that stay the same for the same thing of ours."""
    return hashlib.sha256(" ".join(map(str, (kind, *key))).encode()).hexdigest()[:24]


def list_item(facts: PaperFacts, base: str) -> dict[str, Any]:
    """A paper of a list; `base` is the address of this server."""
    shared = _shared(facts, base)
    return {
        "paper": {**_inner(facts, base), **shared},
        "publishedAt": _moment(facts.entered_at),
        "title": facts.stored.paper.title,
        "summary": facts.stored.paper.abstract,
        **_standing(facts, base),
        "submittedBy": _submitter(facts, base),
        **shared,
        "broadsheet": _extras(facts, base),
    }


def single_paper(facts: PaperFacts, base: str, comments: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """One paper, flat, with the artefacts that are linked to it."""
    linked: dict[str, Any] = {}
    for kind, word in _ARTEFACTS.items():
        found = [{"id": _artefact_id(link.url), "url": link.url} for link in facts.links if link.kind == kind]
        linked |= {f"linked{word}": found, f"numTotal{word}": len(found)}
    return {
        **_inner(facts, base),
        **_shared(facts, base),
        **linked,
        "comments": list(comments),
        "broadsheet": _extras(facts, base),
    }


def comment(comment: Comment, html: str, base: str) -> dict[str, Any]:
    """A comment, with its text as Markdown and as HTML."""
    return {
        "id": object_id("comment", comment.id),
        "author": _user(comment.author, comment.full_name, base) if comment.author else None,
        "createdAt": _moment(comment.at),
        "type": "comment",
        "data": {
            "edited": comment.edited_at is not None,
            "hidden": False,
            "latest": {"raw": comment.text, "html": html, "updatedAt": _moment(comment.edited_at or comment.at)},
        },
        "broadsheet": {"id": comment.id, "parent": comment.parent_id},
    }


def _inner(facts: PaperFacts, base: str) -> dict[str, Any]:
    """What stands inside `paper`, and alone in a single paper."""
    stored = facts.stored
    paper = stored.paper
    first_day = paper.submitted or paper.announced or paper.updated
    return {
        "id": api_id(stored),
        "authors": [
            {
                "_id": object_id("author", stored.id, position),
                "name": person.name,
                "hidden": False,
                **_claimed(facts.members.get(position), base),
            }
            for position, person in enumerate(paper.authors)
        ],
        **_standing(facts, base),
        "publishedAt": _moment(datetime.combine(first_day, time(), UTC)) if first_day else None,
        "submittedOnDailyAt": _moment(facts.entered_at),
        "submittedOnDailyBy": _submitter(facts, base),
        "title": paper.title,
        "summary": paper.abstract,
        "upvotes": facts.votes,
        "discussionId": object_id("discussion", stored.id),
        "withdrawnAt": None,
    }


def _shared(facts: PaperFacts, base: str) -> dict[str, Any]:
    """What some clients read outside and others inside; only what is known."""
    paper = facts.stored.paper
    fields = {
        "ai_summary": paper.summary,
        "ai_keywords": list(paper.keywords),
        "githubRepo": facts.link("code"),
        "githubStars": facts.stars,
        "projectPage": facts.link("project"),
        "organization": _organisation(facts, base),
    }
    return {name: value for name, value in fields.items() if value or value == 0}


def _standing(facts: PaperFacts, base: str) -> dict[str, Any]:
    """Pictures and discussion, which stand inside and outside: a submitted picture before those of the record."""
    paper = facts.stored.paper
    own = [] if facts.picture_id is None else [f"{base}/pictures/{facts.picture_id}"]
    return {
        "mediaUrls": [*own, *_media(paper)],
        "thumbnail": own[0] if own else _thumbnail(paper),
        "numComments": facts.comments,
        "isAuthorParticipating": facts.has_author_comment,
    }


def _claimed(member: AuthorMember | None, base: str) -> dict[str, Any]:
    """What is said of an author who is a member."""
    if member is None:
        return {}
    user = _user(member.name, member.full_name or member.name, base)
    return {"user": user, "status": "claimed_verified", "statusLastChangedAt": _moment(member.since)}


def _submitter(facts: PaperFacts, base: str) -> dict[str, Any] | None:
    """Who brought the paper, as a user; None if nobody is known."""
    return _user(facts.submitter, facts.submitter_name, base) if facts.submitter else None


def _user(name: str, full_name: str, base: str) -> dict[str, Any]:
    return {
        "_id": object_id("user", name.casefold()),
        "avatarUrl": base + _ICON,
        "fullname": full_name,
        "name": name,
        "user": name,
        "type": "user",
        "isPro": False,
        "isHf": False,
        "isHfAdmin": False,
        "isMod": False,
        "followerCount": 0,
    }


def _organisation(facts: PaperFacts, base: str) -> dict[str, Any] | None:
    key, name = facts.organisation
    if not name:
        return None
    icon = base + _ICON
    return {
        "_id": object_id("organisation", key),
        "name": key,
        "fullname": name,
        "avatar": icon,
        "avatarUrl": icon,
    }


def _extras(facts: PaperFacts, base: str) -> dict[str, Any]:
    stored, trend, row = facts.stored, facts.trend, facts.edition
    paper = stored.paper
    return {
        "id": stored.id,
        "url": f"{base}/paper/{stored.id}",
        "ids": dict(paper.ids.pairs()),
        "year": paper.year,
        "venue": paper.venue,
        "categories": list(paper.categories),
        "day": row.day.isoformat() if row else None,
        "place": row.place if row else None,  # null while the day is open
        "via": row.via if row else None,
        "counts": {kind: dict(by_place) for kind, by_place in facts.counts.items()},
        "trend": {"score": trend.score, "parts": dict(trend.parts), "reason": trend.reason} if trend else None,
    }


def _media(paper: Paper) -> list[str]:
    addresses = paper.extra.get("mediaUrls")
    return [text for text in addresses if _is_address(text)] if isinstance(addresses, list) else []


def _thumbnail(paper: Paper) -> str | None:
    address = paper.extra.get("thumbnail")
    return str(address) if _is_address(address) else None


def _is_address(value: object) -> bool:
    return isinstance(value, str) and web_url(value) != ""


def _artefact_id(url: str) -> str:
    """owner/name in an address of a hub; the address itself elsewhere."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return "/".join(parts[-2:]) if len(parts) >= 2 else url


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z" if at else None
