"""Groups of accounts whose votes are not independent: new ones, with whoever answers for them; those in lockstep.

An account is new in its first days; until then its votes count with those of the nearest member who invited it and is
not new, or where there is none with those of all new accounts without one. The first accounts of a community are never
new. Accounts that vote together for paper after paper are a group on these papers, new or not. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from broadsheet.catalogue.community.trending import Membership
from broadsheet.trending.independence import branches
from broadsheet.trending.lockstep import Lockstep

__all__ = ["LOCKSTEP", "NEW_DAYS", "groups", "in_lockstep"]

NEW_DAYS = 14
LOCKSTEP = -1  # the group, on one paper, of those who vote together for paper after paper


def groups(members: Sequence[Membership], now: datetime) -> Mapping[int, int]:
    """Reader → the reader whose group they vote in; 0 for new accounts for whom nobody answers."""
    since = now - timedelta(days=NEW_DAYS)
    joined = [member.joined for member in members if member.joined is not None]
    first = min(joined, default=now) + timedelta(days=NEW_DAYS)  # the founders are there by then
    is_new = np.array([m.joined is not None and m.joined > max(since, first) for m in members], np.bool_)
    row = {member.account_id: at for at, member in enumerate(members)}
    inviter = np.array([row.get(m.invited_by or 0, -1) for m in members], np.int64)
    return {
        member.reader_id: members[group].reader_id if group >= 0 else 0
        for member, group in zip(members, branches(is_new, inviter).tolist(), strict=True)
    }


def in_lockstep(votes: Sequence[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Of votes, each a paper and a reader, those of accounts that vote together for paper after paper."""
    cast = np.array(votes, np.int64).reshape(-1, 2)
    found = cast[Lockstep().together(cast[:, 0], cast[:, 1])]
    return frozenset((paper, reader) for paper, reader in found.tolist())
