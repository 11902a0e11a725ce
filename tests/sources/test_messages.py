"""What a client sends besides plain requests: JSON, headers, secrets; and which answers it takes as they are."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.sources.net.fetch import Answer
from broadsheet.sources.net.http import PARK_DENIED, PoliteClient
from broadsheet.sources.net.messages import Request, response_of, sendable
from broadsheet.sources.net.rate_limit import MemoryStore, Provider
from broadsheet.sources.text.clean import MAX_RAW, sketch
from tests.sources.network import START, FakeClock


@dataclass
class Place:
    """Answers with the next (status, headers), or 200; remembers what was asked."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(place: Place) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            place.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = place.answers.pop(0) if place.answers else (200, {})
            self.send_response(status)
            for name, value in {"X-Told": "yes", "Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    place = Place()
    with running(place):
        yield place


@pytest.fixture
def place(shared: Place) -> Place:
    shared.answers.clear()
    shared.seen.clear()
    return shared


@contextmanager
def client_for(
    place: Place, clock: FakeClock | None = None, **rules: Any
) -> Iterator[tuple[PoliteClient, MemoryStore]]:
    clock, store = clock or FakeClock(), MemoryStore()
    with PoliteClient(
        {"p": Provider("p", (place.url,), 1.0, **rules)},
        user_agent="broadsheet/0",
        state=store,
        clock=clock.now,
        sleep=clock.sleep,
        rng=random.Random(7),
    ) as client:
        yield client, store


def test_json_is_posted_with_its_headers_and_the_answers_headers_come_back(place: Place) -> None:
    with client_for(place) as (client, _):
        answer = client.post_json("p", f"{place.url}/x", [{"a": "ü"}], headers={"X-Token": "1", "X-Empty": ""})
    method, path, headers, body = place.seen[0]
    assert (method, path, json.loads(body)) == ("POST", "/x", [{"a": "ü"}])
    assert (headers["content-type"], headers["x-token"], "x-empty" in headers) == ("application/json", "1", False)
    assert (answer.status, answer.headers["x-told"], answer.body) == (200, "yes", b"{}")


def test_an_accepted_status_is_an_answer_and_no_failure(place: Place) -> None:
    with client_for(place) as (client, store):
        for status in (403, 412, 429, 503):
            place.answers = [(status, {"Retry-After": "9"})]
            assert client.get("p", place.url, accept={403, 412, 429, 503}).status == status
        assert store.get("p")["failures"] == 0
        place.answers = [(412, {})]
        with pytest.raises(SourceError, match="status 412"):
            client.post_json("p", place.url, {})


def test_a_403_that_nobody_accepts_parks_the_provider(place: Place) -> None:
    clock = FakeClock()
    with client_for(place, clock) as (client, store):
        place.answers = [(403, {})]
        with pytest.raises(ProviderParked, match="access denied"):
            client.get("p", place.url)
        assert store.get("p")["parked_until"] == START + PARK_DENIED


def test_a_post_is_sent_again_after_a_temporary_error(place: Place) -> None:
    with client_for(place) as (client, _):
        place.answers = [(500, {}), (503, {"Retry-After": "2"})]
        assert client.post_json("p", place.url, {"n": 1}).status == 200
    assert [json.loads(body) for _, _, _, body in place.seen] == [{"n": 1}] * 3


@pytest.mark.parametrize(("tries", "park"), [(1, 0.0), (2, 60.0)])
def test_a_provider_has_its_own_patience(place: Place, tries: int, park: float) -> None:
    clock = FakeClock()
    with client_for(place, clock, tries=tries, park=park) as (client, store):
        place.answers = [(500, {})] * 9
        with pytest.raises(ProviderParked):
            client.get("p", place.url)
        assert len(place.seen) == tries
        assert store.get("p")["parked_until"] - clock.time <= max(park, 15.0)


def test_a_redirect_is_followed_only_where_the_provider_says_so(place: Place) -> None:
    with client_for(place, follows=False) as (client, _):
        place.answers = [(302, {"Location": f"{place.url}/other"})]
        with pytest.raises(SourceError, match="status 302"):
            client.get("p", place.url)
    assert len(place.seen) == 1
    with client_for(place) as (client, _):
        place.answers = [(302, {"Location": f"{place.url}/other"})]
        assert client.get("p", place.url).status == 200
        assert place.seen[-1][1] == "/other"
        place.answers = [(302, {"Location": f"{place.url}/other"})]
        with pytest.raises(SourceError, match="status 302"):
            client.post_json("p", place.url, {})


def test_a_secret_goes_in_the_address_and_into_no_message(place: Place) -> None:
    told = []
    for status in (418, 403, 500, 302, 200):
        with client_for(place, tries=2) as (client, store):
            place.answers = [(status, {"Location": "ftp://x"})] * (2 if status == 500 else 1)
            try:
                told.append(client.get("p", f"{place.url}/x", {"q": "1"}, secret=("key", "s3cr3t&/")).url)
            except SourceError as error:
                told += [str(error), repr(store.get("p")), str(error.__cause__)]
    assert all("key=s3cr3t" in path for _, path, _, _ in place.seen)
    assert not any("s3cr3t" in text for text in told)
    assert told[-1].endswith("/x?q=1&…")


@pytest.mark.parametrize(("backoff", "wait"), [("7", 7.0), ("0", 1.0), ("soon", 1.0), ("-3", 1.0), ("0.5", 1.0)])
def test_a_backoff_is_the_pause_before_the_next_request(place: Place, backoff: str, wait: float) -> None:
    clock = FakeClock()
    with client_for(place, clock) as (client, store):
        place.answers = [(200, {"Backoff": backoff})]
        client.get("p", place.url)
        assert store.get("p")["next_allowed_at"] == clock.time + wait


def test_a_backoff_of_hours_parks_for_a_day_at_most(place: Place) -> None:
    clock = FakeClock()
    with client_for(place, clock) as (client, store):
        place.answers = [(200, {"Backoff": "99999999"})]
        client.get("p", place.url)
        assert store.get("p")["parked_until"] == clock.time + 24 * 3600
        with pytest.raises(ProviderParked, match="asks for a pause"):
            client.get("p", place.url)


def test_headers_that_none_may_have_are_left_out() -> None:
    sent = {"A": "1", "B": "", "C": "two\nlines", "D": "schlüssel", "E": "tab\there"}
    assert sendable(sent) == {"A": "1"}


def test_a_response_is_an_answer_of_the_right_status() -> None:
    request = Request("http://x/?key=1", {}, accept=(404,), secret="key=1")
    assert request.told("http://x/?key=1: bad") == "http://x/?…: bad"
    assert response_of(Answer("http://x/?key=1", 304, {"etag": "e"}, b"x"), request).body is None
    assert response_of(Answer("http://x/?key=1", 404, {}, b"x"), request).url == "http://x/?…"
    with pytest.raises(SourceError, match=r"http://x/\?…: status 500"):
        response_of(Answer("http://x/?key=1", 500, {}, b""), request)


def test_a_sketch_is_short_however_deep_or_long_the_value() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = {"more": [deep]}
    assert sketch(deep) == "{'more': [{'more': [{...}]}]}"
    assert len(sketch({"a": "x" * 10**6, "b": list(range(10**5))})) < 700
    assert len(sketch({str(n): "y" * 400 for n in range(100)})) == MAX_RAW
