"""Adding: the counts of a report, what adding again changes, and files that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.kit.errors import SourceError, UnknownReader
from broadsheet.kit.paper import Identifiers, Record, Rejected
from broadsheet.pipeline.ingest import ingest as pipeline
from broadsheet.pipeline.ingest.ingest import ingest
from broadsheet.pipeline.library import Library
from broadsheet.sources.contract import Item
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS, SHIPS

BIBTEX = """% my bibliography
@article{apis2019, title = {Dances of imaginary bumblebees}, author = {Apis, Ada}, year = {2019}}
@article{broken, author = {Nobody, Known}}
@article{wabe2020, title = {Honeycomb made of invented wax}, author = {Wabe, Jörg}, year = {2020}}
"""
RIS = "TY  - JOUR\nTI  - Anchors nobody ever cast\nAU  - Boje, Ada\nPY  - 2021\nID  - boje\nER  - \n"


def test_a_report_counts_what_became_of_every_record(empty: Library) -> None:
    first = empty.add(*world.records([BEES], 4))
    assert (first.source, first.read, first.added, first.updated, first.unchanged) == ("invented", 4, 4, 0, 0)
    assert (first.merged, first.quarantined, first.messages) == (0, 0, ())
    assert first.paper_ids == (1, 2, 3, 4)
    changed = world.record(BEES, 0, "A second look.")
    same = world.record(BEES, 1)
    elsewhere = Record(world.paper(BEES, 2), "crossref", "10.1/x", "crossref 10.1/x")
    new = world.record(BEES, 4)
    second = empty.add(changed, same, elsewhere, new)
    assert (second.read, second.added, second.updated, second.unchanged, second.merged) == (4, 1, 1, 1, 1)
    assert second.paper_ids == (1, 2, 3, 5)
    assert empty.stats().papers == 5


def test_adding_again_changes_nothing(library: Library) -> None:
    seq, manifest = library.catalogue.changes.last_seq(), library.snapshot().manifest
    report = library.add(*world.records())
    assert (report.read, report.unchanged, report.added) == (120, 120, 0)
    assert library.catalogue.changes.last_seq() == seq
    assert library.snapshot().manifest == manifest


def test_an_update_keeps_what_the_paper_was(library: Library) -> None:
    library.add(world.record(BEES, 3, "Now about zeppelins."))
    number, replaced, before = library.versions("bees-3")[0]
    assert (number, before) == (1, world.paper(BEES, 3))
    assert replaced >= library.paper("bees-3").added_at
    assert library.paper("bees-3").paper.abstract.endswith("Now about zeppelins.")
    assert world.keys(library.search("zeppelins")) == ["bees-3"]


def test_two_papers_are_not_one_because_their_words_are(empty: Library) -> None:
    twin = replace(world.paper(BEES, 0), ids=Identifiers(arxiv="1501.99999"))
    report = empty.add(world.record(BEES, 0), Record(twin, "other", "twin", "other:1"))
    assert (report.added, report.merged) == (2, 0)


def test_batches_are_whole_transactions(empty: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that breaks off midway keeps every batch before the break, and the part of the batch it broke in."""
    monkeypatch.setattr(pipeline, "BATCH", 4)
    told: list[tuple[str, int, int | None]] = []

    def breaks() -> Iterator[Item]:
        yield from world.records([SHIPS], 6)
        yield Rejected("invented", "line 7", "nonsense", "??")
        raise SourceError("ships.txt: the line was cut at record 7")

    report = ingest(empty.catalogue, "ships", breaks(), lambda *step: told.append(step), 10)
    assert (report.read, report.added, report.quarantined) == (7, 6, 1)
    assert report.messages == ("ships.txt: the line was cut at record 7",)
    assert told == [("adding ships", 4, 10), ("adding ships", 7, 10)]
    held = empty.quarantine()
    assert [(q.source, q.place, q.reason, q.raw) for q in held] == [("invented", "line 7", "nonsense", "??")]
    assert empty.clear_quarantine([held[0].id]) == 1
    assert empty.quarantine() == []


def test_a_source_of_which_nothing_can_be_read_is_an_error(empty: Library) -> None:
    def dead() -> Iterator[Item]:
        yield from ()
        raise SourceError("gone.txt: is gone")

    with pytest.raises(SourceError, match=r"gone\.txt"):
        ingest(empty.catalogue, "gone", dead())


