"""Organisations of a community: their papers and people; curators join, rename and address them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.community.organisations import Count, Organisation
from broadsheet.community.actor import Actor
from broadsheet.community.participation import line, require_curator
from broadsheet.kit.errors import UsageError
from broadsheet.kit.web_address import web_url
from broadsheet.pipeline.library import Library
from broadsheet.sources.text.affiliations import VERSION, keyed_organisations
from broadsheet.sources.text.organisation_keys import fold_name, organisation_key

__all__ = ["Organisations", "Profile", "papers_a_year"]

_LONGEST_NAME = 200  # characters
_LONGEST_URL = 500


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of an organisation."""

    organisation: Organisation
    papers: Sequence[tuple[int, int]]  # (number, year; 0: unknown), newest first
    years: Sequence[tuple[int, int]]  # (year, papers), latest first; without papers of unknown year
    people: Sequence[Count]  # with most papers there
    joined: Sequence[Organisation]  # with it


def papers_a_year(papers: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(year, papers) of papers given as (number, year), latest first; without those of unknown year, 0."""
    return sorted(Counter(year for _, year in papers if year).items(), reverse=True)


class _Everything:
    """The names of all organisations, and the papers of each, in one state of the catalogue."""

    def __init__(
        self,
        state: tuple[str, int],
        names: Sequence[tuple[int, str, str]],
        organisations: NDArray[np.int64],
        papers: NDArray[np.int64],
    ) -> None:
        self.state = state
        self._names = [(number, key, name, fold_name(name)) for number, key, name in names]
        self._pairs = organisations, papers
        self._all: list[tuple[Count, str]] | None = None

    def counts(self, among: Sequence[int] | None) -> list[tuple[Count, str]]:
        """(organisation with its number of papers, folded name), those with most papers first."""
        if among is None and self._all is not None:
            return self._all
        organisations, papers = self._pairs
        if among is not None:
            organisations = organisations[np.isin(papers, np.array(among, np.int64))]
        counts = np.bincount(organisations, minlength=1 + max((row[0] for row in self._names), default=0)).tolist()
        counted = [(Count(key, name, counts[n]), folded) for n, key, name, folded in self._names if counts[n]]
        counted.sort(key=lambda one: -one[0].papers)  # those with as many stay by name
        if among is None:
            self._all = counted
        return counted


class Organisations:
    """Organisations over a library, resolved from its affiliations when first asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.organisations
        self._cached: _Everything | None = None

    def update(self, stops: Callable[[], bool] = lambda: False) -> int:
        """Bring organisations and people up to date with the catalogue; returns its last change that they hold."""
        return self._stored.update(keyed_organisations, VERSION, stops)

    def like(self, text: str = "", *, among: Sequence[int] | None = None) -> list[Count]:
        """Organisations with papers whose name has all words of `text`, those with most papers first.

        With `among`, only these papers count.
        """
        words = fold_name(text).split()
        counted = self._everything.counts(among)
        return [one for one, folded in counted if all(word in folded for word in words)]

    @property
    def _everything(self) -> _Everything:
        """All organisations with all their papers, read again when either may have changed."""
        self.update()
        state = self._stored.state()
        if self._cached is None or self._cached.state != state:
            self._cached = _Everything(state, self._stored.names(), *self._stored.pairs())
        return self._cached

    def find(self, key: str) -> Organisation | None:
        """The organisation of this key, or the one it was joined with; None if there is none."""
        self.update()
        organisation = self._stored.get(key) or self._stored.get(organisation_key(key))
        return self._stored.joined_into(organisation) if organisation else None

    def named(self, text: str) -> Organisation:
        """The organisation that a key, a name or an affiliation names. Raises UsageError naming some like it."""
        keys = [text, organisation_key(text), *(key for key, _ in keyed_organisations(text))]
        if organisation := next(filter(None, map(self.find, keys)), None):
            return organisation
        near = ", ".join(repr(one.name) for one in self.like(text)[:3])
        raise UsageError(f"no organisation {text[:100]!r} here" + (f"; there is {near}" if near else ""))

    def papers(self, organisation: Organisation) -> list[int]:
        """The papers of an organisation, newest first."""
        return [number for number, _ in self._stored.papers(organisation.id)]

    def profile(self, organisation: Organisation) -> Profile:
        """The papers and people of an organisation."""
        papers = self._stored.papers(organisation.id)
        return Profile(
            organisation=organisation,
            papers=papers,
            years=papers_a_year(papers),
            people=self._stored.people(organisation.id),
            joined=self._stored.joined_with(organisation.id),
        )

    def of_papers(self, paper_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
        """(key, name) of the organisations of each of these papers, in the order of its authors."""
        self.update()
        return self._stored.of_papers(paper_ids)

    # What curators do -------------------------------------------------------------------------------------------

    def join(self, actor: Actor, key: str, with_text: str) -> Organisation:
        """Join an organisation with another, which then has the papers of both.

        Raises UsageError for who may not, and for names of no organisation or of the same one.
        """
        require_curator(actor)
        one, other = self.named(key), self.named(with_text)
        if one.id == other.id:
            raise UsageError(f"{one.name} is this organisation already")
        self._stored.join(one.id, other.id, keyed_organisations)
        self._record(actor, "join organisations", one, f"with {other.name} ({other.key})")
        return other

    def part(self, actor: Actor, key: str) -> Organisation:
        """Undo the joining of an organisation, named by its own key. Raises UsageError if it is not joined."""
        require_curator(actor)
        organisation = self._stored.get(key)
        if organisation is None or organisation.joined_id is None:
            raise UsageError(f"the organisation {key[:100]!r} is not joined with another")
        self._stored.join(organisation.id, None, keyed_organisations)
        self._record(actor, "part organisations", organisation, "")
        return organisation

    def rename(self, actor: Actor, key: str, name: str) -> Organisation:
        """Give an organisation another name, "" for the one that affiliations have; its address stays.

        Raises UsageError for who may not and for a name without letters.
        """
        require_curator(actor)
        organisation = self.named(key)
        name = line(name, _LONGEST_NAME, "a name") or organisation.resolved_name
        if not organisation_key(name):
            raise UsageError("a name has letters")
        if name != organisation.name:
            self._stored.change(organisation.id, name=name)
            self._record(actor, "rename organisation", organisation, f"{organisation.name} → {name}")
        return self.named(organisation.key)

    def set_url(self, actor: Actor, key: str, url: str) -> Organisation:
        """Give an organisation the address of its own site, "" for none. Raises UsageError."""
        require_curator(actor)
        organisation = self.named(key)
        url = line(url, _LONGEST_URL, "an address")
        if url and not web_url(url):
            raise UsageError(f"{url[:100]!r} is no address of the web; it begins with https://")
        if url != organisation.url:
            self._stored.change(organisation.id, url=url)
            self._record(actor, "address organisation", organisation, f"{organisation.url or '—'} → {url or '—'}")
        return self.named(organisation.key)

    def _record(self, actor: Actor, act: str, organisation: Organisation, detail: str) -> None:
        audit = self._library.catalogue.community.audit
        audit.record(actor.reader, act, organisation.key, detail)
