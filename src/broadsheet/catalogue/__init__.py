"""The catalogue: papers, people, readers and events in one SQLite file. The only room that opens a database."""

from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.catalogue import Catalogue
from broadsheet.catalogue.events import Event, ReaderState
from broadsheet.catalogue.paper_row import believable
from broadsheet.catalogue.read_papers import Document, StoredRow
from broadsheet.catalogue.reader_accounts import Reader
from broadsheet.catalogue.saved_searches import SavedSearch
from broadsheet.catalogue.steering import Mute, Steering, StoredInterest

if TYPE_CHECKING:
    from broadsheet.catalogue.dedup.items import Item, prepare
    from broadsheet.catalogue.dedup.suspects import Suspect
    from broadsheet.catalogue.dedup.unmerge import Merge
    from broadsheet.catalogue.deletion import Deletion
    from broadsheet.catalogue.harvest_state import ProviderStore, Quarantined, Run
    from broadsheet.catalogue.imports import Import, Undone
    from broadsheet.catalogue.ingest import AddResult

__all__ = [
    "AddResult",
    "Catalogue",
    "Deletion",
    "Document",
    "Event",
    "Import",
    "Item",
    "Merge",
    "Mute",
    "ProviderStore",
    "Quarantined",
    "Reader",
    "ReaderState",
    "Run",
    "SavedSearch",
    "Steering",
    "StoredInterest",
    "StoredRow",
    "Suspect",
    "Undone",
    "believable",
    "prepare",
]

# Imported on first use: only writers need them.
_MODULES = {
    "AddResult": "ingest",
    "Deletion": "deletion",
    "Import": "imports",
    "Item": "dedup.items",
    "Merge": "dedup.unmerge",
    "ProviderStore": "harvest_state",
    "Quarantined": "harvest_state",
    "Run": "harvest_state",
    "Suspect": "dedup.suspects",
    "Undone": "imports",
    "prepare": "dedup.items",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
