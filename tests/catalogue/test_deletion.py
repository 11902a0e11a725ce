"""Deleting papers, imports and collections, and having them back with all that hung on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.kit.errors import UnknownPaper, UsageError
from tests.catalogue.made import PREPRINT, record

RIVERS = record("Loud rivers carry heavy stones", "bibtex:refs.bib", "blau", doi="10.1234/r")
STONES = record("Quiet stones of the river bed", "bibtex:refs.bib", "ng", year=2020)


def saved(catalogue: Catalogue, *papers: int, policy: str = "") -> int:
    reader = catalogue.reader("ada", create=True).id
    catalogue.log(reader, [Event("save", paper, policy=policy) for paper in papers])
    return reader


def test_a_deleted_paper_comes_back_with_what_readers_did(catalogue: Catalogue) -> None:
    catalogue.add([RIVERS, STONES])
    reader = saved(catalogue, 1)
    catalogue.log(reader, [Event("tag", 1, value="wet"), Event("up", 1), Event("impression", 1)])
    catalogue.create_collection(reader, "thesis")
    catalogue.add_to_collection(reader, "thesis", 1)
    before, state = catalogue.stored([1])[1], catalogue.state(reader)
    number = catalogue.delete(1)
    assert (catalogue.ids().tolist(), catalogue.state(reader).saved, catalogue.resolve("10.1234/r")) == ([2], {}, None)
    (kept,) = catalogue.deletions()
    assert (kept.kind, kept.label, kept.papers, kept.restored) == ("paper", RIVERS.paper.title, 1, False)
    assert catalogue.check() == []
    assert catalogue.restore(number) == [3]
    after, now = catalogue.stored([3])[3], catalogue.state(reader)
    assert (after.paper, after.added_at, after.source_ids) == (before.paper, before.added_at, before.source_ids)
    assert now.saved == {3: state.saved[1]}
    assert (now.tags, now.ratings) == ({"wet": frozenset({3})}, {3: 1})
    assert catalogue.collections(reader) == {"thesis": (3,)}
    assert (catalogue.resolve("1"), catalogue.resolve("10.1234/r")) == (3, 3)
    assert catalogue.changes(2) == [(3, 1, "delete"), (4, 3, "add")]
    undone = catalogue.undo(reader)
    assert undone is not None
    assert (undone.kind, undone.paper_id) == ("up", 3)
    assert catalogue.add([RIVERS]).outcomes == ("unchanged",)
    with pytest.raises(UsageError, match="restored already"):
        catalogue.restore(number)


def test_a_deleted_paper_stays_away_until_it_is_asked_for(catalogue: Catalogue) -> None:
    catalogue.add([PREPRINT, STONES])
    catalogue.delete(1)
    assert catalogue.add([STONES, PREPRINT]).outcomes == ("unchanged", "deleted")
    other = record("Another work of the same key", "bibtex:refs.bib", "ng", authors=("Ivo Lake",))
    catalogue.delete(2)
    assert catalogue.add([STONES, other]).outcomes == ("deleted", "added")
    assert catalogue.add([PREPRINT], again=True).outcomes == ("added",)
    assert catalogue.add([PREPRINT]).outcomes == ("unchanged",)
    with pytest.raises(UsageError, match="in the library again, as paper 4"):
        catalogue.restore(1)
    assert catalogue.purge() == 2
    assert catalogue.add([STONES]).outcomes == ("added",)
    with pytest.raises(UnknownPaper):
        catalogue.delete(99)


def test_an_import_is_undone_but_for_what_somebody_took_up(catalogue: Catalogue) -> None:
    first = catalogue.begin_import("old.bib")
    catalogue.add([RIVERS], import_id=first)
    second = catalogue.begin_import("refs.bib")
    mine = record("Deep water and what it hides", "ris:b.ris", "w", year=2019)
    lake = record("Lakes without a name in the north", "ris:b.ris", "l", year=2019)
    catalogue.add([record(RIVERS.paper.title, "ris:b.ris", "r", doi="10.1234/r"), STONES, mine, lake], import_id=second)
    saved(catalogue, 2)
    saved(catalogue, 3, 4, policy="import")
    assert [(one.id, one.source, one.records, one.papers) for one in catalogue.imports()] == [
        (2, "refs.bib", 4, 3), (1, "old.bib", 1, 0),
    ]  # fmt: skip
    undone = catalogue.undo_import(second)
    assert (undone.deleted, undone.kept, catalogue.ids().tolist()) == (2, 1, [1, 2])
    assert catalogue.imports()[0].undone
    with pytest.raises(UsageError, match="undone already"):
        catalogue.undo_import(second)
    assert undone.deletion is not None
    assert catalogue.restore(undone.deletion) == [5, 6]
    assert not catalogue.imports()[0].undone
    assert sorted(catalogue.state(1).saved) == [2, 5, 6]
    catalogue.undo_import(second)
    assert catalogue.add([mine]).outcomes == ("added",)  # a file is read again because somebody wants it


def test_a_collection_comes_back(catalogue: Catalogue) -> None:
    catalogue.add([RIVERS, STONES])
    reader = catalogue.reader("ada", create=True).id
    catalogue.create_collection(reader, "thesis")
    catalogue.add_to_collection(reader, "thesis", 2)
    catalogue.delete_collection(reader, "thesis")
    assert catalogue.collections(reader) == {}
    (kept,) = catalogue.deletions()
    assert (kept.kind, kept.label) == ("collection", "thesis")
    assert catalogue.restore(kept.id) == []
    assert catalogue.collections(reader) == {"thesis": (2,)}


def test_the_older_file_is_kept_beside_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "catalogue.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((Path(__file__).parent / "version_1.sql").read_text(encoding="utf-8"))
        raw.execute(f"PRAGMA application_id = {0x42524453}")
        raw.execute("PRAGMA user_version = 1")
    with Catalogue.open(path) as opened:
        assert opened.check() == []
        again = record("Learning to rank with very few clicks", "csl:new.json", "z", arxiv="2401.00001")
        assert opened.add([again]).paper_ids == (1,)
    with closing(sqlite3.connect(tmp_path / "catalogue.version-1.db")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)
        assert kept.execute("SELECT count(*) FROM papers").fetchone() == (2,)
