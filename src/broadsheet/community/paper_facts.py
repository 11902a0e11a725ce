"""Everything that is known of a paper here beside its record, for those who read about it from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.claims import AuthorMember
from broadsheet.catalogue.community.editions import EditionPaper
from broadsheet.catalogue.community.receptions import Link, Listing
from broadsheet.community.trends import Trend
from broadsheet.pipeline.records import Stored

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["HERE", "PaperFacts", "facts_of"]

HERE = "here"  # the place whose votes are our own


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """A paper with what is known of it: `counts` has, by kind (votes, comments, stars), each place's last number."""

    stored: Stored
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    links: Sequence[Link] = ()
    listing: Listing | None = None  # in the daily paper of another place
    edition: EditionPaper | None = None
    trend: Trend | None = None
    submitter: str = ""  # who submitted it here, picked it, or submitted it elsewhere
    submitter_name: str = ""  # in full
    organisation: tuple[str, str] = ("", "")  # key and name of the first author's
    members: Mapping[int, AuthorMember] = field(default_factory=dict)  # among the authors, by position
    picture_id: int | None = None  # submitted with it

    @property
    def votes(self) -> int:
        """The votes of all places together."""
        return sum(self.counts.get("votes", {}).values())

    @property
    def comments(self) -> int:
        """The comments that can be read here."""
        return self.counts.get("comments", {}).get(HERE, 0)

    @property
    def stars(self) -> int | None:
        """The stars of its code, where a place counts them: the greatest number."""
        return max(self.counts.get("stars", {}).values(), default=None)

    @property
    def entered_at(self) -> datetime | None:
        """When it entered an edition."""
        return self.edition.entered_at if self.edition else None

    @property
    def has_author_comment(self) -> bool:
        """Whether an author, known as one here, takes part in its discussion."""
        return any(member.has_commented for member in self.members.values())

    def link(self, kind: str) -> str:
        """The address of the first link of this kind; "" if there is none."""
        return next((link.url for link in self.links if link.kind == kind), "")


def facts_of(community: Community, papers: Sequence[Stored], now: datetime) -> dict[int, PaperFacts]:
    """The facts of these papers, by number."""
    ids = [stored.id for stored in papers]
    tables = community.library.catalogue.community
    editions = tables.editions.of_papers(ids)
    listings = tables.receptions.listings(ids)
    links = tables.receptions.links(ids)
    counts = _counts(community, ids)
    workplaces = community.organisations.of_papers(ids)
    members = tables.claims.members_among_authors(ids) if community.has_accounts else {}
    pictures = tables.submissions.pictures_of(ids)
    trends = {trend.paper_id: trend for trend in community.trends.order(ids, now)}
    names: dict[str, str] = {}
    facts = {}
    for stored in papers:
        row, listing = editions.get(stored.id), listings.get(stored.id)
        is_ours = row is not None and row.via != "source"
        submitter = row.by if row and is_ours else listing.by if listing else ""
        if is_ours and submitter not in names:
            names[submitter] = _full_name(community, submitter)
        facts[stored.id] = PaperFacts(
            stored,
            counts[stored.id],
            links.get(stored.id, ()),
            listing,
            row,
            trends.get(stored.id),
            submitter,
            names[submitter] if is_ours else submitter,
            next(iter(workplaces.get(stored.id, ())), ("", "")),
            members.get(stored.id, {}),
            pictures.get(stored.id),
        )
    return facts


def _counts(community: Community, ids: Sequence[int]) -> dict[int, dict[str, dict[str, int]]]:
    tables = community.library.catalogue.community
    own = {"votes": tables.votes.counts(ids), "comments": tables.comments.counts(ids)}
    counts: dict[int, dict[str, dict[str, int]]] = {
        paper_id: {kind: {HERE: numbers[paper_id]} for kind, numbers in own.items() if paper_id in numbers}
        for paper_id in ids
    }
    for paper_id, series in tables.trending.attention(ids).counts.items():
        for (place, kind), values in series.items():
            counts[paper_id].setdefault(kind, {})[place] = values[-1][1]
    return counts


def _full_name(community: Community, name: str) -> str:
    account = community.library.catalogue.community.accounts.named(name) if community.has_accounts and name else None
    return account.full_name if account and account.full_name else name
