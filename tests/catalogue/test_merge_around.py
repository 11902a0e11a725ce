"""What stands around a merge: older files, harm that is found, and the library that shows the survivor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Catalogue, Event, ReaderState
from broadsheet.catalogue.database import fetch
from broadsheet.kit.paper import Person
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT, D, X, older, record
from tests.catalogue.test_merge_papers import ONE


def state_of(catalogue: Catalogue) -> ReaderState:
    return catalogue.readers.state(catalogue.readers.get("ada").id)


def test_a_catalogue_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    older(path, 1)
    with Catalogue.open(path) as old, Catalogue.open(tmp_path / "new.db", create=True) as new:
        assert shape(old) == shape(new)
        assert (old.check(), old.papers.count(), list(state_of(old).saved)) == ([], 2, [2])
        (merge,) = old.papers.merges()
        assert (merge.rule, merge.absorbed, merge.source) == ("title", None, "ris:b.ris")
        people = (BOTH.paper.authors[0], Person("Cy Third"))
        assert old.papers.add([replace(BOTH, paper=replace(BOTH.paper, authors=people))]).paper_ids == (1,)
        assert (old.check(), old.papers.resolve("2"), list(state_of(old).saved)) == ([], 1, [1])
        assert old.papers.undo_merge(merge.id) == 3


def shape(catalogue: Catalogue) -> dict[str, object]:
    """Table to its columns."""
    with catalogue._database.read() as connection:
        names = [r[0] for r in fetch(connection, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: fetch(connection, f"PRAGMA table_info({name})") for name in names}


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("INSERT INTO redirects VALUES (1, 1)", "number 1 leads to another paper and is still a paper itself"),
        ("UPDATE redirects SET paper_id = 99", "number 2 leads to a paper that never was"),
        ("UPDATE events SET paper_id = 2", "number 2 leads to another paper, and events still name it"),
    ],
)
def test_each_harm_is_found(tmp_path: Path, harm: str, words: str) -> None:
    with Catalogue.open(tmp_path / "c.db", create=True) as catalogue:
        catalogue.papers.add([PREPRINT, ARTICLE])
        catalogue.readers.log(catalogue.readers.get("ada", create=True).id, [Event("open", 2)])
        catalogue.papers.add([BOTH])
        assert catalogue.check() == []
        with catalogue._database.write() as connection:
            connection.exec_driver_sql(harm)
        assert words in catalogue.check()


def test_the_library_shows_the_survivor_under_both_numbers(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library") as library:
        library.add(PREPRINT, ARTICLE, record("Bees dance on the comb", "hf", "3", authors=("Cy",)))
        library.act("me", 2, "save")
        assert library.search("learned from clicks").results[0].stored.id == 2
        library.add(BOTH)
        assert (library.paper(2).id, library.paper("paper:2").paper.ids) == (1, ONE)
        assert [hit.stored.id for hit in library.search("clicks").results] == [1]
        assert [hit.stored.id for hit in library.search("venue:SIGIR").results] == [1]
        assert list(library.state("me").saved) == [1]
        assert library.check().ok
        assert library.undo_merge(library.merges()[0].id) == 4
        assert sorted(hit.stored.id for hit in library.search("clicks").results) == [1, 4]
        assert library.check().ok


def test_saving_a_file_whose_own_records_bridge_saves_the_survivor(tmp_path: Path) -> None:
    lines = [f"@misc{{a, title={{The preprint}}, eprint={{{X}}}, archivePrefix={{arXiv}}}}"]
    lines += [f"@article{{b, title={{Its other name}}, doi={{{D}}}}}"]
    lines += [f"@article{{c, title={{Both of them}}, doi={{{D}}}, eprint={{{X}}}, archivePrefix={{arXiv}}}}"]
    file = tmp_path / "refs.bib"
    file.write_text("\n".join(lines), encoding="utf-8")
    with broadsheet.open(tmp_path / "library") as library:
        library.import_saved("me", file)
        assert list(library.state("me").saved) == library.catalogue.papers.ids().tolist() == [1]
