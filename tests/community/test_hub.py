"""A WebSub hub is told once a closed day, and told again where it did not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.hub import publish_due
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library
from tests.clock import NOON


class Hub(HTTPServer):
    """A hub on loopback that answers with the statuses it is given, then with 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forms: list[dict[str, list[str]]] = []
        self.statuses: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.forms.append(parse_qs(body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


class Clock:
    """A clock that goes on when somebody sleeps."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds + 0.001)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(hub: Hub, clock: Clock, tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "broadsheet.toml").write_text(
        f'[community]\nurl = "https://papers.example.org"\n[edition]\nhub = "http://127.0.0.1:{hub.server_port}/hub"\n'
    )
    with broadsheet.open(tmp_path, clock=clock) as library:
        editions = Community(library).editions
        number = library.add(Record(Paper("A paper"), "jsonl:a", "1", "made")).paper_ids[0]
        editions.enter(number, "pick", "ada")
        clock.now += timedelta(days=1)
        editions.close_due(clock.now)
        yield library


def test_the_hub_is_told_of_both_feeds_once_a_day(library: Library, hub: Hub, clock: Clock) -> None:
    assert publish_due(library, sleep=clock.sleep) == ""
    assert hub.forms == [
        {"hub.mode": ["publish"], "hub.url": [f"https://papers.example.org/papers/feed.{form}"]}
        for form in ("atom", "json")
    ]
    assert publish_due(library, sleep=clock.sleep) == ""
    assert len(hub.forms) == 2


def test_a_hub_in_trouble_is_asked_again(library: Library, hub: Hub, clock: Clock) -> None:
    hub.statuses = [400]
    assert "status 400" in publish_due(library, sleep=clock.sleep)
    hub.statuses = [302]  # followed, a form could be sent anywhere
    assert "status 302" in publish_due(library, sleep=clock.sleep)
    assert len(hub.forms) == 2
    assert publish_due(library, sleep=clock.sleep) == ""
    assert len(hub.forms) == 4


def test_without_a_hub_nobody_is_told(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path) as library:
        assert publish_due(library) == ""
    (tmp_path / "broadsheet.toml").write_text('[edition]\nhub = "https://hub.example.org/"\n')
    with broadsheet.open(tmp_path) as library:
        assert publish_due(library) == "[edition] hub needs [community] url, the address of the feeds"