def test_an_unreadable_file_keeps_no_other_out(empty: Library, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BIBTEX, encoding="utf-8")
    (tmp_path / "refs.ris").write_text(RIS, encoding="utf-8")
    (tmp_path / "noise.bin").write_bytes(b"\0\1\2\3" * 50)
    report = empty.add(tmp_path / "refs.bib", tmp_path / "absent.bib", tmp_path / "noise.bin", tmp_path / "refs.ris")
    assert (report.source, report.read, report.added, report.quarantined) == ("refs.bib, refs.ris", 4, 3, 1)
    assert len(report.messages) == 2
    assert report.messages[0] == f"{tmp_path / 'absent.bib'}: no such file"
    assert "noise.bin: the format is not known" in report.messages[1]
    assert empty.quarantine()[0].place == "refs.bib:3"
    assert world.keys(empty.search("bumblebees"))[0] == "apis2019"
    assert [(s.name, s.kind, s.state, s.papers) for s in empty.sources() if s.kind == "file"] == [
        ("refs.bib", "file", "ready", 2),
        ("refs.ris", "file", "ready", 1),
    ]


def test_only_unreadable_files_are_an_error_that_names_each(empty: Library, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.bib: no such file; .*b\.ris: no such file"):
        empty.add(tmp_path / "a.bib", tmp_path / "b.ris")
    assert empty.stats().papers == 0
    assert empty.add(tmp_path / "a.bib", world.record(BEES, 0)).added == 1


def test_streams_of_records_are_added_and_searchable(empty: Library) -> None:
    report = empty.add_items("stream", iter(world.records([CLOCKS], 5)))
    assert (report.source, report.added) == ("stream", 5)
    assert set(world.keys(empty.search("venue:horology"))) == {"clocks-0", "clocks-2", "clocks-4"}


@pytest.mark.parametrize("pasted", [False, True], ids=["file", "pasted"])
def test_importing_a_bibliography_saves_it(library: Library, tmp_path: Path, pasted: bool) -> None:
    (tmp_path / "mine.bib").write_text(BIBTEX, encoding="utf-8")
    report = library.import_saved("me", BIBTEX if pasted else tmp_path / "mine.bib")
    assert (report.read, report.added, report.quarantined) == (3, 2, 1)
    assert set(report.paper_ids) == set(library.state("me").saved) == {121, 122}
    assert {p for kind, p, _, policy in world.events(library) if (kind, policy) == ("save", "import")} == {121, 122}
    library.tune("me", recency=0, diversity=0, exploration=0)
    page = library.feed("me", log=False)
    assert not page.cold
    assert set(world.topics_of(world.keys(page))) == {"bees"}
    again = library.import_saved("me", BIBTEX if pasted else tmp_path / "mine.bib")
    assert (again.unchanged, again.paper_ids) == (2, report.paper_ids)
    assert [kind for kind, *_ in world.events(library)].count("save") == 2


def test_pasted_ris_is_read_as_such(library: Library) -> None:
    report = library.import_saved("me", RIS)
    assert [s.paper.title for s in library.papers(report.paper_ids)] == ["Anchors nobody ever cast"]
    assert library.quarantine() == []


def test_pasted_ids_in_any_form_are_saved(library: Library) -> None:
    first, second = (library.paper(key) for key in ("bread-1", "bread-2"))
    text = f"https://arxiv.org/abs/{first.paper.ids.arxiv}v2,\n arXiv:{second.paper.ids.arxiv}; {first.id}"
    report = library.import_saved("me", text)
    assert (report.read, report.unchanged, report.quarantined) == (3, 3, 0)
    assert report.paper_ids == (first.id, second.id)
    assert set(library.state("me").saved) == {first.id, second.id}


def test_words_that_are_no_ids_are_put_aside(library: Library) -> None:
    report = library.import_saved("me", "bread-1 certainly-not-an-id")
    assert (report.quarantined, len(report.paper_ids)) == (1, 1)
    assert library.quarantine()[0].place == "certainly-not-an-id"


def test_an_unknown_reader_imports_nothing(library: Library) -> None:
    with pytest.raises(UnknownReader):
        library.import_saved("nobody", BIBTEX)
    assert library.stats().papers == 120
