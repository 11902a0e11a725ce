from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue, Event, ReaderState
from broadsheet.catalogue.database import fetch
from broadsheet.catalogue.events import KINDS
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from tests.catalogue.made import record
from tests.clock import NOON

TODAY = NOON


@pytest.fixture
def papers(catalogue: Catalogue) -> Catalogue:
    catalogue.papers.add(
        [record(f"Paper number {n} of a few", source_id=str(n), authors=(f"P{n}",)) for n in range(1, 6)]
    )
    return catalogue


def test_readers_and_settings(papers: Catalogue) -> None:
    with pytest.raises(UnknownReader, match="no reader named 'ada'; there are none yet"):
        papers.readers.get("ada")
    ada = papers.readers.get(" ada ", create=True)
    assert ada == papers.readers.get("ada") == papers.readers.get("ada", create=True)
    papers.readers.get("bo", create=True)
    with pytest.raises(UnknownReader, match=r"no reader named 'adda'; there are ada$"):
        papers.readers.get("adda")
    with pytest.raises(UsageError, match="1 to 200 characters"):
        papers.readers.get(" ", create=True)
    papers.readers.save_settings("ada", {"recency": 0.5})
    assert [(r.name, r.settings) for r in papers.readers.all()] == [("ada", {"recency": 0.5}), ("bo", {})]
    papers.readers.log(ada.id, [Event("save", 1)])
    papers.readers.create_collection(ada.id, "c")
    papers.community.belongings.remove(papers.readers.get("ada").id, with_comments=False)
    assert [r.name for r in papers.readers.all()] == ["bo"]
    with pytest.raises(UnknownReader, match="no reader named 'ada'"):
        papers.community.belongings.remove(papers.readers.get("ada").id, with_comments=False)
    with pytest.raises(UnknownReader, match="no reader named 'ada'"):
        papers.readers.save_settings("ada", {})
    with pytest.raises(UnknownReader, match="number 1"):
        papers.readers.state(ada.id)


def test_collections(papers: Catalogue) -> None:
    ada = papers.readers.get("ada", create=True).id
    papers.readers.create_collection(ada, "thesis")
    papers.readers.create_collection(ada, "thesis")
    papers.readers.create_collection(ada, "empty")
    for paper in (3, 1, 3):
        papers.readers.add_to_collection(ada, "thesis", paper)
    assert papers.readers.collections(ada) == {"empty": (), "thesis": (3, 1)}
    papers.readers.remove_from_collection(ada, "thesis", 3)
    papers.readers.delete_collection(ada, "empty")
    assert papers.readers.collections(ada) == {"thesis": (1,)}
    papers.papers.delete(1)
    assert papers.readers.collections(ada) == {"thesis": ()}
    with pytest.raises(UsageError, match="no collection named 'x'"):
        papers.readers.add_to_collection(ada, "x", 2)
    with pytest.raises(UnknownPaper, match="number 77"):
        papers.readers.add_to_collection(ada, "thesis", 77)


def test_state_and_days_seen(papers: Catalogue) -> None:
    ada = papers.readers.get("ada", create=True).id
    days = [TODAY - timedelta(days=n) for n in (3, 3, 1, 5, 0)]  # not in order; two on one day
    papers.readers.log(ada, [Event("impression", 1, position=1, policy="p", at=at) for at in days])
    papers.readers.log(ada, [Event("impression", 2)])
    empty = papers.readers.state(ada)
    assert (empty.seen, empty.last_event) == ({1: 3}, 0)
    saved = TODAY - timedelta(days=2)
    numbers = papers.readers.log(
        ada,
        [
            Event("save", 1, at=saved),
            Event("down", 2),
            Event("hide", 3),
            Event("open", 4, at=saved),
            Event("tag", 1, value=" ir "),
            Event("tag", 5, value="ir"),
            Event("tag", 5, value="ml"),
        ],
    )
    assert numbers == list(range(7, 14))
    assert papers.readers.state(ada) == ReaderState(
        saved={1: saved},
        ratings={2: -1},
        hidden=frozenset({3}),
        opened={4: saved},
        tags={"ir": frozenset({1, 5}), "ml": frozenset({5})},
        seen={1: 3},
        last_event=13,
    )
    papers.readers.log(ada, [Event("impression", 3)])
    assert papers.readers.state(ada).last_event == 13
    papers.papers.delete(1)
    assert papers.readers.state(ada).saved == {}
    assert papers.readers.state(papers.readers.get("bo", create=True).id).tags == {}


