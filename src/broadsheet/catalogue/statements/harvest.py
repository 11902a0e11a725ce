"""Statements for the change log, cursors, quarantine, providers, runs, imports and deletions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Select, Table, bindparam, delete, exists, func, or_, select, update

from broadsheet.catalogue.dialects.building import Insert, insert, into, upsert
from broadsheet.catalogue.schema import (
    METADATA,
    changes,
    collection_papers,
    cursors,
    deletions,
    events,
    identifiers,
    imports,
    meta,
    papers,
    providers,
    quarantine,
    reader_papers,
    reader_tags,
    runs,
    source_records,
    takeout_imports,
    tombstones,
)
from broadsheet.catalogue.statements.elements import any_of, each, json_field, lookup

_MOST: BindParameter[Any] = bindparam("most")
_NAMED: BindParameter[Any] = bindparam("name")

# --- the file and its change log --------------------------------------------------------------------------------
INSTANCE_ID = select(meta.c.value).where(meta.c.key == "instance_id")
ADD_META = into(meta)
LAST_SEQ = select(func.coalesce(func.max(changes.c.seq), 0))
CHANGES_AFTER = select(changes).where(changes.c.seq > bindparam("after")).order_by(changes.c.seq).limit(_MOST)
LOG_CHANGES = into(changes, "paper_id", "kind")

# --- cursors, quarantine, providers, runs -----------------------------------------------------------------------
CURSOR = select(cursors.c.value).where(cursors.c.name == _NAMED)
SET_CURSOR = upsert(insert(cursors), "value", "at")
QUARANTINE = (
    select(*quarantine.c["id", "at", "source", "place", "reason", "raw"])
    .order_by(quarantine.c.at.desc(), quarantine.c.id.desc())
    .limit(_MOST)
)
QUARANTINE_COUNT = select(func.count()).select_from(quarantine)
ADD_REJECTED = upsert(
    into(quarantine, "at", "source", "place", "reason", "raw"), "at", "raw", keys=("source", "place", "reason")
)
CLEAR_QUARANTINE = delete(quarantine)
FORGET_REJECTED = delete(quarantine).where(any_of(quarantine.c.id, "ids"))
PROVIDER = select(providers.c.state).where(providers.c.name == _NAMED)
SET_PROVIDER = upsert(insert(providers), "state", "at")
RUNS = select(*runs.c["id", "source", "started", "finished", "report"]).order_by(runs.c.id.desc()).limit(_MOST)
ADD_RUN = insert(runs)
FORGET_RUNS = delete(runs).where(runs.c.id <= bindparam("last"))

# --- imports ----------------------------------------------------------------------------------------------------
ADD_IMPORT = insert(imports)
NOTE_UNDONE = update(imports).where(imports.c.id == bindparam("import_id"))
NOTE_RESTORED = update(imports).where(imports.c.undone == bindparam("number")).values(undone=None)
IMPORT = select(imports.c.source, imports.c.undone).where(imports.c.id == bindparam("import_id"))
IMPORTS = (
    select(imports.c.id, imports.c.at, imports.c.source, func.count(source_records.c.id), imports.c.undone)
    .join_from(imports, source_records, source_records.c.import_id == imports.c.id, isouter=True)
    .group_by(imports.c.id)
    .having(
        or_(
            func.count(source_records.c.id) > 0,
            imports.c.undone.is_not(None),
            imports.c.id.in_(select(takeout_imports.c.import_id)),
        )
    )
    .order_by(imports.c.id.desc())
    .limit(_MOST)
)
_others = source_records.alias("others")
_records_of_paper = (
    select(func.count()).select_from(_others).where(_others.c.paper_id == source_records.c.paper_id).scalar_subquery()
)
_single_import = (
    select(source_records.c.paper_id)
    .where(source_records.c.import_id == bindparam("import_id"))
    .group_by(source_records.c.paper_id)
    .having(func.count(source_records.c.id) == _records_of_paper)
)
IMPORTED_ALONE = _single_import  # papers all of whose records one import added
_imported = _single_import.subquery("alone")
_undoing = events.alias("undoing")
_saved = (
    exists()
    .where(
        reader_papers.c.paper_id == _imported.c.paper_id,
        reader_papers.c.saved_at.is_not(None),
        events.c.reader_id == reader_papers.c.reader_id,
        events.c.paper_id == reader_papers.c.paper_id,
        events.c.kind == "save",
        events.c.policy != "import",  # an import of saved papers also logs saves
        events.c.undoes.is_(None),
        ~exists().where(_undoing.c.undoes == events.c.id).correlate(events),
    )
    .correlate(_imported)
)
IMPORTED_IN_USE = select(_imported.c.paper_id).where(
    or_(
        exists().where(reader_tags.c.paper_id == _imported.c.paper_id),
        exists().where(collection_papers.c.paper_id == _imported.c.paper_id),
        exists().where(reader_papers.c.paper_id == _imported.c.paper_id, reader_papers.c.rating != 0),
        _saved,
    )
)

# --- deletions --------------------------------------------------------------------------------------------------
DELETIONS = (
    select(*deletions.c["id", "at", "kind", "label", "papers", "restored_at"])
    .order_by(deletions.c.id.desc())
    .limit(_MOST)
)
DELETION = select(deletions.c.kind, deletions.c.content, deletions.c.restored_at).where(
    deletions.c.id == bindparam("deletion_id")
)
_OF_READERS = ("collection", "search", "group")
DELETED_PAPER_IDS = select(deletions.c.id, json_field(deletions.c.content, "papers")).where(
    deletions.c.restored_at.is_(None), deletions.c.kind.not_in(_OF_READERS)
)
DELETION_OWNER = select(deletions.c.kind, json_field(deletions.c.content, "reader")).where(
    deletions.c.id == bindparam("deletion_id"), deletions.c.kind.in_(_OF_READERS), deletions.c.content != ""
)
ADD_DELETION = insert(deletions)
NOTE_DELETION_RESTORED = update(deletions).where(deletions.c.id == bindparam("number"))
PURGE = delete(deletions).where(deletions.c.restored_at.is_(None))
PURGE_ONE = PURGE.where(deletions.c.id == bindparam("number"))
ANY_TOMBSTONE = select(tombstones.c.deletion_id).limit(1)
_VALUES = each("values")
TOMBSTONES = select(tombstones.c.value, tombstones.c.title).select_from(
    lookup(
        _VALUES,
        tombstones,
        (tombstones.c.scheme == bindparam("scheme")) & (tombstones.c.value == _VALUES.c.value),
    )
)
ADD_TOMBSTONES = into(tombstones, ignoring=True)
FORGET_TOMBSTONES = delete(tombstones).where(
    tombstones.c.scheme == bindparam("of_scheme"), tombstones.c.value == bindparam("of_value")
)
FORGET_TOMBSTONES_OF = delete(tombstones).where(tombstones.c.deletion_id == bindparam("of_deletion"))
IDENTIFIER = select(identifiers.c.paper_id).where(
    identifiers.c.scheme == bindparam("scheme"), identifiers.c.value == bindparam("value")
)


def rows_of(name: str) -> Select[tuple[object, ...]]:
    """A query for the rows of a table that belong to the papers `ids`, in the order of insertion."""
    table = _table(name)
    query = select(table).where(any_of(table.c.id if table is papers else table.c.paper_id, "ids"))
    return query.order_by(table.c.id) if "id" in table.c else query


def rows_into(name: str, columns: tuple[str, ...]) -> Insert:
    """An insert into a table that skips rows whose key exists."""
    return into(_table(name), *(column.name for column in _table(name).c if column.name in columns), ignoring=True)


def _table(name: str) -> Table:
    return METADATA.tables[name]
