"""What happens to votes, comments, editions and the rest when papers become one, part, are deleted or restored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.dedup.merge_community_rows import _JOINED
from broadsheet.catalogue.schema import METADATA, paper_changes
from broadsheet.catalogue.schema.organisations import DERIVED
from broadsheet.catalogue.statements.community_rows import TIMES
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT, record
from tests.catalogue.test_suspects import WHALES, overwrite

OTHERS_MERGE = {  # tables that merging papers and readers' histories sees to
    name
    for module in ("harvest", "papers", "readers")
    for name in import_module(f"broadsheet.catalogue.schema.{module}").__all__
}
AT = "2026-07-01T12:00:0{}.000000+00:00"


def put(catalogue: Catalogue, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    with closing(sqlite3.connect(catalogue.path)) as raw, raw:
        raw.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))


def change(catalogue: Catalogue, statement: str) -> None:
    with closing(sqlite3.connect(catalogue.path)) as raw, raw:
        raw.execute(statement)


def rows(catalogue: Catalogue, table: str, *columns: str) -> list[tuple[object, ...]]:
    names = ", ".join(f'"{name}"' for name in columns)
    with closing(sqlite3.connect(catalogue.path)) as raw:
        return raw.execute(f"SELECT {names} FROM {table} ORDER BY {names}").fetchall()


def test_every_table_with_a_paper_has_its_rule() -> None:
    ours = [
        table
        for table in METADATA.sorted_tables
        if table.name not in OTHERS_MERGE and table not in (*DERIVED, paper_changes)
    ]
    with_paper = {table for table in ours if "paper_id" in table.c}
    assert with_paper == set(TIMES)
    unique = {
        table.name
        for table in with_paper
        if "paper_id" in table.primary_key.columns
        or any("paper_id" in getattr(one, "columns", {}) for one in table.constraints if one is not table.primary_key)
    }
    assert unique == set(_JOINED)


def test_two_votes_of_one_reader_become_one(two: Catalogue) -> None:
    ada, bo = (two.readers.get(name, create=True).id for name in ("ada", "bo"))
    votes = two.community.votes
    first = votes.cast(ada, 2, "article's page")
    votes.cast(ada, 1)
    votes.cast(bo, 2)
    two.papers.add([BOTH])
    assert [(vote.reader, vote.paper_id, vote.page) for vote in votes.of_paper(1)] == [
        ("ada", 1, "article's page"),
        ("bo", 1, ""),
    ]
    assert votes.of_paper(1)[0].at == first.at
    assert (votes.counts([1, 2]), votes.cast(bo, 2).paper_id) == ({1: 2}, 1)
    (merge,) = two.papers.merges()
    assert two.papers.undo_merge(merge.id) == 3
    assert (votes.counts([1, 3]), votes.cast(bo, 2).paper_id) == ({1: 2}, 3)


def test_a_vote_is_judged_again_by_the_authors_of_both(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    put(two, "accounts", reader_id=ada, role="reader", full_name="Ada Example", joined_at="")
    assert two.community.votes.cast(ada, 2).counted
    two.papers.add([BOTH])
    (vote,) = two.community.votes.of_paper(1)
    assert (vote.counted, vote.why_not) == (False, "own work")


def test_the_later_decision_stays(two: Catalogue) -> None:
    ada = two.readers.get("ada", create=True).id
    votes = two.community.votes
    votes.cast(ada, 1)
    votes.decide(ada, 2, counted=False, reason="a ring", by="root")
    votes.decide(ada, 1, counted=True, reason="well known", by="root")
    two.papers.add([BOTH])
    assert [one.reason for one in votes.decisions(1)] == ["well known"]
    assert votes.counts([1]) == {1: 1}


def fill(catalogue: Catalogue) -> None:
    """Rows of papers 1 and 2 in every table but those of votes."""
    reader = catalogue.readers.get("ada", create=True).id
    told = {"kind": "author", "target": "x", "name": "x", "mail": "no"}
    alert = catalogue.community.alerts.add(reader, first_paper=0, after_seq=1 << 40, **told)
    for group in (1, 2):
        put(catalogue, "reading_groups", id=group, name="", about="", created_at="")
    for paper, n in ((1, 5), (2, 3)):
        put(catalogue, "submissions", paper_id=paper, at=AT.format(n))
        put(catalogue, "comments", paper_id=paper, at=AT.format(n), text=f"of {paper}")
        put(catalogue, "edition_papers", paper_id=paper, day=f"2026-07-0{n}", entered_at=AT.format(n), via="pick")
        put(catalogue, "paper_links", paper_id=paper, kind="code", url="https://x.org/same", title=str(n), at="")
        put(catalogue, "paper_links", paper_id=paper, kind="code", url=f"https://x.org/{n}", at="")
        put(catalogue, "paper_tags", paper_id=paper, tag="same", at=AT.format(n))
        put(catalogue, "paper_tags", paper_id=paper, tag=str(n), at=AT.format(n))
        put(catalogue, "paper_counts", paper_id=paper, source="hf", kind="votes", day="2026-07-01", value=n)
        put(catalogue, "paper_counts", paper_id=paper, source="hf", kind="votes", day=f"2026-07-0{n}", value=n)
        put(catalogue, "exposures", paper_id=paper, day="2026-07-01", page="front", position=1, shown=n)
        put(catalogue, "exposures", paper_id=paper, day="2026-07-01", page="front", position=n, shown=n)
        put(catalogue, "group_nominations", group_id=1, paper_id=paper, at=AT.format(n), why=str(n))
        put(catalogue, "group_nominations", group_id=2, paper_id=paper, at="", why="", read_on=f"2026-0{n}-01")
        put(catalogue, "delivery_papers", recipient="reader 1", paper_id=paper, delivery_id=n)
        put(catalogue, "delivery_papers", recipient=f"reader {n}", paper_id=paper, delivery_id=n)
        hit = {"alert_id": alert, "reader_id": reader, "paper_id": paper, "found_at": AT.format(n), "cited_paper": 0}
        put(catalogue, "alert_papers", **hit, delivery_id=n, post_id=0)
        seen = {"seen_at": AT.format(n), "mailed_at": AT.format(8 - n), "delivery_id": 0}
        put(catalogue, "change_marks", reader_id=reader, paper_id=paper, **seen)


def test_what_stays_of_two_papers_that_become_one(two: Catalogue) -> None:
    fill(two)
    two.papers.add([BOTH])
    assert rows(two, "submissions", "paper_id", "id") == [(1, 1), (1, 2)]
    assert rows(two, "comments", "paper_id", "text") == [(1, "of 1"), (1, "of 2")]
    assert rows(two, "edition_papers", "paper_id", "day") == [(1, "2026-07-03")]
    links = [(1, "https://x.org/3"), (1, "https://x.org/5"), (1, "https://x.org/same")]
    assert rows(two, "paper_links", "paper_id", "url") == links
    tags = [(1, "3", AT.format(3)), (1, "5", AT.format(5)), (1, "same", AT.format(3))]
    assert rows(two, "paper_tags", "paper_id", "tag", "at") == tags
    counts = [(1, "2026-07-01", 5), (1, "2026-07-03", 3), (1, "2026-07-05", 5)]
    assert rows(two, "paper_counts", "paper_id", "day", "value") == counts
    assert rows(two, "exposures", "paper_id", "position", "shown") == [(1, 1, 8), (1, 3, 3), (1, 5, 5)]
    nominations = [(1, 1, "3", None), (2, 1, "", "2026-05-01")]
    assert rows(two, "group_nominations", "group_id", "paper_id", "why", "read_on") == nominations
    mails = [("reader 1", 1, 3), ("reader 3", 1, 3), ("reader 5", 1, 5)]
    assert rows(two, "delivery_papers", "recipient", "paper_id", "delivery_id") == mails
    assert rows(two, "alert_papers", "paper_id", "found_at", "delivery_id") == [(1, AT.format(5), 5)]
    assert rows(two, "change_marks", "paper_id", "seen_at", "mailed_at") == [(1, AT.format(5), AT.format(5))]


@pytest.mark.parametrize(
    ("printed", "entries"),
    [
        ((1,), [(1, "2026-07-05")]),
        ((2,), [(1, "2026-07-03")]),
        ((1, 2), [(1, "2026-07-05"), (2, "2026-07-03")]),  # both were printed: the older paper is known by its own
    ],
)
def test_what_was_printed_stays(two: Catalogue, printed: tuple[int, ...], entries: list[tuple[int, str]]) -> None:
    for paper, day in ((1, "2026-07-05"), (2, "2026-07-03")):
        text = "{}" if paper in printed else None
        put(two, "edition_papers", paper_id=paper, day=day, entered_at=AT.format(1), via="pick", printed=text)
    two.papers.add([BOTH])
    assert rows(two, "edition_papers", "paper_id", "day") == entries


def test_many_papers_become_one_at_once(catalogue: Catalogue) -> None:
    pubmed = record("In PubMed", "pubmed", "77", pmid="77", authors=("Bo Sample",))
    catalogue.papers.add([PREPRINT, ARTICLE, pubmed])
    ada = catalogue.readers.get("ada", create=True).id
    for paper in (3, 1, 2):
        catalogue.community.votes.cast(ada, paper, f"of {paper}")
    catalogue.papers.add([record("x", "a:b", "1", arxiv="2401.00001", doi="10.1145/1", pmid="77")])
    assert [(vote.paper_id, vote.page) for vote in catalogue.community.votes.of_reader(ada)] == [(1, "of 3")]


def test_a_deleted_paper_comes_back_with_its_rows(two: Catalogue) -> None:
    fill(two)
    ada = two.readers.get("ada", create=True).id
    two.community.votes.cast(ada, 2)
    before = {table.name: len(rows(two, table.name, "paper_id")) for table in TIMES}
    deletion = two.papers.delete(2)
    assert two.community.votes.of_reader(ada) == []
    assert two.check() == []
    assert two.papers.restore(deletion) == [3]
    assert {vote.paper_id for vote in two.community.votes.of_reader(ada)} == {3}
    for table in TIMES:
        assert {paper for (paper,) in rows(two, table.name, "paper_id")} <= {1, 3}
        assert len(rows(two, table.name, "paper_id")) == before[table.name]


def test_what_is_deleted_for_good_leaves_only_what_was_printed(two: Catalogue) -> None:
    fill(two)
    two.community.votes.cast(two.readers.get("ada", create=True).id, 2)
    change(two, "UPDATE edition_papers SET printed = '{}' WHERE paper_id = 2")
    two.papers.delete(2)
    two.papers.purge()
    printed = {"edition_papers": {1, 2}}
    for table in TIMES:
        assert {paper for (paper,) in rows(two, table.name, "paper_id")} <= printed.get(table.name, {1})


def test_a_work_that_another_replaced_takes_its_rows_along(catalogue: Catalogue) -> None:
    catalogue.papers.add([WHALES])
    ada, bo = (catalogue.readers.get(name, create=True).id for name in ("ada", "bo"))
    catalogue.community.votes.cast(ada, 1)
    put(catalogue, "comments", paper_id=1, at=AT.format(0), text="question")
    overwrite(catalogue)
    catalogue.community.votes.cast(bo, 1)
    put(catalogue, "comments", paper_id=1, at="2026-07-02", text="late answer", parent_id=1)
    put(catalogue, "comments", paper_id=1, at="2026-07-02", text="on trains")
    put(catalogue, "exposures", paper_id=1, day="2026-06-30", page="front", position=1, shown=1)
    assert [number for _, number in catalogue.papers.part()] == [2]
    assert [(vote.reader, vote.paper_id) for n in (1, 2) for vote in catalogue.community.votes.of_paper(n)] == [
        ("bo", 1),
        ("ada", 2),
    ]
    assert rows(catalogue, "comments", "text", "paper_id") == [("late answer", 2), ("on trains", 1), ("question", 2)]
    assert rows(catalogue, "exposures", "paper_id") == [(2,)]


def test_check_tells_of_rows_that_lead_nowhere(two: Catalogue) -> None:
    two.community.votes.cast(two.readers.get("ada", create=True).id, 1)
    put(two, "comments", paper_id=77, at="", text="lost")
    put(two, "submissions", paper_id=1, at="", picture_id=5)
    change(two, "UPDATE votes SET counted = 0")
    assert two.check() == [
        "table comments: a row is of paper 77, which never was",
        "submission 1 shows picture 5, which does not exist",
    ]
    change(two, "DELETE FROM comments")
    change(two, "DELETE FROM submissions")
    assert two.check() == ["vote 1 is counted otherwise than the rule says"]
    change(two, "UPDATE votes SET counted = 1")
    two.papers.add([BOTH])
    change(two, "UPDATE votes SET paper_id = 2")
    assert two.check() == ["table votes: a row names paper 2, which leads to another"]
    change(two, "DELETE FROM votes")