def test_undo_gives_back_what_was(papers: Catalogue) -> None:
    ada = papers.readers.get("ada", create=True).id
    first = TODAY - timedelta(days=2)
    papers.readers.log(ada, [Event("save", 1, at=first), Event("up", 1), Event("down", 1), Event("unsave", 1)])
    papers.readers.log(ada, [Event("open", 1), Event("impression", 1)])
    undone = papers.readers.undo(ada)
    assert undone is not None
    assert (undone.kind, undone.paper_id) == ("unsave", 1)
    assert papers.readers.state(ada).saved == {1: first}
    assert papers.readers.undo(ada) == replace(undone, kind="down", at=papers_at(papers, 3))
    assert papers.readers.state(ada).ratings == {1: 1}
    assert [papers.readers.undo(ada).kind for _ in range(2)] == ["up", "save"]  # type: ignore[union-attr]
    assert papers.readers.undo(ada) is None
    state = papers.readers.state(ada)
    assert (state.saved, state.ratings, list(state.opened)) == ({}, {}, [1])
    with papers._database.read() as connection:
        rows = fetch(connection, "SELECT kind, undoes FROM events WHERE undoes IS NOT NULL ORDER BY id")
    assert [tuple(row) for row in rows] == [("save", 4), ("up", 3), ("unrate", 2), ("unsave", 1)]


def papers_at(catalogue: Catalogue, event: int) -> datetime:
    with catalogue._database.read() as connection:
        text = fetch(connection, "SELECT at FROM events WHERE id = :event", event=event)[0][0]
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("event", "error", "words"),
    [
        (Event("like", 1), UsageError, "no kind of event 'like'"),
        (Event("tag", 1, value=" "), UsageError, "1 to 200 characters"),
        (Event("save", 99), UnknownPaper, "no paper has the number 99"),
    ],
)
def test_a_bad_event_keeps_the_others_out(papers: Catalogue, event: Event, error: type[Exception], words: str) -> None:
    ada = papers.readers.get("ada", create=True).id
    with pytest.raises(error, match=words):
        papers.readers.log(ada, [Event("save", 1), event])
    assert papers.readers.state(ada).saved == {}
    with pytest.raises(UnknownReader, match="number 999"):
        papers.readers.log(999, [Event("save", 1)])


ACTIONS = st.tuples(
    st.sampled_from([*KINDS, "undo"]),
    st.integers(1, 3),
    st.sampled_from(["a", "b"]),
)


def literal(done: list[tuple[str, int, str]]) -> dict[str, object]:
    """The state after these actions, replayed one by one in the plainest way."""
    saved: set[int] = set()
    ratings: dict[int, int] = {}
    hidden: set[int] = set()
    opened: set[int] = set()
    tags: set[tuple[str, int]] = set()
    for kind, paper, tag in done:
        if kind == "save":
            saved.add(paper)
        elif kind == "unsave":
            saved.discard(paper)
        elif kind in {"up", "down"}:
            ratings[paper] = 1 if kind == "up" else -1
        elif kind == "unrate":
            ratings.pop(paper, None)
        elif kind == "hide":
            hidden.add(paper)
        elif kind == "unhide":
            hidden.discard(paper)
        elif kind == "open":
            opened.add(paper)
        elif kind == "tag":
            tags.add((tag, paper))
        elif kind == "untag":
            tags.discard((tag, paper))
    return {"saved": saved, "ratings": ratings, "hidden": hidden, "opened": opened, "tags": tags}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=25))
def test_state_is_what_the_actions_add_up_to(papers: Catalogue, actions: list[tuple[str, int, str]]) -> None:
    if any(reader.name == "ada" for reader in papers.readers.all()):
        papers.community.belongings.remove(papers.readers.get("ada").id, with_comments=False)
    ada = papers.readers.get("ada", create=True).id
    done: list[tuple[str, int, str]] = []
    for kind, paper, tag in actions:
        if kind != "undo":
            done.append((kind, paper, tag))
            papers.readers.log(ada, [Event(kind, paper, value=tag if "tag" in kind else "")])
            continue
        undoable = [at for at, action in enumerate(done) if action[0] not in {"open", "impression"}]
        undone = papers.readers.undo(ada)
        if undoable:
            assert undone is not None
            assert (undone.kind, undone.paper_id) == done.pop(undoable[-1])[:2]
        else:
            assert undone is None
    state = papers.readers.state(ada)
    found = {
        "saved": set(state.saved),
        "ratings": state.ratings,
        "hidden": set(state.hidden),
        "opened": set(state.opened),
        "tags": {(tag, paper) for tag, held in state.tags.items() for paper in held},
    }
    assert found == literal(done)
