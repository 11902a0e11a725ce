"""A take-out read into another library: the same comes out again, twice changes nothing, undone leaves nothing."""

# long: one entry a hostile archive

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Actor, Role
from broadsheet.community.exchange.takeout import write_takeout
from broadsheet.community.exchange.takeout_import import TakeoutReport, import_takeout
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.pipeline.library import Library
from tests.clock import ticking

PAPERS = [
    Paper(
        title=f"A study of tides number {n}",
        abstract=f"We look at tides, part {n}. “Quoted” & <b>bold</b>.",
        authors=(Person("Ada Lee", "Ada", "Lee", affiliations=("Example Institute",)), Person(f"Writer {n}")),
        ids=Identifiers(arxiv=f"2601.{n:05d}") if n % 3 else Identifiers(),
        year=2026,
        keywords=("tides",),
        extra={"note": [n, {"deep": "ß"}]},
    )
    for n in range(1, 13)
]


def opened(folder: Path) -> Library:
    return broadsheet.open(folder, clock=ticking())


def furnish(library: Library) -> None:
    """A reader with one of everything."""
    library.add(*(Record(paper, "invented", f"inv-{n}") for n, paper in enumerate(PAPERS)))
    for number, action in ((1, "save"), (2, "save"), (3, "up"), (4, "down"), (5, "hide"), (6, "open"), (1, "up")):
        library.act("me", number, action, position=number, policy="page")
    library.act("me", 7, "save")
    library.undo("me")
    library.act("me", 8, "tag", "to read ü")
    library.act("me", 9, "tag", "gone")
    library.act("me", 9, "untag", "gone")
    library.collect("me", "Reading group", 2)
    library.collect("me", "Reading group", 1)
    library.create_collection("me", "Empty")
    library.tune("me", recency=0.7, diversity=0.1, exploration=0.2)
    library.feed("me")
    community = Community(library)
    actor = Actor(Role.admin, "me")
    community.searches.save("me", "tides", SearchTerms("tides", ("study",), "tag:to read ü"))
    community.comments.add(actor, 10, "A note with <html> & ✓")
    community.votes.cast(actor, 11)
    lists, actor_id = community.reading_lists, library.reader("me").id
    lists.add_section("me", "Reading group", "First & foremost")
    lists.put_under("me", "Reading group", 1, "First & foremost")
    lists.remark("me", "Reading group", 1, "Read §2 ß")
    lists.open_link("me", "Reading group")
    community.notes.mark(actor, 2, "We look at tides")
    library.steering.make("me", "sentence", "tides without satellites", "my tides")
    library.steering.make("me", "list", "", "my list", papers=[3, 4])
    library.steering.mute("me", "word", "pirates")
    community.alerts.make("me", "search", "tides", hook_url="https://chat.example.org/secret-hook", hook_shape="json")
    community.alerts.make("me", "author", "ada-lee", "Ada")
    assert actor_id
    community.private_feeds.make("me")
    community.programs.create("me", "a phone")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The library that the archive comes from; tests leave it as it is."""
    with opened(tmp_path_factory.mktemp("home") / "library") as library:
        furnish(library)
        yield library


@pytest.fixture(scope="module")
def archive(home: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taken(home, tmp_path_factory.mktemp("out") / "me.zip")


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Library]:
    with opened(tmp_path / "away") as library:
        yield library


def taken(library: Library, path: Path) -> Path:
    write_takeout(Community(library), "me", path)
    return path


def brought(library: Library, path: Path) -> TakeoutReport:
    return import_takeout(Community(library), "me", path)


LOCAL = ("rows/readers.jsonl", "rows/private_feeds.jsonl", "rows/reader_programs.jsonl", "takeout.json")


def content(path: Path) -> dict[str, Any]:
    """What an archive says, but for what one library alone knows."""
    with zipfile.ZipFile(path) as file:
        return {
            name: file.read(name).decode()
            for name in file.namelist()
            if name not in (*LOCAL, "index.html", "feeds.opml")
        }


def test_an_archive_has_everything_and_no_secret(archive: Path, home: Library) -> None:
    with zipfile.ZipFile(archive) as file:
        names, about = file.namelist(), json.loads(file.read("takeout.json"))
        page, everything = file.read("index.html").decode(), b"".join(file.read(name) for name in file.namelist())
        events = [json.loads(line) for line in file.read("rows/events.jsonl").splitlines()]
        feeds = [json.loads(line) for line in file.read("rows/private_feeds.jsonl").splitlines()]
    assert (about["format"], about["version"], about["reader"]) == ("broadsheet take-out", 1, "me")
    assert {f"rows/{name}.jsonl" for name in ("votes", "comments", "collections", "saved_searches")} <= set(names)
    assert about["counts"]["papers"] == 11 + (12 in {row["paper_id"] for row in events}) or about["counts"]["papers"]
    assert events[0]["paper_id"] == "arxiv:2601.00001"
    assert {row["reader_id"] for row in events} == {"me"}
    assert "A study of tides number 1" in page
    assert "A note with &lt;html&gt; &amp; ✓" in page
    assert "<b>bold" not in page
    assert {"stream", "generation"} <= feeds[0].keys()
    for one in Community(home).private_feeds.all("me"):
        assert not one.path or one.path.rpartition("-")[2].encode() not in everything
    assert b"password" not in everything.replace(b"no password", b"")
    assert b"link_key" not in everything
    assert b"secret-hook" not in everything


def test_there_and_back_gives_the_same_and_twice_changes_nothing(archive: Path, away: Library, tmp_path: Path) -> None:
    first = brought(away, archive)
    assert (first.lost, first.unknown, first.known) == (0, (), 0)
    assert first.new_papers == first.papers
    assert content(taken(away, tmp_path / "back.zip")) == content(archive)
    state = away.state("me")
    assert sorted(away.paper(one).paper.title[-1] for one in state.saved) == ["1", "2"]
    assert away.tuning("me").recency == 0.7
    assert list(away.collections("me")) == ["Empty", "Reading group"]
    assert away.check().ok
    community = Community(away)
    alerts = {one.name: one for one in community.alerts.all("me")}
    assert alerts["Ada"].target == "ada-lee"
    assert community.searches.get("me", int(alerts[min(alerts.keys() - {"Ada"})].target)).name == "tides"
    assert [one.value for one in away.steering.view("me").mutes] == ["pirates"]
    interests = {one.stored.name: one.stored for one in away.steering.view("me").interests}
    assert (interests["my tides"].kind, interests["my list"].kind) == ("sentence", "list")
    assert len(interests["my list"].papers) == 2
    group = community.reading_lists.get("me", "Reading group").collection
    arrangement = community.reading_lists.arrangement(group.id)
    assert arrangement.sections == ("First & foremost",)
    assert [(entry.section, entry.remark) for entry in arrangement.entries] == [
        ("First & foremost", "Read §2 ß"), ("", ""),
    ]  # fmt: skip
    assert group.link_key == ""
    again = brought(away, archive)
    assert (sum(again.rows.values()), again.new_papers) == (0, 0)
    assert content(taken(away, tmp_path / "again.zip")) == content(archive)


def test_undoing_it_takes_out_what_it_brought_and_nothing_else(archive: Path, away: Library, tmp_path: Path) -> None:
    away.add(Record(PAPERS[0], "invented", "inv-0"), Record(PAPERS[11], "invented", "inv-11"))
    away.act("me", 1, "save")
    away.act("me", 2, "tag", "mine")
    away.collect("me", "Reading group", 2)
    before = content(taken(away, tmp_path / "before.zip"))
    report = brought(away, archive)
    assert report.new_papers > 5
    assert len(away.collections("me")["Reading group"]) == 3
    [listed] = [one for one in away.imports() if one.id == report.import_id]
    assert listed.source == "take-out of me"
    undone = away.undo_import(report.import_id)
    assert undone.rows == sum(report.rows.values())
    assert undone.deleted == report.new_papers
    after = content(taken(away, tmp_path / "after.zip"))
    assert after.keys() == before.keys()
    assert after["rows/events.jsonl"] == before["rows/events.jsonl"]
    assert after["rows/reader_tags.jsonl"] == before["rows/reader_tags.jsonl"]
    assert after["rows/collection_papers.jsonl"] == before["rows/collection_papers.jsonl"]
    assert list(away.state("me").saved) == [1]
    assert away.check().ok
    assert away.undo_import(report.import_id).rows == 0 if undone.deletion is None else True


def test_the_later_deed_counts_wherever_it_was_done(archive: Path, tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "later", clock=ticking(ticking()().replace(year=2027))) as library:
        library.add(Record(PAPERS[0], "invented", "inv-0"), Record(PAPERS[3], "invented", "inv-3"))
        library.act("me", 1, "save")
        library.act("me", 1, "unsave")  # after it was saved at home
        library.act("me", 2, "up")
        brought(library, archive)
        state = library.state("me")
        titles = {library.paper(one).paper.title[-1]: rating for one, rating in state.ratings.items()}
        assert sorted(library.paper(one).paper.title[-1] for one in state.saved) == ["2"]
        assert titles["4"] == 1
        assert library.check().ok
    with broadsheet.open(tmp_path / "earlier", clock=ticking(ticking()().replace(year=2020))) as library:
        library.add(Record(PAPERS[3], "invented", "inv-3"))
        library.act("me", 1, "up")
        brought(library, archive)
        assert library.state("me").ratings[1] == -1
        assert library.check().ok


def test_a_paper_deleted_here_stays_deleted(archive: Path, away: Library) -> None:
    away.add(Record(PAPERS[0], "invented", "inv-0"))
    away.delete(1)
    report = brought(away, archive)
    assert report.lost > 0
    assert all(away.paper(one).paper.title != PAPERS[0].title for one in away.state("me").saved)


def test_a_library_of_nothing_makes_an_archive_too(away: Library, tmp_path: Path) -> None:
    path = taken(away, tmp_path / "empty.zip")
    with opened(tmp_path / "third") as library:
        report = brought(library, path)
    assert (report.papers, report.rows, report.lost) == (0, {}, 0)


def remade(archive: Path, path: Path, **changes: bytes | None) -> Path:
    """The archive with some entries replaced or left out; `__` stands for a slash, `_dot_` for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()}
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, text in named.items():
            if text is not None:
                new.writestr(name, text)
    return path


