"""What an alert looks for: a saved search, an author, an organisation, or papers that cite one of the reader's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broadsheet.catalogue import SavedSearch
from broadsheet.catalogue.community.alerts import Alert
from broadsheet.community.organisations import Organisations
from broadsheet.community.people import author_slug
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.kit.references import references

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["CLAIMED", "Target", "Targets"]

CLAIMED = "claimed"  # the papers of the authors that a member has claimed and is
_BATCH = 500  # papers read at once
_SETS = ("author", "collection", "shelf", "tag", "organisation")  # that papers of one's own may be


@dataclass(frozen=True, slots=True)
class Target:
    """What an alert looks for, with a name for it; `text` is the query whose words say what is near, if it has one."""

    kind: str
    key: str  # as it is stored
    label: str
    text: str = ""
    terms: SearchTerms | None = field(default=None, compare=False)  # of a search


class Targets:
    """Finds targets by what somebody typed, and the papers that meet them."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._library = community.library

    def named(self, reader: str, kind: str, text: str) -> Target:
        """What somebody typed as the target of an alert. Raises UsageError, which names what is like it."""
        text = text.strip()
        if kind == "search":
            saved = self._community.searches.get(reader, text)
            return self._search(saved)
        if kind == "author":
            person = self._community.people.named(text)
            return Target(kind, author_slug(person.key), person.name)
        if kind == "organisation":
            one = self._community.organisations.named(text)
            return Target(kind, one.key, one.name)
        label = self._own_label(reader, text or CLAIMED)
        return Target(kind, text or CLAIMED, f"citing {label}")

    def of(self, alert: Alert) -> Target:
        """The target of an alert as it is now. Raises UsageError where it is gone."""
        if alert.kind != "search":
            return self.named(alert.reader, alert.kind, alert.target)
        saved = self._library.catalogue.readers.searches.all(alert.reader_id)
        one = next((one for one in saved if str(one.id) == alert.target), None)
        if one is None:
            raise UsageError("its saved search was deleted; it goes on when the search is restored")
        return self._search(one)

    def among(self, reader: str, target: Target, ids: Collection[int], *, after: int = 0) -> dict[int, int]:
        """Of some papers those that meet a target → the reader's paper that they cite, 0 for other kinds.

        Raises UsageError where the target, or what it is searched among, is gone.
        """
        if not ids:
            return {}
        if (terms := target.terms) is not None:
            among = self._community.paper_sets.ids(reader, terms.among)
            matching = self._library.matching(terms.query, among=among, within=terms.within, reader=reader, after=after)
            return dict.fromkeys(set(ids).intersection(matching), 0)
        if target.kind == "cites":
            return self._citing(reader, target.key, ids)
        papers = self._community.paper_sets.ids(reader, f"{target.kind}:{target.key}")
        return dict.fromkeys(set(ids).intersection(papers or ()), 0)

    def holds_up_to(self, kind: str, seq: int) -> int:
        """The last change of the catalogue that is known to what this kind asks, `seq` at most."""
        if kind in {"author", "organisation"}:
            organisations: Organisations = self._community.organisations
            return min(seq, organisations.update())
        return seq

    def own(self, reader: str, key: str) -> Sequence[int]:
        """The papers that a reader calls their own. Raises UsageError where there is no such set."""
        if key != CLAIMED:
            return self._community.paper_sets.ids(reader, key) or ()
        names = self._claimed(reader)
        sets = self._community.paper_sets
        return sorted({number for name in names for number in sets.named(reader, f"author:{name}").ids})

    def _search(self, saved: SavedSearch) -> Target:
        terms = SearchTerms.of(saved)
        return Target("search", str(saved.id), saved.name, " ".join((*terms.within, terms.query)).strip(), terms)

    def _claimed(self, reader: str) -> list[str]:
        account = self._library.catalogue.community.accounts.named(reader) if self._community.has_accounts else None
        names = self._community.claims.names_of(account.id) if account else []
        if not names:
            raise UsageError(
                "say which papers are yours, as author:NAME, collection:NAME or shelf:saved"
                + (", or claim your name on its author's page" if self._community.has_accounts else "")
            )
        return names

    def _own_label(self, reader: str, key: str) -> str:
        if key == CLAIMED:
            return " and ".join(self._claimed(reader)[:3])
        if key.partition(":")[0] not in _SETS:
            raise UsageError(f"{key[:100]!r} names no papers; there are {', '.join(f'{name}:…' for name in _SETS)}")
        return self._community.paper_sets.named(reader, key).label

    def _citing(self, reader: str, key: str, ids: Collection[int]) -> dict[int, int]:
        mine = self._identifiers(self.own(reader, key))
        table = self._library.catalogue.community.alerts
        wanted = sorted(set(ids).intersection(table.citing(min(ids) - 1, max(ids))))
        cited: dict[int, int] = {}
        for start in range(0, len(wanted), _BATCH):
            for stored in self._library.papers(wanted[start : start + _BATCH]):
                known = [mine[one] for one in references(stored.paper) if one in mine]
                if known and stored.id not in known:
                    cited[stored.id] = min(known)
        return cited

    def _identifiers(self, ids: Sequence[int]) -> Mapping[tuple[str, str], int]:
        """Every identifier of these papers → the paper."""
        found = {}
        for start in range(0, len(ids), _BATCH):
            for stored in self._library.papers(ids[start : start + _BATCH]):
                found.update(dict.fromkeys(stored.paper.ids.pairs(), stored.id))
        return found
