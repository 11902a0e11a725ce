"""Every statement is built with SQLAlchemy Core, kept as text for reading, and portable but for what is named here."""

from __future__ import annotations

import importlib.util
import re
import sqlite3
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import SelectBase, create_engine
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import UnsupportedCompilationError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import UpdateBase

from broadsheet.catalogue.dialects.building import Insert, into, rows_text, upsert
from broadsheet.catalogue.schema import METADATA, kept_apart, quarantine
from broadsheet.catalogue.statements import readers
from broadsheet.catalogue.statements.elements import AnyOf, Contains, Each, IsJson, JsonField, JsonLength

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("statements", ROOT / "scripts" / "statements.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALL: dict[str, SelectBase | UpdateBase] = {
    f"{topic}.{name}": one for topic, named in script().topics() for name, one in named.items()
} | {f"readers.EFFECTS.{kind}": one for kind, one in readers.EFFECTS.items()}


# PostgreSQL's rules for what SQLAlchemy has no word for: what a port would have to write, as far as reading goes.
RULES = {
    AnyOf: "{0} = ANY({1})",
    Each: "unnest({0})",
    JsonField: "(CAST({0} AS JSONB) ->> {1})",
    JsonLength: "jsonb_array_length(CAST({0} AS JSONB) -> {1})",
    IsJson: "({0} IS JSON)",
    Contains: "strpos({0}, {1}) > 0",
}
# Built by the dialect's own `into(…, ignoring=True)` and `upsert`: PostgreSQL's `insert` takes the same words.
CONFLICTS = [name for name, one in ALL.items() if "ON CONFLICT" in str(one.compile(dialect=sqlite.dialect()))]


@pytest.fixture(scope="module")
def postgres() -> Any:
    for element, rule in RULES.items():

        def write(element: Any, compiler: Any, rule: str = rule, **options: Any) -> str:
            return rule.format(*(compiler.process(part, **options) for part in element.clauses))

        compiles(element, "postgresql")(write)
    return postgresql.dialect()  # type: ignore[no-untyped-call]


def test_the_text_that_reading_uses_is_what_the_statements_say() -> None:
    made = script()
    assert made.FILE.read_text(encoding="utf-8") == made.queries_module(), "run python scripts/statements.py"


def test_there_are_statements_of_both_kinds() -> None:
    asking = [name for name, one in ALL.items() if isinstance(one, SelectBase)]
    assert len(asking) > 70
    assert len(ALL) - len(asking) > 60


def test_sqlite_understands_every_statement() -> None:
    """Prepared against an empty catalogue, not run."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    connection: Any = engine.raw_connection()
    queries = importlib.import_module("broadsheet.catalogue.dialects.sqlite.queries")
    for name, text in vars(queries).items():
        if name.isupper():
            names = set(re.findall(r":([a-z]\w*)", text))
            plan = connection.execute(f"EXPLAIN {text}", dict.fromkeys(names)).fetchall()
            assert plan, name
    for name, one in ALL.items():
        if isinstance(one, UpdateBase):
            text = str(one.compile(engine))
            assert connection.execute(f"EXPLAIN {text}", [None] * text.count("?")).fetchall(), name
    connection.close()
    engine.dispose()


@pytest.mark.parametrize("name", [name for name in ALL if name not in CONFLICTS])
def test_postgresql_can_say_it_too(name: str, postgres: Any) -> None:
    text = str(ALL[name].compile(dialect=postgres))
    assert text.startswith(("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH RECURSIVE "))
    assert not re.search(
        r"json_each|json_extract|group_concat|INDEXED BY|CROSS JOIN|OR IGNORE|sqlite_(?!sequence)", text
    )


def test_what_a_dialect_has_no_rule_for_is_refused() -> None:
    with pytest.raises(UnsupportedCompilationError, match="AnyOf"):
        ALL["papers.PAPER_ROWS"].compile(dialect=mysql.dialect())


def test_what_is_sqlites_own_is_known(postgres: Any) -> None:
    portable = {name: str(one.compile(dialect=postgres)) for name, one in ALL.items() if name not in CONFLICTS}
    assert [name for name, text in portable.items() if "sqlite" in text] == ["papers.LAST_NUMBER"]
    assert Counter(name.partition(".")[0] for name in CONFLICTS) == {
        "alerts": 1,
        "connections": 1,
        "dedup": 1,
        "discussion": 3,
        "editions": 2,
        "exchange": 3,
        "groups": 4,
        "harvest": 4,
        "jobs": 2,
        "mail": 3,
        "mail_recipients": 3,
        "organisations": 6,
        "paper_changes": 3,
        "papers": 1,
        "readers": 9,
        "receptions": 3,
        "summaries": 1,
        "submissions": 1,
        "trending": 1,
        "votes": 2,
        "webhooks": 1,
    }
    assert all(isinstance(ALL[name], Insert) for name in CONFLICTS)


def test_constants_stand_in_the_text_so_that_partial_indexes_are_used(tmp_path: Path) -> None:
    from broadsheet.catalogue import Catalogue
    from broadsheet.catalogue.dialects import sql

    path = tmp_path / "catalogue.db"
    Catalogue.open(path, create=True).close()
    connection = sqlite3.connect(path)

    def plan(text: str, **parameters: object) -> str:
        return " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters))

    assert "USING INDEX events_actions (reader_id=? AND paper_id=?)" in plan(sql.HISTORY, reader_id=1, paper_id=1)
    assert "USING INDEX reader_papers_touched" in plan(sql.PAPERS_TOUCHED, reader_id=1)
    assert "COVERING INDEX papers_by_day" in plan(sql.PAPER_COUNT)
    # A list is read first, and each value looked up.
    looked_up = plan(sql.PAPERS_BY_IDENTIFIER, scheme="doi", values="[]")
    assert looked_up.startswith("SCAN listed VIRTUAL TABLE INDEX 1: SEARCH identifiers USING PRIMARY KEY")
    connection.close()


def test_rows_are_named_in_the_order_of_the_table() -> None:
    assert rows_text(into(kept_apart)) == "INSERT INTO kept_apart (paper_id, source, source_id) VALUES (?, ?, ?)"
    with pytest.raises(ValueError, match="kept_apart: name columns in the table's order"):
        into(kept_apart, "source", "paper_id")


def test_an_upsert_overwrites_what_it_names() -> None:
    rows = upsert(into(quarantine, "at", "source", "place", "reason", "raw"), "at", keys=("source", "place", "reason"))
    assert rows_text(rows).endswith("ON CONFLICT (source, place, reason) DO UPDATE SET at = excluded.at")
