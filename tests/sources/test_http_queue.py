"""One queue for all threads and processes of a library, and what is stored of it."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import MemoryStore, Provider, ProviderState, retry_after, user_agent
from tests.sources.asking import NO_SUCH, ask, gaps
from tests.sources.network import START, FakeClock, client_of
from tests.sources.provider import RETRY_AFTER, provider


def test_two_clients_with_one_store_are_one_queue() -> None:
    clock, store = FakeClock(), MemoryStore()
    with (
        provider(clock=clock.now) as server,
        client_of(server, clock, store) as one,
        client_of(server, clock, store) as two,
    ):
        for client in (one, two, two, one):
            ask(client, server)
        server.misbehave("crossref", "503-seconds")
        ask(one, server)
        ask(two, server)
    assert gaps(server.arrivals()) == [1.0, 1.0, 1.0, 1.0, RETRY_AFTER, 1.0]


def test_a_client_that_died_holding_the_queue_is_given_up() -> None:
    clock, store = FakeClock(), MemoryStore()
    dead = ProviderState(holder="gone", held_until=START + 16.0).to_dict()
    store.update("crossref", lambda _: dead)
    with provider(clock=clock.now) as server, client_of(server, clock, store) as client:
        ask(client, server)
    assert server.arrivals() == [START + 16.0]


def test_an_interrupt_frees_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, store = FakeClock(), MemoryStore()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with provider(clock=clock.now) as server, client_of(server, clock, store) as client:
        with monkeypatch.context() as patch:
            patch.setattr("broadsheet.sources.net.http.transfer", interrupted)
            with pytest.raises(KeyboardInterrupt):
                ask(client, server)
        assert store.get("crossref")["holder"] == ""
        ask(client, server)
    assert server.arrivals() == [START + 1.0]


def test_state_keeps_what_others_store_beside_it() -> None:
    clock, store = FakeClock(), MemoryStore()
    store.update("crossref", lambda _: {"last_run": "yesterday", "failures": "many", "parked_until": None})
    with provider(clock=clock.now) as server, client_of(server, clock, store) as client:
        ask(client, server)
    assert store.get("crossref")["last_run"] == "yesterday"
    assert store.get("crossref")["failures"] == 0
    assert store.get("crossref")["last_success_at"] == START


def test_threads_wait_for_each_other() -> None:
    with provider() as server:
        rules = {"crossref": Provider("crossref", (server.endpoints.crossref,), 0.03)}
        with PoliteClient(rules, user_agent="t", state=MemoryStore(), clock=time.time, sleep=time.sleep) as client:
            threads = [threading.Thread(target=ask, args=(client, server)) for _ in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(server.log) == 5
    assert min(gaps(server.arrivals())) >= 0.029


class SqliteStore:
    """A provider store in one table, as a library's database keeps it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, name: str) -> dict[str, Any]:
        return self.update(name, lambda state: state)

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE IF NOT EXISTS provider (name TEXT PRIMARY KEY, state TEXT)")
            row = db.execute("SELECT state FROM provider WHERE name = ?", (name,)).fetchone()
            state = change(json.loads(row[0]) if row else {})
            db.execute("INSERT OR REPLACE INTO provider VALUES (?, ?)", (name, json.dumps(state)))
            db.execute("COMMIT")
        return state


def _ask_three_times(url: str, path: Path) -> None:
    rules = {"crossref": Provider("crossref", (url,), 0.05)}
    with PoliteClient(rules, user_agent="t", state=SqliteStore(path), clock=time.time, sleep=time.sleep) as client:
        for _ in range(3):
            client.get("crossref", f"{url}/{NO_SUCH}", accept={404})


def test_two_processes_keep_the_rate_together(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with provider() as server:
        arguments = (server.endpoints.crossref, tmp_path / "state.db")
        processes = [spawn.Process(target=_ask_three_times, args=arguments) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout=60)
        assert [process.exitcode for process in processes] == [0, 0]
    assert len(server.log) == 6
    assert min(gaps(server.arrivals())) >= 0.049


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Fri, 20 Mar 2026 04:01:00 GMT", 60.0),
        ("Fri, 20 Mar 2026 03:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_values(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, START) == seconds


@given(st.text())
def test_retry_after_takes_any_text(value: str) -> None:
    seconds = retry_after(value, START)
    assert seconds is None or seconds >= 0


@given(
    st.dictionaries(
        st.sampled_from(list(ProviderState().to_dict())), st.none() | st.text() | st.floats() | st.integers()
    )
)
def test_any_stored_state_can_be_read(stored: dict[str, Any]) -> None:
    state = ProviderState.from_dict(stored)
    assert 0 <= state.wait(START, longest=200.0) <= 200.0


def test_user_agent() -> None:
    full = user_agent(version="1.2", url="https://a.example", email="b@a.example")
    assert full == "broadsheet/1.2 (+https://a.example; mailto:b@a.example)"
    assert user_agent(version="1.2", email="b@a.example") == "broadsheet/1.2 (mailto:b@a.example)"
    assert user_agent(version="1.2", url="https://a.example\r\nX: é") == "broadsheet/1.2 (+https://a.exampleX: )"
    assert user_agent().startswith("broadsheet/0")
