"""A server that speaks version 3 of Zotero's web API for one library, and misbehaves on command.

    with zotero_server(papers(250)) as zotero:
        zotero.misbehave("items", "429", "cut")
        ...
        assert [seen.status for seen in zotero.log] == [429, 0, 200]

What it does is what the documentation says: versions that only grow, 304 and 412 by version, pages with Link and
Total-Results, 429 with Retry-After, Backoff, write tokens, the bin, and what was deleted. Items may be a function of
their position, so that a large library costs nothing until it is read.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["FAULTS", "ZoteroServer", "paper_item", "papers", "zotero_server"]

FAULTS = frozenset({"", "429", "503", "backoff", "cut", "half", "403", "changed"})
KEY = "k" * 24
_PATH = re.compile(r"/(?:api/)?(users|groups)/(\d+)/(items|collections|tags|deleted|groups)(?:/(top|\w{8}))?")


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    what: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int


@dataclass
class ZoteroServer:
    """The library; change it while it runs."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 1
    deleted: dict[str, int] = field(default_factory=dict)  # key of an item → version
    deleted_collections: dict[str, int] = field(default_factory=dict)
    prefix: str = "users/12"
    is_local: bool = False
    may_write: bool = True
    longest: int = 100  # items of a page, at most
    faults: dict[str, list[str]] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    meanwhile: list[Callable[[], None]] = field(default_factory=list)  # what happens just before the next posts
    url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def misbehave(self, what: str, *faults: str) -> None:
        """Add faults for the next requests of `what`."""
        assert FAULTS.issuperset(faults), faults
        self.faults.setdefault(what, []).extend(faults)

    def put(self, key: str, **data: Any) -> None:
        """Make or change an item; its version and the library's grow."""
        with self.lock:
            self.version += 1
            before = self.items.get(key, {"dateAdded": f"2026-01-01T00:00:{len(self.items):08}Z"})
            self.items[key] = {**before, **data, "key": key, "version": self.version}

    def collect(self, key: str, name: str, parent: str | bool = False) -> None:
        """Make or rename a collection."""
        with self.lock:
            self.version += 1
            data = {"key": key, "version": self.version, "name": name, "parentCollection": parent, "relations": {}}
            self.collections[key] = data

    def delete(self, *keys: str) -> None:
        """Delete items or collections for good."""
        with self.lock:
            self.version += 1
            for key in keys:
                if self.collections.pop(key, None):
                    self.deleted_collections[key] = self.version
                    for item in self.items.values():
                        if key in item.get("collections", ()):
                            item["collections"] = [other for other in item["collections"] if other != key]
                else:
                    del self.items[key]
                    self.deleted[key] = self.version

    def created(self, rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
        """Make what was posted: the answer."""
        answer: dict[str, dict[str, Any]] = {"successful": {}, "success": {}, "unchanged": {}, "failed": {}}
        self.version += 1
        for at, row in enumerate(rows):
            if what == "items" and "itemType" not in row:
                answer["failed"][str(at)] = {"code": 400, "message": "'itemType' property not provided"}
                continue
            key = f"NEW{len(self.items) + len(self.collections):05}"
            data = {**row, "key": key, "version": self.version}
            if what == "items":
                self.items[key] = {"dateAdded": f"2026-02-01T00:00:{len(self.items):08}Z", **data}
            else:
                self.collections[key] = data
            answer["success"][str(at)] = key
            answer["successful"][str(at)] = {"key": key, "version": self.version, "data": data}
        return answer


def paper_item(number: int, **more: Any) -> dict[str, Any]:
    """The data of an item about an invented paper."""
    return {
        "itemType": "journalArticle",
        "title": f"Invented Findings on Subject {number} and Its Neighbours",
        "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": f"Example{number}"}],
        "abstractNote": f"We invent finding {number}.",
        "date": "2026-03-01",
        "DOI": f"10.1234/invented.{number}",
        "tags": [],
        "collections": [],
        **more,
    }


def papers(count: int) -> dict[str, dict[str, Any]]:
    """Items about so many papers, added one after the other, all in version 1."""
    return {
        f"P{number:07}": {
            **paper_item(number),
            **{"key": f"P{number:07}", "version": 1, "dateAdded": f"2026-01-01T00:00:{number:08}Z"},
        }
        for number in range(count)
    }


