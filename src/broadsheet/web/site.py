"""What every route uses: library, community, who asks, templates, tokens and the running sync."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.kit.export_formats import ExportFormat
from broadsheet.pipeline.index.vector_worker import VectorWorker
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import IngestReport
from broadsheet.web import links, mathematics, presenters
from broadsheet.web.access import Access
from broadsheet.web.call_limit import CallLimit
from broadsheet.web.cookies import cookie_of
from broadsheet.web.exchange.takeout_job import TakeoutJobs
from broadsheet.web.limits import shortened
from broadsheet.web.notices import KEYS, notice, plural
from broadsheet.web.security import FormTokens, local_path
from broadsheet.web.sessions import actor_of
from broadsheet.web.steering.replay_job import ReplayJobs
from broadsheet.web.sync_job import ConnectionJob, SyncJob
from broadsheet.web.visits import is_own_request

__all__ = ["FOLDER", "THEMES", "Here", "Site", "site_of"]

FOLDER = Path(__file__).parent
THEMES = ("light", "dark")
_STATIC = ("style.css", "page.js", "suggest.js", "atlas.css", "atlas.js", "icon.svg")


class Site:
    """One library and its community; a request gets its own, for who asks (`visited`)."""

    def __init__(self, library: Library, reader: str, start_token: str = "") -> None:
        self.library = library
        self.community = Community(library)
        # where there are no accounts, whoever passes the start token has all rights
        self.actor = VISITOR if self.community.has_accounts else Actor(Role.admin, reader)
        start_token = "" if self.community.has_accounts else start_token
        self.tokens = FormTokens(library.key if self.community.has_accounts else b"")
        self._cookie = ""  # of the browser that asks
        self.access = Access(start_token, library.key if start_token else b"")
        self.calls = CallLimit()
        self.syncing = SyncJob(library)
        self.replays = ReplayJobs(library)
        self._connecting: dict[str, ConnectionJob] = {}  # by reader
        self.takeouts = TakeoutJobs()
        self.encoding: VectorWorker | None = None  # makes the papers' vectors, in a server
        self.imported: dict[str, IngestReport] = {}  # by reader: the result of the last import from these pages
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.filters.update(
            brief=shortened,
            code=mathematics.coded,
            counted=plural,
            day=presenters.day,
            marked=mathematics.marked,
            maths=mathematics.html,
            moment=presenters.moment,
            tab=presenters.tab,
            web_url=links.web_url,
        )
        self._environment.globals.update(
            site_title=library.settings.server.title,
            export_formats=tuple(ExportFormat),
            feed_link=self.feed_link,
            own_page=self.own_page,
            author_link=links.author_link,
            search_link=links.search_link,
            version={name: _digest(FOLDER / "static" / name) for name in _STATIC},
        )

    @property
    def reader(self) -> str:
        """The name of the reader who asks; "" for a visitor."""
        return self.actor.reader

    @property
    def own_page(self) -> str:
        """The path of the reader's own page; where people sign in, the newspaper is at /."""
        return "/for-you" if self.community.has_accounts else "/"

    def visited(self, request: Request, actor: Actor) -> Self:
        """The site as `actor` sees it in this request."""
        site = copy.copy(self)
        site.actor = actor
        site._cookie = self.tokens.cookie_of(request)
        return site

    def renew_form_cookie(self) -> None:
        """Give the browser another form cookie with this answer: forms from before it signed in or out are void."""
        self._cookie = self.tokens.new_cookie()

    @property
    def form_cookie(self) -> str:
        """The form cookie of the browser that asks."""
        return self._cookie

    @property
    def form_token(self) -> str:
        """What the forms of this answer carry."""
        return self.tokens.token_of(self._cookie)

    def page(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        *,
        here: str = "",
        status: int = 200,
        is_public: bool = False,
    ) -> HTMLResponse:
        """A whole page; `here` names the entry of the navigation it belongs to.

        A public one is the same for everybody: it sets no cookie and has no form that needs one.
        """
        now = self.library.now().astimezone()
        variables = {
            "here": here,
            "now": now,
            "theme": self.theme(request),
            "token": "" if is_public else self.form_token,
            "is_public": is_public,
            "actor": self.actor,
            "has_accounts": self.community.has_accounts,
            "can_subscribe": self.community.has_accounts and self.community.mail.subscriptions.is_open,
            "unseen_mentions": 0 if is_public else self.community.comments.unseen_mentions(self.actor),
            "back": back(request),
            "query": "",
            "index_note": self.library.index_note,
            "notice": notice(self.library, dict(request.query_params)) if status < 400 else None,
            **context,
        }
        response = HTMLResponse(self._environment.get_template(template).render(variables), status)
        if not is_public:
            self.tokens.set_cookie(request, response.headers, self._cookie)
        return response

    def fragment(self, template: str, context: Mapping[str, Any]) -> HTMLResponse:
        """A piece of a page, as swapped in by page.js."""
        variables = {"token": self.form_token, "actor": self.actor, "notice": None, **context}
        return HTMLResponse(self._environment.get_template(template).render(variables))

    def theme(self, request: Request) -> str:
        """The colours this browser chose: light, dark, or empty for the system's."""
        value = cookie_of(request.scope, "_theme")
        return value if value in THEMES else ""

    def base_url(self, request: Request) -> str:
        """Where addresses of this site begin: as it is set, never as a request names it, except this machine."""
        return self.library.settings.community.url or str(request.base_url).rstrip("/")

    def feed_link(self, path: str, **query: str) -> str:
        """The address of a feed, with the token a feed reader needs."""
        query = {**query, "token": self.access.feed_token} if self.access.feed_token else query
        return path + ("?" + urlencode(query) if query else "")

    def connection_job(self) -> ConnectionJob:
        """The syncs of the reader's own connections that pages start."""
        return self._connecting.setdefault(self.reader, ConnectionJob(self.community.connections, self.reader))

    def stop_jobs(self) -> None:
        """Stop what pages started, after the current page of records of each."""
        self.syncing.stop()
        self.replays.stop()
        self.takeouts.stop()
        for job in list(self._connecting.values()):
            job.stop()

    def marks(self, ids: Iterable[int]) -> dict[int, presenters.Mark]:
        """The reader's marks on each of these papers; a visitor has none."""
        if not self.reader:
            return {i: presenters.Mark(is_visitors=True) for i in ids}
        state = self.library.state(self.reader)
        return {i: presenters.Mark(i in state.saved, state.ratings.get(i, 0), i in state.hidden) for i in ids}

    def count_shown(self, request: Request, page: str, ids: Sequence[int], first: int = 1) -> None:
        """Count that `page` shows these papers at the positions from `first` on, where a person who can vote asked.

        A page about one paper shows it at position 0.
        """
        if self.reader and is_own_request(request):
            self.community.exposures.count(self.reader, page, ids, first)

    def titles(self, ids: Iterable[int | None]) -> dict[int, str]:
        """The titles of papers that reasons speak of."""
        numbers = sorted({i for i in ids if i is not None})
        return {stored.id: stored.paper.title for stored in self.library.papers(numbers)} if numbers else {}


def back(request: Request) -> str:
    """Path and query of this page without what a notice added: where forms on it return to."""
    if request.method != "GET":
        return "/"
    pairs = [(key, value) for key, value in parse_qsl(request.url.query) if key not in KEYS]
    return local_path(quote(request.url.path, safe="/:@") + ("?" + urlencode(pairs) if pairs else ""))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def site_of(request: Request) -> Site:
    """The site as whoever sent this request sees it."""
    visited: Site | None = getattr(request.state, "site", None)
    if visited is None:
        whole: Site = request.app.state.site
        has_accounts = whole.community.has_accounts
        actor = actor_of(request, whole.community.accounts) if has_accounts else whole.actor
        visited = request.state.site = whole.visited(request, actor)
    return visited


Here = Annotated[Site, Depends(site_of)]
