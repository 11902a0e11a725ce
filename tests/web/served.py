"""Invented papers, and a library of them served by a real server on loopback."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import httpx
import uvicorn
import uvicorn.server
from fastapi import FastAPI
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

import broadsheet
from broadsheet.kit.clock import Clock
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.library import Library
from broadsheet.web import config, create_app
from broadsheet.web import site as site_module
from broadsheet.web.site import Site
from tests.clock import noon
from tests.web.markup import Page

HOSTILE_TITLE = '<script>alert(1)</script> "quoted" & <b>bold</b>'
LEE = Person("Ada Lee", "Ada", "Lee", affiliations=("Example Institute",))
MORA = Person("Luis Mora", "Luis", "Mora")

PAPERS = (
    Paper(
        title="Late interaction with pruned token vectors",
        abstract="Late interaction compares every query token with every document token. We prune document tokens "
        "by their norm and keep quality with half of the index. Experiments on two invented collections agree.",
        authors=(LEE, MORA, *(Person(f"Author {i}") for i in range(1, 6))),
        ids=Identifiers(arxiv="2601.00001", doi="10.5555/late.1"),
        year=2026,
        venue="Journal of Invented Retrieval",
        kind="article",
        keywords=("late interaction", "pruning"),
        categories=("cs.IR", "cs.CL"),
        submitted=date(2026, 1, 5),
        pdf_url="https://example.org/late.pdf",
    ),
    Paper(
        title="Token pruning for dense retrieval",
        abstract="Dense retrieval stores one vector a passage. Token pruning makes encoders faster for retrieval.",
        authors=(MORA,),
        ids=Identifiers(arxiv="2601.00002"),
        year=2026,
        submitted=date(2026, 1, 6),
        categories=("cs.IR",),
    ),
    Paper(
        title=HOSTILE_TITLE,
        abstract="An <img src=x onerror=alert(2)> abstract about retrieval with $O(n \\log n)$ cost.",
        authors=(Person('"><script>alert(3)</script>'),),
        year=2025,
        urls=("javascript:alert(4)", "https://example.org/safe"),
        pdf_url="data:text/html,hello",
        keywords=("</title><script>alert(5)</script>",),
    ),
    Paper(
        title="A bell\x07 and a null\x00 in a title about retrieval",
        abstract="Control\x01 characters.",
        year=2024,
    ),
    *(
        Paper(
            title=f"{subject} number {n}",
            abstract=f"This invented study of {subject.lower()} reports outcome {n} of a long programme.",
            authors=(Person(f"{subject.split()[0]} Writer"),),
            ids=Identifiers(arxiv=f"2512.{100 + 10 * at + n:05d}"),
            year=2025,
            submitted=date(2025, 12, 1 + n),
            categories=("cs.LG",),
        )
        for at, subject in enumerate(("Coral reef acoustics", "Graph colouring games", "Cold fermentation chemistry"))
        for n in range(1, 4)
    ),
)


_tokens: dict[str, str] = {}  # by form cookie: every page of a browser has the same


def form_token(client: httpx.Client, path: str = "", *, first: str = "/sign-in") -> str:
    """The form token in the page at `path`; without one, as the browser has it, or as the page `first` gives it."""
    token = "" if path else _tokens.get(_form_cookie(client), "")
    if not token:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(path or first, follow_redirects=True).text)
        assert found
        token = found[1]
        if cookie := _form_cookie(client):
            _tokens[cookie] = token
    return token


def _form_cookie(client: httpx.Client) -> str:
    return next((one.value or "" for one in client.cookies.jar if re.fullmatch(r"broadsheet_\d+", one.name)), "")


@dataclass(frozen=True)
class Served:
    """A library behind a running server."""

    library: Library
    site: Site
    client: httpx.Client
    url: str

    def token(self, path: str = "") -> str:
        """The form token of our browser, or what the page at `path` has for one."""
        return form_token(self.client, path, first="/about-feed")

    def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form as a page of ours would."""
        return self.client.post(path, data={"csrf": self.token(), **fields})

    def number(self, arxiv: str) -> int:
        """Our number of a paper."""
        number: int = self.library.resolve(arxiv)
        return number


async def _moment(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


# uvicorn looks ten times a second whether it should stop, and then waits as long again: a fifth of what tests took
uvicorn.server.asyncio = SimpleNamespace(**{**vars(asyncio), "sleep": _moment})  # type: ignore[assignment, attr-defined]


class _Compiled(BytecodeCache):
    """Templates compiled once for all the applications of a run."""

    code: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


setattr(site_module, "Environment", partial(Environment, bytecode_cache=_Compiled()))  # noqa: B010 - no export


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Run the application on a free loopback port; yields its address."""
    server = uvicorn.Server(config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def served(
    folder: Path, change: Callable[[FastAPI], None] = lambda app: None, token: str = "", clock: Clock = noon
) -> Iterator[Served]:
    """Open the library in `folder` and serve it."""
    with broadsheet.open(folder, clock=clock) as library:
        app = create_app(library, token=token)
        change(app)
        with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=None) as client:
            yield Served(library, app.state.site, client, url)


def notice(own: Served, address: str) -> str:
    """What the notice on a page says; the page has no faults."""
    page = own.client.get(address).text
    assert Page(page).faults == []
    return unescape(page.partition('id="notice"')[2].partition("</p>")[0])
