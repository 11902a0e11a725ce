"""The catalogue: papers, people, readers and events in one SQLite file. The only room that opens a database."""

from broadsheet.catalogue.deletion import Deletion
from broadsheet.catalogue.events import Event, ReaderState
from broadsheet.catalogue.imports import Import, Undone
from broadsheet.catalogue.ingest import Added
from broadsheet.catalogue.journal import ProviderStore, Quarantined, Run
from broadsheet.catalogue.papers import Document, StoredRow
from broadsheet.catalogue.readers import Reader
from broadsheet.catalogue.rows import believable
from broadsheet.catalogue.splitting import Merge
from broadsheet.catalogue.store import Catalogue
from broadsheet.catalogue.suspects import Suspect

__all__ = [
    "Added",
    "Catalogue",
    "Deletion",
    "Document",
    "Event",
    "Import",
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
]
