"""A library with a clock that is set, for tests of editions; and one with accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import broadsheet
from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.accounts import Account, NewAccount
from broadsheet.catalogue.community.tables import CommunityTables
from broadsheet.community import Community
from broadsheet.community.accounts import Accounts
from broadsheet.community.accounts.passwords import Passwords
from broadsheet.community.actor import Actor, Role
from broadsheet.community.editions import Edition, Editions
from broadsheet.community.outbox import Outbox
from broadsheet.kit.paper import Identifiers, Paper, Record
from broadsheet.pipeline.library import Library
from tests.clock import noon
from tests.web.members import CHEAP

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADA, BOB = Actor(Role.admin, "ada"), Actor(Role.admin, "bob")


class Clock:
    """A clock that is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class House:
    """A library, its community and its clock."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.library: Library = broadsheet.open(folder, clock=clock)
        self.community = Community(self.library)
        self.editions = Editions(self.library, self.community.fields, self._order)

    def _order(self, paper_ids: Sequence[int], now: datetime) -> list[tuple[int, str]]:
        """The most votes first, then as they came."""
        counts = self.community.votes.counts(paper_ids)
        return [(n, f"{counts[n]} by {now:%H:%M}") for n in sorted(paper_ids, key=lambda n: -counts[n])]

    def add(self, name: str, source: str = "jsonl:a", **fields: object) -> int:
        """A paper dated today with this title; its number."""
        arxiv = f"2611.{int(name.rpartition(' ')[2]):05d}"
        paper = Paper(name, f"On {name}.", ids=Identifiers(arxiv=arxiv), submitted=self.clock.now.date())
        report = self.library.add(Record(replace(paper, **fields), source, arxiv, "made"))  # type: ignore[arg-type]
        return report.paper_ids[0]

    def titles(self, edition: Edition) -> list[str]:
        return [entry.title for entry in edition.entries]

    def close(self, **after: int) -> list[date]:
        self.clock.now += timedelta(**after)
        return self.editions.close_due(self.clock.now)


def opened_accounts(folder: Path, passwords: Passwords = CHEAP) -> tuple[Library, Accounts]:
    """A community's library and its accounts, whose passwords are cheap to check."""
    (folder / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    library = broadsheet.open(folder, clock=noon)
    outbox = Outbox(folder / "outbox")
    return library, Accounts(library.catalogue.community, library.settings, library.now, outbox, passwords)


class Desk:
    """The tables of a catalogue with its clock."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self.catalogue, self.clock = catalogue, clock
        self.tables: CommunityTables = catalogue.community

    def account(self, name: str, *, email: str = "", role: str = "reader", invitations: int = 2) -> Account:
        return self.tables.accounts.create(NewAccount(name, "hash", role, email, invitations=invitations))

    def after(self, time: timedelta) -> None:
        self.clock.now += time
