from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue, Event
from tests.catalogue.made import record

LONG = "A new method for learning dense retrieval from very few labelled queries"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DELETE FROM changes WHERE seq = 1", "paper 1 has no entry in the change log"),
        ("INSERT INTO changes (paper_id, kind) VALUES (1, 'delete')", "paper 1 was deleted in the change log but"),
        ("DELETE FROM papers WHERE id = 2", "paper 2 is gone without an entry in the change log"),
        ("DELETE FROM source_records WHERE paper_id = 2", "paper 2 has no source"),
        ("UPDATE papers SET content = '{' WHERE id = 2", "paper 2 is not readable"),
        ("DELETE FROM authorships WHERE paper_id = 2", "paper 2 has other authors in its record"),
        ("UPDATE source_records SET content = NULL WHERE paper_id = 1", "the words of one are missing"),
        ("UPDATE papers SET abstract = 'x' WHERE id = 1", "paper 1 is not what its sources say together"),
        ("UPDATE reader_papers SET rating = -1", "reader 1, paper 1: state differs from events"),
        ("DELETE FROM reader_tags", "reader 1, paper 2: state differs from events"),
        ("UPDATE reader_papers SET days_seen = 5 WHERE paper_id = 2", "paper 2 is counted as shown on other days"),
        ("UPDATE readers SET last_event = 0", "reader 1 has another last event than the log"),
    ],
)
def test_each_harm_is_found(tmp_path: Path, harm: str, words: str) -> None:
    with Catalogue.open(tmp_path / "catalogue.db", create=True) as catalogue:
        catalogue.papers.add(
            [record(LONG, "a:b", "1"), record(LONG, "c:d", "2", abstract="a"), record("Another one", "a:b", "3")]
        )
        ada = catalogue.readers.get("ada", create=True).id
        catalogue.readers.log(ada, [Event("up", 1), Event("tag", 2, value="t"), Event("impression", 2)])
        assert catalogue.check() == []
        with catalogue._database.write() as connection:
            connection.exec_driver_sql(harm)
        assert any(words in problem for problem in catalogue.check()), catalogue.check()


def test_a_reference_to_nothing_is_found(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "catalogue.db", create=True) as catalogue:
        catalogue.papers.add([record(LONG, doi="10.1145/1")])
        with closing(sqlite3.connect(catalogue.path)) as raw, raw:  # where foreign keys are not looked at
            raw.execute("UPDATE identifiers SET paper_id = 77")
        assert any("identifiers" in problem for problem in catalogue.check())
