"""The library as the faces use it: papers, collections, tags, exports, numbers, opening."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.errors import LibraryError, UnknownPaper, UnknownReader, UsageError
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import BEES


@pytest.mark.parametrize(
    "form", ["{id}", "paper:{id}", "{key}", "{arxiv}", "arXiv:{arxiv}v2", "https://arxiv.org/abs/{arxiv}"]
)
def test_a_paper_is_found_by_any_of_its_names(shared: Library, form: str) -> None:
    stored = shared.paper("bees-4")
    text = form.format(id=stored.id, key="bees-4", arxiv=stored.paper.ids.arxiv)
    assert shared.paper(text) == stored
    assert (stored.paper, stored.source_ids) == (world.paper(BEES, 4), (("invented", "bees-4"),))


def test_an_unknown_paper_is_named_with_the_way_out(shared: Library) -> None:
    with pytest.raises(
        UnknownPaper, match=r"no paper '2612\.99999' in this library; `broadsheet add --ids 2612\.99999`"
    ):
        shared.paper("2612.99999")
    assert [s.id for s in shared.papers([3, 999, 1])] == [3, 1]


@pytest.mark.parametrize("format", ["bibtex", "ris", "csl", "jsonl"])
def test_what_is_exported_is_what_is_added(shared: Library, tmp_path: Path, format: str) -> None:
    ids = shared.catalogue.papers.ids().tolist()[:40]
    file = tmp_path / f"out.{format}"
    file.write_text("".join(shared.export(ids, format)), encoding="utf-8")
    with broadsheet.open(tmp_path / "copy") as copy:
        report = copy.add(file)
        assert (report.added, report.quarantined) == (40, 0)
        for number in ids:
            before = shared.paper(number).paper
            after = copy.paper(before.ids.arxiv).paper
            assert (after.title, after.year, after.venue) == (before.title, before.year, before.venue)
            assert after.abstract == before.abstract
            assert [p.name for p in after.authors] == [p.name for p in before.authors]


def test_an_unknown_export_is_refused(shared: Library) -> None:
    with pytest.raises(UsageError, match="no export format 'docx'; there are bibtex, ris, csl, csv, json, jsonl"):
        shared.export([1], "docx")
    assert json.loads("".join(shared.export([], "csl"))) == []


def test_tags(library: Library) -> None:
    first, second = library.resolve("bees-1"), library.resolve("bees-2")
    library.act("me", first, "tag", " to read ")
    library.act("me", second, "tag", "to read")
    library.act("me", second, "tag", "übung")
    assert library.state("me").tags == {"to read": {first, second}, "übung": {second}}
    library.act("me", second, "untag", "to read")
    assert library.state("me").tags["to read"] == {first}
    assert library.undo("me") == ("untag", second)
    assert library.state("me").tags["to read"] == {first, second}
    assert library.feed("me", log=False).cold  # a tag is no judgement
    assert {first, second} <= {item.stored.id for item in library.feed("me", 200, log=False).items}


def test_collections(library: Library) -> None:
    first, second = library.resolve("bees-1"), library.resolve("bees-2")
    library.collect("me", " Thesis ", second)
    library.collect("me", "Thesis", "bees-1")
    library.collect("me", "Thesis", first)
    library.collect("me", "Other", first)
    assert library.collections("me") == {"Other": (first,), "Thesis": (second, first)}
    library.uncollect("me", "Thesis", "bees-2")
    library.delete_collection("me", "Other")
    assert library.collections("me") == {"Thesis": (first,)}
    for wrong in (lambda: library.uncollect("me", "None", first), lambda: library.delete_collection("me", "None")):
        with pytest.raises(UsageError, match="no collection named 'None'"):
            wrong()
    with pytest.raises(UsageError, match="a collection needs a name"):
        library.collect("me", " ", first)
    with pytest.raises(UnknownPaper):
        library.collect("me", "New", "nope")
    assert list(library.collections("me")) == ["Thesis"]


def test_readers(library: Library) -> None:
    assert library.state("me").saved == {}
    assert library.create_reader("ada").name == "ada"
    with pytest.raises(UsageError, match="there is a reader 'ada' already"):
        library.create_reader("ada")
    library.act("ada", "bees-1", "save")
    assert [r.name for r in library.readers()] == ["me", "ada"]
    library.delete_reader("ada")
    with pytest.raises(UnknownReader, match="no reader named 'ada'; there are me"):
        library.act("ada", "bees-1", "save")
    assert world.events(library) == []


def test_undo_goes_back_step_by_step(library: Library) -> None:
    number = library.resolve("bees-1")
    for action in ("save", "up", "down", "hide"):
        library.act("me", number, action)
    assert [library.undo("me") for _ in range(5)] == [
        ("hide", number),
        ("down", number),
        ("up", number),
        ("save", number),
        None,
    ]
    state = library.state("me")
    assert (state.saved, state.ratings, state.hidden) == ({}, {}, frozenset())


def test_two_records_joined_by_title_can_be_parted(empty: Library) -> None:
    paper = world.paper(BEES, 0)
    bare = world.Paper(paper.title, authors=paper.authors, year=paper.year, venue="Elsewhere")
    empty.add(world.record(BEES, 0))
    assert empty.add(world.Record(bare, "bibtex:refs.bib", "x")).merged == 1
    [merge] = empty.merges()
    assert (merge.paper_id, merge.source_id, merge.score, merge.undone) == (1, "x", 1.0, False)
    new = empty.undo_merge(merge.id)
    assert (empty.paper(new).paper.venue, empty.paper("bees-0").paper) == ("Elsewhere", paper)
    assert set(world.keys(empty.search("title:bees"))) == {"bees-0", "x"}
    assert [merge.undone for merge in empty.merges()] == [True]


def test_the_numbers(library: Library, empty: Library) -> None:
    library.act("me", "bees-1", "save")
    stats = library.stats()
    assert (stats.papers, stats.indexed, stats.readers, stats.quarantined) == (120, 120, 1, 0)
    words = len(library.snapshot().encoder.vocabulary_)
    assert stats.encoder == f"static, 256 dimensions, {words:,} words, as shipped"
    assert stats.index_bytes == sum(p.stat().st_size for p in (library.path / "indexes").glob("*.bin")) > 0
    assert stats.catalogue_bytes == (library.path / "catalogue.db").stat().st_size
    assert stats.last_added == library.paper("bread-29").added_at
    nothing = empty.stats()
    assert (nothing.papers, nothing.indexed, nothing.readers, nothing.last_added) == (0, 0, 0, None)


def test_check_and_repair(library: Library) -> None:
    report = library.check()
    assert (report.ok, report.problems, report.repaired) == (True, (), ())
    assert report.lines[0] == "catalogue: 120 papers, 120 changes"
    next((library.path / "indexes").glob("*.codes.bin")).unlink()
    with broadsheet.open(library.path) as other:
        broken = other.check()
        assert not broken.ok
        assert "the file is missing" in broken.problems[0]
        repaired = other.check(repair=True)
        assert (repaired.ok, repaired.repaired) == (True, broken.problems)
        assert world.keys(other.search(world.paper(BEES, 4).title, 1)) == ["bees-4"]


def test_opening(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library here"):
        broadsheet.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    library.feed("me")
    library.act("me", "bees-1", "save")
    with broadsheet.open(library.path, read_only=True) as reading:
        assert reading.instance_id == library.instance_id
        assert world.keys(reading.search("pendulum", 3)) == world.keys(library.search("pendulum", 3))
        logged = len(world.events(library))
        assert len(reading.feed("me").items) == 20
        assert len(world.events(library)) == logged
        with pytest.raises(LibraryError):
            reading.act("me", "bees-2", "save")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LibraryError, match="file/below"):
        broadsheet.open(tmp_path / "file" / "below")
