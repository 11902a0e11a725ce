"""A server that answers as OpenAlex and Semantic Scholar do, in documented shapes, with invented works."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["GraphServer", "graph_server", "scholar_paper", "work"]


def work(number: int, **more: Any) -> dict[str, Any]:
    """A work of OpenAlex."""
    author = {"id": "https://openalex.org/A5000000001", "display_name": "Ada Example", "orcid": None}
    return {
        "id": f"https://openalex.org/W{900000 + number}",
        "doi": f"https://doi.org/10.1234/invented.{number}",
        "title": f"Invented Work {number} about Ranking Things",
        "publication_date": f"2026-03-{1 + number % 28:02}",
        "publication_year": 2026,
        "type": "article",
        "is_retracted": False,
        "authorships": [{"author_position": "first", "author": author, "institutions": []}],
        "primary_location": {"landing_page_url": f"https://doi.org/10.1234/invented.{number}", "source": None},
        "locations": [{"landing_page_url": f"https://arxiv.org/abs/2603.{number:05}", "pdf_url": None}],
        "cited_by_count": number,
        "referenced_works": ["https://openalex.org/W7700001"],
        "abstract_inverted_index": {"Invented": [0], "abstract": [1]},
        **more,
    }


def scholar_paper(number: int, **more: Any) -> dict[str, Any]:
    """A paper of Semantic Scholar."""
    return {
        "paperId": f"{number:040x}",
        "externalIds": {"DOI": f"10.1234/scholar.{number}", "CorpusId": number},
        "title": f"Scholarly Invention {number} on Reading Lists",
        "abstract": None,
        "venue": "INVENT",
        "year": 2025,
        "publicationDate": "2025-05-01",
        "citationCount": number,
        "authors": [{"authorId": "1741101", "name": "Ada Example"}],
        **more,
    }


@dataclass
class GraphServer:
    """What it knows; faults are taken by the next requests: 429, cut (no JSON), 500 or a status."""

    works: list[dict[str, Any]] = field(default_factory=list)
    papers: list[dict[str, Any]] = field(default_factory=list)
    size: int = 100
    faults: list[str] = field(default_factory=list)
    log: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)  # path, query, headers
    url: str = ""

    def answer(self, path: str, query: dict[str, str], content: Any) -> tuple[int, Any]:
        """(status, JSON) of a request."""
        if path == "/works":
            return self._listed(query)
        if path.startswith("/works/"):
            name = path.removeprefix("/works/").removeprefix("doi:").removeprefix("pmid:")
            row = next((row for row in self.works if name and name in (row["doi"] + row["id"])), None)
            return (200, row) if row else (404, {"error": "not found"})
        if path == "/graph/v1/paper/batch":
            by_id = {f"DOI:{row['externalIds']['DOI']}": row for row in self.papers}
            by_id |= {row["paperId"]: row for row in self.papers}
            return 200, [by_id.get(one) for one in content["ids"]]
        if path in {"/graph/v1/author/1741101/papers", "/graph/v1/paper/DOI:10.1234/mine/citations"}:
            start = int(query["offset"])
            rows: list[Any] = self.papers[start : start + self.size]
            if path.endswith("citations"):
                rows = [{"citingPaper": row} for row in rows]
            following = start + self.size
            return 200, {"offset": start, "data": rows, **({"next": following} if following < len(self.papers) else {})}
        return 404, {"error": "not found"}

    def _listed(self, query: dict[str, str]) -> tuple[int, Any]:
        if "authorships.author" not in query["filter"] and "cites:W900001" not in query["filter"]:
            return 400, {"error": "Invalid query parameters error."}
        start = 0 if query["cursor"] == "*" else int(query["cursor"].removeprefix("c"))
        rows = self.works[start : start + self.size]
        following = f"c{start + self.size}" if start + self.size < len(self.works) else None
        return 200, {"meta": {"count": len(self.works), "next_cursor": following}, "results": rows}


@contextmanager
def graph_server(**options: Any) -> Iterator[GraphServer]:
    """The server, running on this machine until the block ends."""
    graph = GraphServer(**options)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, content: Any) -> None:
            split = urlsplit(self.path)
            query = dict(parse_qsl(split.query))
            path = unquote(split.path)
            graph.log.append((path, query, {name.lower(): value for name, value in self.headers.items()}))
            fault = graph.faults.pop(0) if graph.faults else ""
            status, answer = graph.answer(path, query, content)
            body = json.dumps(answer).encode()
            if fault.isdigit():
                status = int(fault)
            self.send_response(status)
            if fault == "429":
                self.send_header("Retry-After", "4")
            body = body[:-20] if fault == "cut" else body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    graph.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
