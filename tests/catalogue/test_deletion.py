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
    reader = catalogue.readers.get("ada", create=True).id
    catalogue.readers.log(reader, [Event("save", paper, policy=policy) for paper in papers])
    return reader


def test_a_deleted_paper_comes_back_with_what_readers_did(catalogue: Catalogue) -> None:
    catalogue.papers.add([RIVERS, STONES])
    reader = saved(catalogue, 1)
    catalogue.readers.log(reader, [Event("tag", 1, value="wet"), Event("up", 1), Event("impression", 1)])
    catalogue.readers.create_collection(reader, "thesis")
    catalogue.readers.add_to_collection(reader, "thesis", 1)
    before, state = catalogue.papers.stored([1])[1], catalogue.readers.state(reader)
    number = catalogue.papers.delete(1)
    assert (
        catalogue.papers.ids().tolist(),
        catalogue.readers.state(reader).saved,
        catalogue.papers.resolve("10.1234/r"),
    ) == ([2], {}, None)
    (kept,) = catalogue.papers.deletions()
    assert (kept.kind, kept.label, kept.papers, kept.restored) == ("paper", RIVERS.paper.title, 1, False)
    assert catalogue.check() == []
    assert catalogue.papers.restore(number) == [3]
    after, now = catalogue.papers.stored([3])[3], catalogue.readers.state(reader)
    assert (after.paper, after.added_at, after.source_ids) == (before.paper, before.added_at, before.source_ids)
    assert now.saved == {3: state.saved[1]}
    assert (now.tags, now.ratings) == ({"wet": frozenset({3})}, {3: 1})
    assert catalogue.readers.collections(reader) == {"thesis": (3,)}
    assert (catalogue.papers.resolve("1"), catalogue.papers.resolve("10.1234/r")) == (3, 3)
    assert catalogue.changes.after(2) == [(3, 1, "delete"), (4, 3, "add")]
    undone = catalogue.readers.undo(reader)
    assert undone is not None
    assert (undone.kind, undone.paper_id) == ("up", 3)
    assert catalogue.papers.add([RIVERS]).outcomes == ("unchanged",)
    with pytest.raises(UsageError, match="restored already"):
        catalogue.papers.restore(number)


def test_a_deleted_paper_stays_away_until_it_is_asked_for(catalogue: Catalogue) -> None:
    catalogue.papers.add([PREPRINT, STONES])
    catalogue.papers.delete(1)
    assert catalogue.papers.add([STONES, PREPRINT]).outcomes == ("unchanged", "deleted")
    other = record("Another work of the same key", "bibtex:refs.bib", "ng", authors=("Ivo Lake",))
    catalogue.papers.delete(2)
    assert catalogue.papers.add([STONES, other]).outcomes == ("deleted", "added")
    assert catalogue.papers.add([PREPRINT], again=True).outcomes == ("added",)
    assert catalogue.papers.add([PREPRINT]).outcomes == ("unchanged",)
    with pytest.raises(UsageError, match="in the library again, as paper 4"):
        catalogue.papers.restore(1)
    assert catalogue.papers.purge() == 2
    assert catalogue.papers.add([STONES]).outcomes == ("added",)
    with pytest.raises(UnknownPaper):
        catalogue.papers.delete(99)


def test_an_import_is_undone_but_for_what_somebody_took_up(catalogue: Catalogue) -> None:
    first = catalogue.harvest.begin_import("old.bib")
    catalogue.papers.add([RIVERS], import_id=first)
    second = catalogue.harvest.begin_import("refs.bib")
    mine = record("Deep water and what it hides", "ris:b.ris", "w", year=2019)
    lake = record("Lakes without a name in the north", "ris:b.ris", "l", year=2019)
    catalogue.papers.add(
        [record(RIVERS.paper.title, "ris:b.ris", "r", doi="10.1234/r"), STONES, mine, lake], import_id=second
    )
    saved(catalogue, 2)
    saved(catalogue, 3, 4, policy="import")
    assert [(one.id, one.source, one.records, one.papers) for one in catalogue.harvest.imports()] == [
        (2, "refs.bib", 4, 3), (1, "old.bib", 1, 0),
    ]  # fmt: skip
    undone = catalogue.harvest.undo_import(second)
    assert (undone.deleted, undone.kept, catalogue.papers.ids().tolist()) == (2, 1, [1, 2])
    assert catalogue.harvest.imports()[0].undone
    with pytest.raises(UsageError, match="undone already"):
        catalogue.harvest.undo_import(second)
    assert undone.deletion is not None
    assert catalogue.papers.restore(undone.deletion) == [5, 6]
    assert not catalogue.harvest.imports()[0].undone
    assert sorted(catalogue.readers.state(1).saved) == [2, 5, 6]
    catalogue.harvest.undo_import(second)
    assert catalogue.papers.add([mine]).outcomes == ("added",)  # a file is read again because somebody wants it


def test_a_collection_comes_back(catalogue: Catalogue) -> None:
    catalogue.papers.add([RIVERS, STONES])
    reader = catalogue.readers.get("ada", create=True).id
    catalogue.readers.create_collection(reader, "thesis")
    catalogue.readers.add_to_collection(reader, "thesis", 2)
    catalogue.readers.delete_collection(reader, "thesis")
    assert catalogue.readers.collections(reader) == {}
    (kept,) = catalogue.papers.deletions()
    assert (kept.kind, kept.label) == ("collection", "thesis")
    assert catalogue.papers.restore(kept.id) == []
    assert catalogue.readers.collections(reader) == {"thesis": (2,)}


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
        assert opened.papers.add([again]).paper_ids == (1,)
    with closing(sqlite3.connect(tmp_path / "catalogue.version-1.db")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)
        assert kept.execute("SELECT count(*) FROM papers").fetchone() == (2,)
