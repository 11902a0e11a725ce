"""What every route needs at hand: the library, the reader, the templates, the form tokens and the running sync."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.results import IngestReport
from broadsheet.web import view
from broadsheet.web.notices import notice
from broadsheet.web.security import FormTokens, local_path

__all__ = ["FOLDER", "Here", "Site", "Syncing"]

FOLDER = Path(__file__).parent
_NOTICE_KEYS = frozenset({"done", "paper", "read", "added", "known", "bad", "name"})


class Site:
    """One library shown to one reader."""

    def __init__(self, library: Library, reader: str) -> None:
        self.library = library
        self.reader = reader
        self.tokens = FormTokens()
        self.syncing = Syncing(library)
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.filters.update(
            day=view.day, web_url=view.web_url, segment=lambda text: quote(str(text), safe="")
        )
        self._environment.globals.update(
            site_title=library.settings.server.title,
            search_link=view.search_link,
            version={name: _digest(FOLDER / "static" / name) for name in ("style.css", "page.js", "icon.svg")},
        )

    def page(
        self, request: Request, template: str, context: Mapping[str, Any], *, here: str = "", status: int = 200
    ) -> HTMLResponse:
        """A whole page; `here` names the entry of the navigation it belongs to."""
        asked = dict(request.query_params)
        whole = {
            "here": here,
            "today": date.today(),
            "token": self.tokens.token,
            "back": back(request),
            "query": "",
            "notice": notice(self.library, asked),
            **context,
        }
        response = HTMLResponse(self._environment.get_template(template).render(whole), status)
        self.tokens.set_cookie(request, response.headers)
        return response

    def fragment(self, template: str, context: Mapping[str, Any]) -> HTMLResponse:
        """A piece of a page, as swapped in by page.js."""
        whole = {"token": self.tokens.token, "notice": None, **context}
        return HTMLResponse(self._environment.get_template(template).render(whole))

    def marks(self, ids: Iterable[int]) -> dict[int, view.Mark]:
        """What the reader has said about each of these papers."""
        state = self.library.state(self.reader)
        return {i: view.Mark(i in state.saved, state.ratings.get(i, 0), i in state.hidden) for i in ids}

    def titles(self, ids: Iterable[int | None]) -> dict[int, str]:
        """The titles of papers that reasons speak of."""
        wanted = sorted({i for i in ids if i is not None})
        return {stored.id: stored.paper.title for stored in self.library.papers(wanted)} if wanted else {}


class Syncing:
    """At most one sync at a time, in the background; its progress in words."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopping = Event()
        self.line = ""  # what it is doing, or what became of the last one

    @property
    def running(self) -> bool:
        """True while a sync is at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, names: tuple[str, ...] = ()) -> bool:
        """Begin; False if one is running already."""
        with self._lock:
            if self.running:
                return False
            self.line = "Starting …"
            self._thread = Thread(target=self._work, args=(names,), name="sync", daemon=True)
            self._thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Return when the sync has ended or after `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self, seconds: float = 5.0) -> None:
        """Ask the sync to end after the page of records it is at, and wait for that."""
        self._stopping.set()
        self.wait(seconds)

    def _work(self, names: tuple[str, ...]) -> None:
        try:
            reports = self._library.sync(names, progress=self._tell, stop=self._stopping.is_set)
            self.line = " ".join(map(told, reports)) or "No source is set up to sync."
        except BroadsheetError as error:
            self.line = str(error)
        except Exception:
            self.line = "The sync stopped on an unexpected error; the server's log has the details."
            raise

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        self.line = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}"


def told(report: IngestReport) -> str:
    """One report as a sentence."""
    counts = f"{report.source}: {report.read:,} read, {report.added:,} new, {report.updated:,} updated"
    bad = f", {report.quarantined:,} could not be read" if report.quarantined else ""
    return f"{counts}{bad}. {' '.join(report.messages)}".strip()


def back(request: Request) -> str:
    """Path and query of this page without what a notice added: where forms on it return to."""
    if request.method != "GET":
        return "/"
    kept = [(key, value) for key, value in parse_qsl(request.url.query) if key not in _NOTICE_KEYS]
    return local_path(quote(request.url.path, safe="/:@") + ("?" + urlencode(kept) if kept else ""))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


Here = Annotated[Site, Depends(_site)]
