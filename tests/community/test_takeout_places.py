"""An archive between a community and a library of one's own: what is private stays so, nothing is published by it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Actor, Role, Scope
from broadsheet.community.exchange.takeout import write_takeout
from broadsheet.community.exchange.takeout_import import import_takeout
from broadsheet.kit.errors import UnknownReader
from broadsheet.kit.paper import Paper, Record
from tests.clock import ticking

MODE = '[community]\nmode = "community"\n'


def place(folder: Path, settings: str = "") -> Community:
    folder.mkdir(parents=True)
    (folder / "broadsheet.toml").write_text(settings)
    community = Community(broadsheet.open(folder, clock=ticking()))
    community.library.add(*(Record(Paper(title=f"Paper {n}"), "x", str(n)) for n in range(1, 5)))
    return community


def member(community: Community, name: str) -> Actor:
    account = community.accounts.create(name, "a long enough password", email=f"{name}@example.org")
    return Actor(Role.reader, name, account.id)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Community]:
    community = place(tmp_path / "town", MODE)
    yield community
    community.library.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Community]:
    community = place(tmp_path / "home")
    yield community
    community.library.close()


def lines(path: Path, table: str) -> list[dict[str, object]]:
    with zipfile.ZipFile(path) as file:
        name = f"rows/{table}.jsonl"
        return [json.loads(line) for line in file.read(name).splitlines()] if name in file.namelist() else []


def test_a_member_takes_everything_home(town: Community, home: Community, tmp_path: Path) -> None:
    ada, bo = member(town, "ada"), member(town, "bo")
    town.library.act("ada", 1, "save")
    first = town.comments.add(bo, 2, "Is this so?")
    town.comments.add(ada, 2, "It is.", first)
    town.votes.cast(ada, 3)
    town.accounts.tokens.create(ada.account_id or 0, "program", [Scope.read])
    path = tmp_path / "ada.zip"
    counts = write_takeout(town, "ada", path)
    assert counts["comments"] == counts["votes"] == counts["accounts"] == 1
    text = b"".join(zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist())
    for word in (b"Is this so?", b"argon2", b"token_hash", b"bo@example.org"):
        assert word not in text
    [account] = lines(path, "accounts")
    assert (account["reader_id"], account["email"]) == ("me", "ada@example.org")
    report = import_takeout(home, "me", path)
    assert report.rows == {"comments": 1, "events": 1, "votes": 1}
    assert list(home.library.state("me").saved) == [1]
    me = Actor(Role.admin, "me")
    assert [entry.comment.text for entry in home.comments.thread(me, 2)] == ["It is."]
    assert home.library.check().ok
    assert sum(import_takeout(home, "me", path).rows.values()) == 0


def test_what_comes_into_a_community_is_seen_by_its_member_alone(
    town: Community, home: Community, tmp_path: Path
) -> None:
    me = Actor(Role.admin, "me")
    home.comments.add(me, 2, "Between me and me.")
    home.library.act("me", 1, "tag", "mine")
    path = tmp_path / "me.zip"
    write_takeout(home, "me", path)
    ada, bo = member(town, "ada"), member(town, "bo")
    report = import_takeout(town, "ada", path)
    assert report.rows == {"comments": 1, "events": 1}
    assert town.comments.thread(bo, 2) == []
    assert town.comments.counts(bo, [2]).get(2, 0) == 0
    assert town.library.state("bo").tags == {}
    assert town.notes.papers(ada) == {2}
    assert town.notes.papers(bo) == set()
    assert town.library.undo_import(report.import_id).rows == 2
    assert town.notes.papers(ada) == set()


def test_a_vote_that_comes_along_is_counted_by_the_rule_here(town: Community, tmp_path: Path) -> None:
    ada, bo = member(town, "ada"), member(town, "bo")
    for who in (ada, bo):
        town.votes.cast(who, 1)
    town.votes.cast(ada, 2)
    path = tmp_path / "ada.zip"
    write_takeout(town, "ada", path)
    cy = member(town, "cy")
    assert import_takeout(town, "cy", path).rows == {"votes": 2}
    assert town.votes.totals([1, 2]) == {1: 3, 2: 2}
    assert import_takeout(town, "bo", path).rows == {"votes": 1}  # has one of them
    assert town.votes.totals([1, 2]) == {1: 3, 2: 3}
    assert cy.account_id is not None
    assert town.library.check().ok


def test_a_reader_who_is_not_there_gets_nothing(town: Community, home: Community, tmp_path: Path) -> None:
    write_takeout(home, "me", tmp_path / "me.zip")
    with pytest.raises(UnknownReader):
        write_takeout(town, "nobody", tmp_path / "x.zip")
    with pytest.raises(UnknownReader):
        import_takeout(town, "nobody", tmp_path / "me.zip")
    assert town.library.imports()[0].source != "take-out of me"
    assert [one.name for one in town.library.readers()] == []


def test_a_mix_that_was_chosen_here_stays(home: Community, tmp_path: Path) -> None:
    home.library.tune("me", recency=0.9)
    path = tmp_path / "me.zip"
    write_takeout(home, "me", path)
    with broadsheet.open(tmp_path / "chosen", clock=ticking()) as library:
        library.tune("me", recency=0.2)
        import_takeout(Community(library), "me", path)
        assert library.tuning("me").recency == 0.2
    with broadsheet.open(tmp_path / "unchosen", clock=ticking()) as library:
        import_takeout(Community(library), "me", path)
        assert library.tuning("me").recency == 0.9
