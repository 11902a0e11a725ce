"""A real HTTP server on loopback that takes posts as a chat does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Chat:
    """What a chat was told, and what it answers next; 200 where nothing is left to answer."""

    url: str = ""
    told: list[Any] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def chatting() -> Iterator[Chat]:
    """A server on loopback that takes posts until the block ends."""
    running = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = running.answers.pop(0) if running.answers else 200
            if status == 0:  # it has the post, and hangs up
                running.told.append(body)
                self.close_connection = True
                return
            if status == 200:
                running.told.append(body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", running.url)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    running.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
