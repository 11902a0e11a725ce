"""The catalogue: papers, people, readers and events in one SQLite file. The only room that opens a database."""

from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.events import Event, ReaderState
from broadsheet.catalogue.papers import Document, StoredRow
from broadsheet.catalogue.readers import Reader
from broadsheet.catalogue.rows import believable
from broadsheet.catalogue.store import Catalogue

if TYPE_CHECKING:
    from broadsheet.catalogue.deletion import Deletion
    from broadsheet.catalogue.imports import Import, Undone
    from broadsheet.catalogue.ingest import Added
    from broadsheet.catalogue.journal import ProviderStore, Quarantined, Run
    from broadsheet.catalogue.matching import Item, prepare
    from broadsheet.catalogue.splitting import Merge
    from broadsheet.catalogue.suspects import Suspect

__all__ = [
    "Added",
    "Catalogue",
    "Deletion",
    "Document",
    "Event",
    "Import",
    "Item",
    "Merge",
    "ProviderStore",
    "Quarantined",
    "Reader",
    "ReaderState",
    "Run",
    "StoredRow",
    "Suspect",
    "Undone",
    "believable",
    "prepare",
]

# Loaded when they are asked for: only what writes needs them.
_MODULES = {
    "Added": "ingest",
    "Deletion": "deletion",
    "Import": "imports",
    "Item": "matching",
    "Merge": "splitting",
    "ProviderStore": "journal",
    "Quarantined": "journal",
    "Run": "journal",
    "Suspect": "suspects",
    "Undone": "imports",
    "prepare": "matching",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