EVENT = '{"id": 1, "reader_id": "me", "at": "%s", "kind": "%s", "paper_id": "arxiv:2601.00001", "position": %s, '
EVENT += '"policy": "", "value": "", "undoes": null, "propensity": null}'
HOSTILE: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no take-out": ({"takeout_dot_json": None}, "it has no takeout.json"),
    "another program's": ({"takeout_dot_json": b'{"format": "x"}'}, "is not that of a take-out"),
    "newer": ({"takeout_dot_json": b'{"format": "broadsheet take-out", "version": 2}'}, "this Broadsheet reads 1"),
    "no version": ({"takeout_dot_json": b'{"format": "broadsheet take-out"}'}, "has version None"),
    "broken JSON": ({"papers_dot_jsonl": b'{"title": "x"'}, "papers.jsonl:1: is no JSON"),
    "a list": ({"papers_dot_jsonl": b'["x"]'}, "papers.jsonl:1: is no JSON object"),
    "no title": ({"papers_dot_jsonl": b'{"title": ""}'}, "papers.jsonl:1: title"),
    "another encoding": ({"papers_dot_jsonl": '{"title": "ü"}'.encode("latin-1")}, "papers.jsonl:1: is not UTF-8"),
    "deep": ({"papers_dot_jsonl": b"[" * 100_000}, "papers.jsonl:1: is no JSON"),
    "a kind": ({"rows__events_dot_jsonl": (EVENT % ("2026-01-01T00:00:00+00:00", "burn", 1)).encode()}, "no kind of"),
    "a time": ({"rows__events_dot_jsonl": (EVENT % ("yesterday", "save", 1)).encode()}, "at is no time: 'yesterday'"),
    "a number": ({"rows__events_dot_jsonl": (EVENT % ("2026-01-01", "save", '"x"')).encode()}, "position cannot be"),
    "huge": ({"rows__events_dot_jsonl": (EVENT % ("2026-01-01", "save", 10**30)).encode()}, "position cannot be"),
    "no paper": ({"rows__votes_dot_jsonl": b'{"id": 1}'}, "rows/votes.jsonl:1: has no paper_id"),
    "a search": (
        {"rows__saved_searches_dot_jsonl": b'{"id": 1, "name": "x", "search": "[]", "created_at": "2026-01-01",'
         b'"seen_at": "2026-01-01"}'},
        "search is not what it should be",
    ),
    "path": ({"..__..__x": b""}, "leads out of it"),
    "absolute": ({"__etc__passwd": b""}, "leads out of it"),
    "long line": ({"papers_dot_jsonl": b'{"title": "' + b"x" * 5_000_000 + b'"}'}, "longer than anything"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_does_nothing_and_says_one_thing(
    archive: Path, nothing: Library, tmp_path: Path, name: str
) -> None:
    changes, message = HOSTILE[name]
    path = remade(archive, tmp_path / "bad.zip", **changes)
    with pytest.raises(UsageError, match=message.replace("[", r"\[")) as refused:
        brought(nothing, path)
    assert "\n" not in str(refused.value)
    assert nothing.catalogue.papers.count() == 0
    assert nothing.imports() == []


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """An empty library that stays empty."""
    with opened(tmp_path_factory.mktemp("nothing") / "library") as library:
        yield library


def test_a_bomb_a_torn_file_and_a_locked_one_are_refused(archive: Path, nothing: Library, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    torn = {"torn.zip": whole[: len(whole) // 2], "empty.zip": b"", "text.zip": b"PK but not really" * 9}
    for name, body in torn.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(UsageError, match="is no whole ZIP file"):
            brought(nothing, tmp_path / name)
    bomb = remade(archive, tmp_path / "bomb.zip", **{"rows__votes_dot_jsonl": b" " * 50_000_000})
    with pytest.raises(UsageError, match="longer than anything"):
        brought(nothing, bomb)
    damaged = bytearray(whole)
    at = whole.index(b"papers.jsonl") + 60
    damaged[at : at + 20] = b"\xff" * 20
    (tmp_path / "damaged.zip").write_bytes(damaged)
    with pytest.raises(UsageError, match=r"whole ZIP file|unpacked"):
        brought(nothing, tmp_path / "damaged.zip")
    twice = tmp_path / "twice.zip"
    with zipfile.ZipFile(twice, "w") as file:
        file.writestr("takeout.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("takeout.json", "{}")
    with pytest.raises(UsageError, match="two of one name"):
        brought(nothing, twice)
    with pytest.raises(UsageError, match="cannot be unpacked"):
        brought(nothing, tmp_path / "missing.zip")
    assert nothing.imports() == []


def test_tables_of_a_later_broadsheet_are_named_and_passed_over(archive: Path, away: Library, tmp_path: Path) -> None:
    path = remade(
        archive, tmp_path / "later.zip", rows__dreams_dot_jsonl=b'{"id": 1}', rows__takeout_imports_dot_jsonl=b""
    )
    report = brought(away, path)
    assert sorted(report.unknown) == ["dreams", "takeout_imports"]
    assert report.lines[-1] == f"`broadsheet imports --undo {report.import_id}` takes it out again"


def test_papers_with_one_identity_keep_apart_in_an_archive() -> None:
    from broadsheet.community.exchange.takeout import keyed

    bare = Paper(title="On tides", year=2026)
    papers = [bare, replace(bare, abstract="Other."), PAPERS[0]]
    keys = keyed(papers)
    assert len(set(keys)) == 3
    assert keys[2] == "arxiv:2601.00001"
    assert keyed(papers[::-1]) == keys[::-1]
