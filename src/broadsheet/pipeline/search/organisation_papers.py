"""The organisations of papers, as a search filters and counts by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.kit.lazy import lazy
from broadsheet.pipeline.index.snapshot import IndexSnapshot

if TYPE_CHECKING:
    from broadsheet.sources.text import affiliations, organisation_keys
else:  # most searches ask for no organisation
    affiliations, organisation_keys = lazy("broadsheet.sources.text", "affiliations", "organisation_keys")

__all__ = ["OrganisationPapers"]

_FEW = 500  # changes of the catalogue that a search may take in without its reader waiting


class OrganisationPapers:
    """Organisations and their papers, read again when either may have changed."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._stored = catalogue.community.organisations
        self._pairs: tuple[IndexSnapshot, Any, NDArray[np.int64], NDArray[np.int64]] | None = None

    def named(self, text: str) -> Collection[int]:
        """The papers of the organisations that a key, a name, or words of a name mean."""
        self._update()
        keys = [text, organisation_keys.organisation_key(text)]
        keys += [key for key, _ in affiliations.keyed_organisations(text)]
        if organisation := next(filter(None, map(self._stored.get, dict.fromkeys(keys))), None):
            return self._papers([self._stored.joined_into(organisation).id])
        fold_name = organisation_keys.fold_name
        words = set(fold_name(text).split())
        names = self._stored.names() if words else ()
        return self._papers([number for number, _, name in names if words <= set(fold_name(name).split())])

    def _papers(self, organisations: Collection[int]) -> Collection[int]:
        return [number for one in organisations for number, _ in self._stored.papers(one)]

    def _update(self) -> None:
        self._stored.update(affiliations.keyed_organisations, affiliations.VERSION)

    def rows(self, snapshot: IndexSnapshot) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(organisation, row) of every paper in the snapshot that names one; aligned.

        Where many papers are new, those whose organisations are not known yet are left out: `is_behind` tells.
        """
        if 0 < self._stored.pending() <= _FEW:
            self._update()
        state = self._stored.state()
        if self._pairs is None or self._pairs[0] is not snapshot or self._pairs[1] != state:
            organisations, papers = self._stored.pairs()
            rows = snapshot.rows_of(papers)
            self._pairs = snapshot, state, organisations[rows >= 0], rows[rows >= 0]
        return self._pairs[2:]

    @property
    def is_behind(self) -> bool:
        """Whether organisations of new papers are not known yet; a server reads them by itself."""
        return self._stored.pending() > 0

    def names(self, organisations: Collection[int]) -> Mapping[int, str]:
        """The names of these organisations."""
        return {one.id: one.name for one in self._stored.among(organisations)}