@contextmanager
def zotero_server(items: dict[str, dict[str, Any]] | None = None, **options: Any) -> Iterator[ZoteroServer]:
    """The server, running on this machine until the block ends."""
    zotero = ZoteroServer(items or {}, **options)

    class Handler(_Handler):
        library = zotero

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    zotero.url = f"http://127.0.0.1:{server.server_port}" + ("/api" if zotero.is_local else "")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield zotero
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    library: ZoteroServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        with self.library.lock:
            self._answer(self._get)

    def do_POST(self) -> None:
        with self.library.lock:
            self._answer(self._post)

    def _answer(self, answer: Any) -> None:
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query))
        match = _PATH.fullmatch(split.path)
        what = match[3] if match else split.path.strip("/").removeprefix("api/")
        queue = self.library.faults.get(what, [])
        fault = queue.pop(0) if queue else ""
        status, headers, body = self._status(match, answer, what, query, fault)
        status = 0 if fault == "cut" else status
        self.library.log.append(
            Seen(self.command, what, query, {k.lower(): v for k, v in self.headers.items()}, status)
        )
        if fault == "cut":
            self.close_connection = True
            return
        self.send_response(status)
        body = body[: len(body) // 2] if fault == "half" else body
        headers |= {"Zotero-API-Version": "3", "Content-Length": str(len(body))}
        headers |= {"Backoff": "7"} if fault == "backoff" else {}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _status(self, match: Any, answer: Any, what: str, query: dict[str, str], fault: str) -> Any:
        if fault == "changed":
            self.library.version += 1
        if fault in {"429", "503"}:
            return int(fault), {"Retry-After": "3"}, b"slow down"
        keys = self.headers.get("Zotero-API-Key"), self.headers.get("Authorization", "").removeprefix("Bearer ")
        is_allowed = self.library.is_local or KEY in keys
        if fault == "403" or not is_allowed:
            return 403, {}, b"Invalid key"
        if what in {"keys/current", f"keys/{KEY}"}:
            user = {"library": True, "notes": True, "write": self.library.may_write}
            groups = {"all": {"library": True, "write": False}}
            rights = {"userID": 12, "username": "ada", "access": {"user": user, "groups": groups}}
            return 200, {"Content-Type": "application/json"}, json.dumps(rights).encode()
        prefix = "users/0" if self.library.is_local else self.library.prefix
        if not match or f"{match[1]}/{match[2]}" != prefix:
            return 404, {}, b"Not found"
        return answer(what, query, match[4] or "")

    def _get(self, what: str, query: dict[str, str], which: str) -> tuple[int, dict[str, str], bytes]:
        library, since = self.library, int(query.get("since", 0))
        headers = {"Last-Modified-Version": str(library.version), "Content-Type": "application/json"}
        if library.version <= int(self.headers.get("If-Modified-Since-Version", -1)):
            return 304, headers, b""
        if what == "deleted":
            if library.is_local:
                return 404, {}, b"Not found"
            gone = {"items": library.deleted, "collections": library.deleted_collections}
            keys = {name: [key for key, at in rows.items() if at > since] for name, rows in gone.items()}
            return 200, headers, json.dumps({**keys, "searches": [], "tags": [], "settings": []}).encode()
        if what == "tags":
            names = sorted({tag["tag"] for item in library.items.values() for tag in item.get("tags", ())})
            return self._paged([{"tag": name, "meta": {"type": 0}} for name in names], query, headers)
        rows = list((library.items if what == "items" else library.collections).values())
        if len(which) == 8:
            row = next((row for row in rows if row["key"] == which), None)
            return (200, headers, json.dumps(_wrapped(row)).encode()) if row else (404, {}, b"Not found")
        rows = [row for row in rows if row["version"] > since or not since]
        if what == "items" and query.get("includeTrashed") != "1":
            rows = [row for row in rows if not row.get("deleted")]
        if which == "top":
            rows = [row for row in rows if not row.get("parentItem")]
        if "itemKey" in query:
            wanted = query["itemKey"].split(",")
            assert len(wanted) <= 50
            rows = [row for row in rows if row["key"] in wanted]
        if query.get("format") == "versions":
            return 200, headers, json.dumps({row["key"]: row["version"] for row in rows}).encode()
        by, down = query.get("sort", "dateModified"), query.get("direction", "asc") == "desc"
        rows.sort(key=lambda row: str(row.get(by, "")), reverse=down)
        return self._paged([_wrapped(row) for row in rows], query, headers)

    def _paged(
        self, rows: list[Any], query: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """One page, with where the next one is."""
        start, size = int(query.get("start", 0)), min(int(query.get("limit", 25)), self.library.longest)
        headers = {**headers, "Total-Results": str(len(rows))}
        if start + size < len(rows):
            following = urlencode({**query, "start": start + size, "limit": size})
            host = f"http://{self.headers['Host']}{urlsplit(self.path).path}"
            headers["Link"] = f'<{host}?{following}>; rel="next", <{host}>; rel="alternate"'
        return 200, headers, json.dumps(rows[start : start + size]).encode()

    def _post(self, what: str, query: dict[str, str], which: str) -> tuple[int, dict[str, str], bytes]:
        library = self.library
        if library.meanwhile:
            library.meanwhile.pop(0)()
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if library.is_local or not library.may_write:
            return 403, {}, b"Write access denied"
        token = self.headers.get("Zotero-Write-Token", "")
        unmodified = self.headers.get("If-Unmodified-Since-Version")
        is_old = unmodified is not None and int(unmodified) < library.version
        if is_old or token in library.tokens:
            return 412, {"Last-Modified-Version": str(library.version)}, b"Precondition failed"
        if len(rows) > 50:
            return 413, {}, b"Too many items"
        answer = library.created(rows, what)
        library.tokens[token] = answer
        return 200, {"Last-Modified-Version": str(library.version)}, json.dumps(answer).encode()


def _wrapped(row: dict[str, Any]) -> dict[str, Any]:
    return {"key": row["key"], "version": row["version"], "library": {"type": "user", "id": 12}, "data": row}
