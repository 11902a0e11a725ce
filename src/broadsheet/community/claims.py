"""Claims: a member says that an author is them. Confirmed by a record, or by an administrator.

A record confirms a claim where a network source (not a file somebody sent) states, beside this author's name, the
member's ORCID or an affiliation with the member's confirmed address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.catalogue.community.claims import Claim
from broadsheet.catalogue.community.people import Person
from broadsheet.catalogue.community.people_index import name_key
from broadsheet.community.actor import Actor, Role
from broadsheet.community.participation import author_of, limited, reason
from broadsheet.community.people import People, author_slug
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.library import Library

__all__ = ["ORCID_ISSUER", "Claims"]

ORCID_ISSUER = "https://orcid.org"
_CLAIMS_AN_HOUR = 10
_MOST_CLAIMS = 20  # pending or confirmed, of a member: names in other scripts and spellings
_MOST_PAPERS = 300  # whose records are looked through


class Claims:
    """Claims over a library."""

    def __init__(self, library: Library, people: People) -> None:
        self._library = library
        self._people = people
        self._tables = library.catalogue.community
        self._stored = self._tables.claims

    def names_of(self, account_id: int) -> list[str]:
        """The names that are certainly this member's."""
        return [claim.name for claim in self._stored.of_account(account_id) if claim.state == "confirmed"]

    def mine(self, actor: Actor) -> list[Claim]:
        """The claims of whoever asks, in order."""
        return self._stored.of_account(actor.account_id) if actor.account_id is not None else []

    def shown(self, person: Person) -> list[str]:
        """Members who are this author and agree to be named."""
        claims = self._stored.of_name(person.key)
        return [claim.member for claim in claims if claim.state == "confirmed" and claim.is_shown]

    def pending(self) -> list[Claim]:
        """The claims that wait for an administrator, oldest first."""
        return self._stored.pending()

    def claim(self, actor: Actor, slug: str, *, is_shown: bool = False) -> Claim:
        """Claim an author: confirmed at once where a record says so, else an administrator decides.

        Raises UsageError for who may not, for an author who is not here, and beyond 20 claims; RateLimited.
        """
        account_id = self._account_id(actor)
        person = self._people.named(slug)
        standing = [one for one in self.mine(actor) if one.state in {"pending", "confirmed"}]
        if own := [one for one in standing if one.key == person.key]:
            return own[0]
        if len(standing) >= _MOST_CLAIMS:
            raise UsageError(f"you claim {_MOST_CLAIMS} names already; withdraw one first")
        limited(self._library, "claim of", author_of(self._library, actor), _CLAIMS_AN_HOUR)
        number = self._stored.add(account_id, person.key, person.name, is_shown=is_shown)
        if evidence := self._evidence(account_id, person):
            self._stored.decide(number, "confirmed", by="", reason="a record says so", evidence=evidence)
            self._changed(account_id)
        return self._get(number)

    def withdraw(self, actor: Actor, number: int) -> Claim:
        """Take one's own claim back. Raises UsageError for another's."""
        claim = self._own(actor, number)
        if claim.state in {"pending", "confirmed"}:
            self._stored.decide(number, "withdrawn", by=actor.reader)
            self._changed(claim.account_id)
        return self._get(number)

    def show(self, actor: Actor, number: int, *, is_shown: bool) -> Claim:
        """Be named on the author's page, or not. Raises UsageError for another's claim."""
        self._own(actor, number)
        self._stored.show(number, is_shown=is_shown)
        return self._get(number)

    def decide(self, actor: Actor, number: int, *, confirmed: bool, why: str) -> Claim:
        """Confirm or refuse a claim, with a reason that the member reads. A confirmed one can be refused later.

        Raises UsageError for others than administrators, without a reason, and for a claim that was withdrawn.
        """
        if not actor.role.may(Role.admin):
            raise UsageError("only an administrator decides about claims")
        why = reason(why)
        claim = self._get(number)
        if claim.state == "withdrawn":
            raise UsageError("this claim was withdrawn")
        state = "confirmed" if confirmed else "refused"
        self._stored.decide(number, state, by=actor.reader, reason=why)
        self._changed(claim.account_id)
        act = "confirm claim" if confirmed else "refuse claim"
        self._tables.audit.record(actor.reader, act, f"{claim.member}: {author_slug(claim.key)}", why)
        return self._get(number)

    def _account_id(self, actor: Actor) -> int:
        author = author_of(self._library, actor)
        if author.account_id is None:
            raise UsageError("there are no members here: this library has one reader")
        return author.account_id

    def _own(self, actor: Actor, number: int) -> Claim:
        claim = self._stored.get(number)
        if claim is None or claim.account_id != self._account_id(actor):
            raise UsageError(f"you have no claim with the number {number}")
        return claim

    def _get(self, number: int) -> Claim:
        claim = self._stored.get(number)
        if claim is None:
            raise UsageError(f"no claim has the number {number}")
        return claim

    def _changed(self, account_id: int) -> None:
        """Votes of a member on their own papers are not counted: apply this rule again."""
        account = self._tables.accounts.get(account_id)
        if account is not None:
            self._tables.votes.names_changed(account.reader_id)

    def _evidence(self, account_id: int, person: Person) -> str:
        """What a record says that only this member can be; "" if none does."""
        account = self._tables.accounts.get(account_id)
        orcids = {subject.upper() for subject in self._stored.subjects(account_id, ORCID_ISSUER)}
        email = account.email if account is not None else ""
        if person.orcid and person.orcid not in orcids:
            return ""  # the ORCID of somebody else
        if not orcids and not email:
            return ""
        papers = self._library.catalogue.papers
        for paper_id in self._people.papers(person)[:_MOST_PAPERS]:
            for source, _, _, paper in papers.records(paper_id):
                if ":" not in source and (evidence := stated(paper, person, orcids, email)):
                    return f"{evidence} in the record of paper {paper_id} at {source}"
        return ""


def stated(paper: Paper, person: Person, orcids: Sequence[str] | set[str], email: str) -> str:
    """What the record states beside the name of `person`: one of the ORCIDs or the address; "" for neither."""
    address = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE) if email else None
    for author in paper.authors:
        if author.orcid and author.orcid in orcids and person.key in {f"orcid:{author.orcid}", name_key(author.name)}:
            return f"ORCID {author.orcid}"
        is_person = name_key(author.name) == name_key(person.name) and author.orcid in ("", person.orcid)
        if is_person and address and any(map(address.search, author.affiliations)):
            return email
    return ""
