"""What an earlier version joined or overwrote wrongly is found and parted."""

from __future__ import annotations

import json

from broadsheet.catalogue import Catalogue, Event
from tests.catalogue.made import record

WHALES = record("Whales of the north", "bibtex:refs.bib", "a4", authors=("A W",), year=2011)
TRAINS = record("Trains of the south", "bibtex:refs.bib", "a4", authors=("B T",), year=1999)


def test_an_overwritten_paper_comes_back_with_what_readers_saved(catalogue: Catalogue) -> None:
    catalogue.papers.add([WHALES])
    reader = catalogue.readers.get("ada", create=True).id
    catalogue.readers.log(reader, [Event("save", 1), Event("tag", 1, value="sea")])
    overwrite(catalogue)
    catalogue.readers.log(reader, [Event("up", 1)])
    (found,) = catalogue.papers.suspects()
    assert (found.kind, found.title, found.other) == ("replaced", TRAINS.paper.title, WHALES.paper.title)
    assert [number for _, number in catalogue.papers.part()] == [2]
    papers = catalogue.papers.stored([1, 2])
    assert (papers[1].paper.title, papers[2].paper) == (TRAINS.paper.title, WHALES.paper)
    state = catalogue.readers.state(reader)
    assert (list(state.saved), state.tags, state.ratings) == ([2], {"sea": frozenset({2})}, {1: 1})
    assert catalogue.papers.suspects() == []
    assert catalogue.papers.add([WHALES, TRAINS]).paper_ids == (2, 1)


def overwrite(catalogue: Catalogue) -> None:
    """What 0.1.0 did with another record of the same key."""
    from broadsheet.catalogue.change_log import log_changes
    from broadsheet.catalogue.dedup.items import prepare
    from broadsheet.catalogue.ingest import keep_versions
    from broadsheet.catalogue.write_papers import New, replace_papers

    database = catalogue._database
    with database.write() as connection:
        keep_versions(connection, [(1, database.now(), json.dumps(prepare(WHALES).data))])
        replace_papers(connection, [New(1, prepare(TRAINS).data, "")])
        log_changes(connection, [(1, "update")])


def test_a_record_of_another_work_gets_a_paper_of_its_own(catalogue: Catalogue) -> None:
    deep = record("The first chapter about deep water", "bibtex:a.bib", "c1", authors=("Lena Lake",), year=2016)
    stones = record("Stones and what they carry", "bibtex:a.bib", "c2", authors=("Otto Brook",), year=2016)
    catalogue.papers.add([deep, stones])
    with catalogue._database.write() as connection:  # as if a cut DOI had joined them
        from broadsheet.catalogue.dedup.merge_papers import Bridge, merge_into

        merge_into(connection, [Bridge(1, 2)], catalogue._database.now())
        from broadsheet.catalogue.change_log import log_changes

        log_changes(connection, [(2, "delete"), (1, "update")])
    (found,) = [one for one in catalogue.papers.suspects() if one.kind == "joined"]
    assert found.other == stones.paper.title
    assert 3 in [number for _, number in catalogue.papers.part()]
    assert {row.paper.title for row in catalogue.papers.stored([1, 3]).values()} == {
        deep.paper.title,
        stones.paper.title,
    }
    assert [source for source, *_ in catalogue.papers.records(1)] == ["bibtex:a.bib"]


def test_a_cut_doi_is_named(catalogue: Catalogue) -> None:
    catalogue.papers.add([record(doi="10.1002/(sici)1097-4571(199806)49:8")])
    (found,) = catalogue.papers.suspects()
    assert "is cut; look it up again" in found.line
