"""A stand-in for arXiv, Crossref and DataCite on this machine, which also misbehaves on command.

    with provider(records=invented(20), faults={"oai": ["503-seconds", "truncated"]}) as server:
        source = ArxivOai(client, base_url=server.endpoints.arxiv_oai)
        ...
        assert [seen.route for seen in server.log] == ["oai", "oai", "oai"]

Routes: oai, feed (Atom and RSS), api, crossref, datacite, daily. Each request to a route takes the next fault of that
route's list; "" or the end of the list means good behaviour. A fault is one of FAULTS, or bytes: the body to send.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from broadsheet.sources.net.rate_limit import Endpoints
from tests.sources.faults import BOMB, FAULTS, RETRY_AFTER, STATUS, Seen
from tests.sources.invented import (
    Invented,
    api_error,
    api_feed,
    atom_feed,
    crossref_work,
    datacite_work,
    invented,
    oai_page,
    oai_record,
    rss_feed,
)

__all__ = ["FAULTS", "RETRY_AFTER", "FakeProvider", "Invented", "Seen", "invented", "provider"]


@dataclass
class FakeProvider:
    """What the stand-in knows and does; change it while it runs."""

    records: tuple[Invented, ...]
    clock: Callable[[], float]
    today: date
    page_size: int
    faults: dict[str, list[str | bytes]] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    daily: dict[str, list[Any]] = field(default_factory=dict)  # day -> its rows in the API of daily papers
    tokens: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoints(self) -> Endpoints:
        """Where the sources find it."""
        url = self.url
        return Endpoints(
            f"{url}/oai", f"{url}/feed/atom", f"{url}/api", f"{url}/crossref", f"{url}/datacite", f"{url}/daily"
        )

    def misbehave(self, route: str, *faults: str | bytes) -> None:
        """Add faults for the next requests to `route`."""
        unknown = [fault for fault in faults if isinstance(fault, str) and fault not in FAULTS | {""}]
        if unknown:
            raise ValueError(f"no fault {unknown}; there are {sorted(FAULTS)}")
        with self.lock:
            self.faults.setdefault(route, []).extend(faults)

    def behave(self) -> None:
        """Forget all faults that have not been taken."""
        with self.lock:
            self.faults.clear()

    def arrivals(self, *routes: str) -> list[float]:
        """When requests came, in order of arrival; of all routes if none is named."""
        return [seen.at for seen in self.log if not routes or seen.route in routes]

    def note(self, route: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str | bytes:
        """Log a request and take the fault meant for it."""
        with self.lock:
            self.log.append(Seen(route, path, query, headers, self.clock()))
            waiting = self.faults.get(route)
            return waiting.pop(0) if waiting else ""

    def answer(self, route: str, rest: str, query: list[tuple[str, str]], fault: str | bytes) -> tuple[int, str]:
        """(status, body) of a well-meant answer."""
        match route:
            case "oai":
                return 200, oai_page(self._oai(query, fault), self.today)
            case "feed":
                shape, _, names = rest.partition("/")
                return 200, self._feed(shape, unquote(names).split("+"), fault == "empty-list")
            case "api":
                return 200, self._api(dict(query), fault)
            case "crossref":
                found = [paper for paper in self.records if paper.doi and paper.doi == rest.lower()]
                return (200, crossref_work(found[0])) if found else (404, "Resource not found.")
            case "datacite":
                key = rest.lower().removeprefix("10.48550/arxiv.")
                found = [paper for paper in self.records if paper.key == key]
                return (200, datacite_work(found[0], rest)) if found else (404, '{"errors":[]}')
            case "daily":
                page = dict(query)
                first, size = int(page["p"]) * int(page["limit"]), int(page["limit"])
                return 200, json.dumps(self.daily.get(page["date"], [])[first : first + size])
        return 404, f"no route {route!r}"

    def _oai(self, query: list[tuple[str, str]], fault: str | bytes) -> str:
        asked = dict(query)
        if len(asked) < len(query) or asked.get("verb") != "ListRecords":
            return "<error code='badArgument'>one verb, ListRecords, and no parameter twice</error>"
        skip = 0
        if "resumptionToken" in asked:
            token = asked["resumptionToken"]
            if len(asked) != 2:
                return "<error code='badArgument'>a token goes with the verb alone</error>"
            if token not in self.tokens or fault == "expired-token":
                return "<error code='badResumptionToken'>unknown or expired</error>"
            asked = {name: values[-1] for name, values in parse_qs(unquote(token)).items()}
            skip = int(asked["skip"])
        if asked.get("metadataPrefix") != "arXiv":
            return "<error code='cannotDisseminateFormat'>arXiv only</error>"
        start, name = date.fromisoformat(asked.get("from", "2005-09-16")), asked.get("set", "")
        found = [
            p for p in self.records if p.datestamp >= start and any(f"{s}:".startswith(f"{name}:") for s in p.sets)
        ]
        found.sort(key=lambda paper: (paper.datestamp, paper.key))
        if not found:
            return "<error code='noRecordsMatch'>nothing</error>"
        if fault == "empty-list":
            return "<ListRecords></ListRecords>"
        begin = max(0, skip - self.page_size) if fault == "repeat" else skip
        following = "<resumptionToken/>"
        if skip + self.page_size < len(found) or fault == "same-token":
            step = 0 if fault == "same-token" else self.page_size
            token = quote(urlencode({**asked, "skip": str(skip + step)}), safe="")
            self.tokens.add(token)
            following = f"<resumptionToken expirationDate='2026-03-04T00:00:00Z'>{token}</resumptionToken>"
        return f"<ListRecords>{''.join(map(oai_record, found[begin : skip + self.page_size]))}{following}</ListRecords>"

    def _feed(self, shape: str, names: list[str], empty: bool) -> str:
        known = {name for paper in self.records for name in paper.categories} | {"cs.IR", "cs.LG"}
        title = f"{'+'.join(names)} updates on arXiv.org"
        if not set(names) <= known:
            title = f"Feed error for query: {'+'.join(names)}"
        found = [] if empty else [p for p in self.records if not p.deleted and set(p.categories) & set(names)]
        return (rss_feed if shape == "rss" else atom_feed)(title, found, self.today)

    def _api(self, query: Mapping[str, str], fault: str | bytes) -> str:
        ids = query.get("id_list", "").split(",")
        if any(text.startswith("9912.") for text in ids):
            return api_error("incorrect id format for 9912.99999")
        by_key = {paper.key: paper for paper in self.records if not paper.deleted}
        found = [by_key[key] for key in (text.partition("v")[0] for text in ids) if key in by_key]
        return api_feed([] if fault == "empty-list" else found[: int(query.get("max_results", "10"))], len(found))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # one request a connection
    server: _Server

    def do_GET(self) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        route, _, rest = parts.path.lstrip("/").partition("/")
        query = parse_qsl(parts.query, keep_blank_values=True)
        fault = fake.note(route, self.path, dict(query), dict(self.headers.items()))
        try:
            if isinstance(fault, bytes):
                self._send(200, fault, {"Content-Type": "text/xml"})
            elif not self._misbehaved(fault):
                status, text = fake.answer(route, unquote(rest), query, fault)
                self._well(status, text.encode(), fault)
        except ConnectionError:
            self.close_connection = True

    def _well(self, status: int, body: bytes, fault: str) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            self._send(304, b"", {"ETag": etag})
        elif fault == "truncated":
            self._send(status, body[: len(body) * 2 // 3])
        elif fault == "half":
            self._send(status, body[: len(body) // 2], {"Content-Length": str(len(body))})
        elif fault in ("gzip", "gzip-damaged"):
            packed = gzip.compress(body)
            self._send(
                status, packed if fault == "gzip" else packed[:20] + b"!!!!" + packed[24:], {"Content-Encoding": "gzip"}
            )
        else:
            self._send(status, body, {"ETag": etag, "Content-Type": "text/xml; charset=utf-8"})

    def _misbehaved(self, fault: str) -> bool:
        now = self.server.fake.clock()
        waits = {"seconds": str(RETRY_AFTER), "date": formatdate(now + RETRY_AFTER, usegmt=True), "tomorrow": "86400"}
        status, _, wait = fault.partition("-")
        if status in STATUS:
            self._send(STATUS[status], b"no", {"Retry-After": waits[wait]} if wait else {})
        elif fault.startswith("redirect"):
            here = self.server.fake.url + self.path
            by_name = here.replace("127.0.0.1", "localhost")
            where = {"redirect-private": "http://10.0.0.1/latest/meta-data", "redirect-name": by_name}.get(fault, here)
            self._send(302, b"", {"Location": where})
        elif fault == "empty":
            self._send(200, b"")
        elif fault == "bomb":
            self._send(200, BOMB.encode())
        elif fault == "wrong-type":
            self._send(200, b"<!doctype html><html><body><p>Back soon<br></body></html>", {"Content-Type": "text/html"})
        elif fault == "unasked-encoding":
            self._send(200, b"\x28\xb5\x2f\xfd", {"Content-Encoding": "zstd"})
        elif fault == "gzip-bomb":
            self._send(200, gzip.compress(bytes(32 << 20), 1), {"Content-Encoding": "gzip"})
        elif fault in ("endless", "drip"):
            self._go_on(*((b"<r>" * 10_000, 0.0) if fault == "endless" else (b"<", 0.02)))
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            return False
        return True

    def _go_on(self, piece: bytes, pause: float) -> None:
        """Send a body that never ends, until the other side or the test has enough."""
        self._send(200, b"", {"Content-Length": ""})
        while not self.server.fake.stopping.wait(pause):
            self.wfile.write(piece)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet; the log is in FakeProvider."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, fake: FakeProvider) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report our own mistakes; a client that hangs up is what half of the faults provoke."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def provider(
    records: Sequence[Invented] | None = None,
    faults: Mapping[str, Sequence[str | bytes]] | None = None,
    *,
    clock: Callable[[], float] = time.time,
    today: date = date(2026, 3, 20),
    page_size: int = 4,
) -> Iterator[FakeProvider]:
    """Serve `records` (20 invented ones by default) on a free port of 127.0.0.1 until the block ends."""
    fake = FakeProvider(tuple(invented(20) if records is None else records), clock, today, page_size)
    for route, wanted in (faults or {}).items():
        fake.misbehave(route, *wanted)
    with _Server(fake) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            fake.stopping.set()
            server.shutdown()
            thread.join()
