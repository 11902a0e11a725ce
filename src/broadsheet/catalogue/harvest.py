"""The state of harvesting: imports, cursors, providers, runs, and records that could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue import read_papers
from broadsheet.catalogue.database import Database
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue import harvest_state, imports
    from broadsheet.catalogue.harvest_state import ProviderStore, Quarantined, Run
    from broadsheet.catalogue.imports import Import, Undone
else:  # a search does not wait for what an import needs
    harvest_state, imports = lazy("broadsheet.catalogue", "harvest_state", "imports")

__all__ = ["Harvest"]


class Harvest:
    """Stores imports, cursors, providers, runs, and records that could not be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self, name: str) -> str | None:
        """The value last committed under this name."""
        return harvest_state.get_cursor(self._database, name)

    def provider_store(self) -> ProviderStore:
        """The store of provider states for the network client; each change is one transaction."""
        return harvest_state.ProviderStore(self._database)

    def get_provider(self, name: str) -> dict[str, Any]:
        """The state of a provider; {} if there is none."""
        return self.provider_store().get(name)

    def set_provider(self, name: str, state: Mapping[str, Any]) -> None:
        """Replace the state of a provider (any JSON object)."""
        self.provider_store().update(name, lambda _: dict(state))

    def log_run(self, source: str, started: datetime, report: Mapping[str, Any]) -> int:
        """Store a run of a source that ends now; returns the run's number."""
        return harvest_state.log_run(self._database, source, started, report)

    def runs(self, limit: int = 100) -> list[Run]:
        """The latest runs, newest first."""
        return harvest_state.runs(self._database, limit)

    def source_counts(self) -> dict[str, int]:
        """Source → number of its papers."""
        return read_papers.source_counts(self._database)

    def quarantine(self, limit: int = 200) -> list[Quarantined]:
        """Records that could not be read, newest first."""
        return harvest_state.quarantine(self._database, limit)

    def quarantine_count(self) -> int:
        """How many records are quarantined."""
        return harvest_state.quarantine_count(self._database)

    def clear_quarantine(self, ids: Sequence[int] | None = None) -> int:
        """Delete these quarantined records, or all; returns their number."""
        return harvest_state.clear_quarantine(self._database, ids)

    def begin_import(self, source: str) -> int:
        """Store a new import; returns its number, an argument of `Papers.add`."""
        return imports.begin(self._database, source)

    def imports(self, limit: int = 200) -> list[Import]:
        """The imports that added records, newest first."""
        return imports.imports(self._database, limit)

    def undo_import(self, import_id: int) -> Undone:
        """Delete the papers that come from one import alone and that no reader uses. Raises UsageError."""
        return imports.undo(self._database, import_id)
