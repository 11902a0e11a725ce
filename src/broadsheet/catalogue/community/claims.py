"""Claims: the names of authors that members say are theirs, and what was decided about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, in_list, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import claims as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "claims")

__all__ = ["AuthorMember", "Claim", "ClaimTable"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A member says: this author is me."""

    id: int
    account_id: int
    key: str  # the person's
    name: str
    state: str  # pending | confirmed | refused | withdrawn
    evidence: str  # what confirms it
    is_shown: bool  # the member agrees to be named on the author's page
    at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str  # of the decision
    member: str


@dataclass(frozen=True, slots=True)
class AuthorMember:
    """A member who certainly is an author of a paper, and agrees to be named as such."""

    name: str
    full_name: str
    since: datetime | None  # when the claim was decided
    has_commented: bool  # on the paper


class ClaimTable:
    """Stores claims; a new one follows one that was refused or withdrawn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, claim_id: int) -> Claim | None:
        """The claim of this number."""
        return next(iter(self._several(sql.CLAIM, id=claim_id)), None)

    def of_account(self, account_id: int) -> list[Claim]:
        """All claims of an account, in order."""
        return self._several(sql.CLAIMS_OF_ACCOUNT, id=account_id)

    def of_name(self, key: str) -> list[Claim]:
        """All claims to a name, in order."""
        return self._several(sql.CLAIMS_OF_NAME, key=key)

    def pending(self, most: int = 200) -> list[Claim]:
        """The claims that wait for a decision, oldest first."""
        return self._several(sql.CLAIMS_IN_STATE, state="pending", most=most)

    def members_among_authors(self, paper_ids: Collection[int]) -> dict[int, dict[int, AuthorMember]]:
        """For each of these papers the members among its authors, by the author's position."""
        members: dict[int, dict[int, AuthorMember]] = {}
        with self._database.read() as connection:
            rows = fetch(connection, sql.MEMBERS_AMONG_AUTHORS, ids=in_list(set(paper_ids)))
        for paper_id, position, name, full_name, since, has_commented in rows:
            member = AuthorMember(name, full_name, parse_time(since) if since else None, bool(has_commented))
            members.setdefault(paper_id, {})[position] = member
        return members

    def add(self, account_id: int, key: str, name: str, *, is_shown: bool) -> int:
        """Store a claim that waits for a decision; returns its number, or that of the account's claim to this name."""
        with self._database.write() as connection:
            for row in fetch(connection, sql.CLAIMS_OF_ACCOUNT, id=account_id):
                claim = _claim(row)
                if claim.key == key and claim.state in {"pending", "confirmed"}:
                    return claim.id
            row = {"account_id": account_id, "name_key": key, "name": name, "state": "pending"}
            connection.execute(statements.ADD_CLAIM, row | {"at": self._database.now(), "is_shown": int(is_shown)})
            return int(fetch(connection, sql.CLAIMS_OF_ACCOUNT, id=account_id)[-1][0])

    def decide(self, claim_id: int, state: str, *, by: str, reason: str = "", evidence: str = "") -> None:
        """Confirm, refuse or withdraw a claim."""
        columns = {"state": state, "decided_at": self._database.now(), "decided_by": by, "reason": reason}
        self._change(claim_id, **(columns | ({"evidence": evidence} if evidence else {})))

    def show(self, claim_id: int, *, is_shown: bool) -> None:
        """Name the member on the author's page, or not."""
        self._change(claim_id, is_shown=int(is_shown))

    def subjects(self, account_id: int, issuer: str) -> list[str]:
        """What a provider of identities calls this account."""
        with self._database.read() as connection:
            return [subject for (subject,) in fetch(connection, sql.SUBJECTS_OF_ACCOUNT, id=account_id, issuer=issuer)]

    def _change(self, claim_id: int, **columns: Any) -> None:
        with self._database.write() as connection:
            connection.execute(statements.CHANGE_CLAIM, {"number": claim_id, **columns})

    def _several(self, query: str, **parameters: Any) -> list[Claim]:
        with self._database.read() as connection:
            return [_claim(row) for row in fetch(connection, query, **parameters)]


def _claim(row: Sequence[Any]) -> Claim:
    number, account_id, key, name, state, evidence, is_shown, at, decided_at, decided_by, reason, member = row
    return Claim(
        id=number,
        account_id=account_id,
        key=key,
        name=name,
        state=state,
        evidence=evidence,
        is_shown=bool(is_shown),
        at=parse_time(at),
        decided_at=parse_time(decided_at) if decided_at else None,
        decided_by=decided_by,
        reason=reason,
        member=member,
    )
