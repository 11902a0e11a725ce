"""The web application: includes the routers, answers errors with a page or JSON, serves static files."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from broadsheet.community.scheduler import Background
from broadsheet.kit.errors import BroadsheetError, LibraryError, RateLimited, UnknownPaper, UnknownReader
from broadsheet.pipeline.library import Library
from broadsheet.web import api
from broadsheet.web.hosts import Hosts
from broadsheet.web.parts import routes
from broadsheet.web.security import HEADERS, Guard
from broadsheet.web.site import FOLDER, Site, site_of

__all__ = ["create_app"]

_PAGES = (
    "/",
    "/for-you",
    "/papers",
    "/papers/calendar",
    "/organisations",
    "/submit",
    "/votes",
    "/votes/rules",
    "/tags",
    "/moderation",
    "/moderation/log",
    "/account/mentions",
    "/search",
    "/similar",
    "/atlas",
    "/library",
    "/groups",
    "/alerts",
    "/sources",
    "/deleted",
    "/joined",
    "/exchange",
    "/connections",
    "/about-feed",
    "/replay",
    "/catch-up",
    "/api",
    "/feed.atom",
    "/feed.json",
)


def create_app(library: Library, *, reader: str = "me", token: str = "", in_background: bool = False) -> FastAPI:
    """The application that shows `library` to `reader`. The caller opens and closes the library.

    With `token`, the start token, it serves only requests that carry it (see `access`). With `in_background` it also
    does while it runs what is due: sync, close days, send mail.
    """
    app = FastAPI(
        title="Broadsheet",
        version="1",
        summary="Search, feed and library of one Broadsheet.",
        openapi_url=f"{api.PREFIX}/openapi.json",
        docs_url=None,  # FastAPI's pages load scripts from elsewhere; ours is /api
        redoc_url=None,
        lifespan=_lifespan,
    )
    site = app.state.site = Site(library, reader, token)
    app.state.in_background = in_background and not library.catalogue.read_only
    app.router.routes.extend(routes())
    app.mount("/static", _Static(directory=FOLDER / "static"), name="static")
    app.add_middleware(Guard, refuse=_http_error, access=site.access, hosts=_hosts(site))
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(BroadsheetError, _broadsheet_error)
    app.add_exception_handler(Exception, _unexpected_error)
    return app


def _hosts(site: Site) -> Hosts:
    """A community answers to its own address, too, and may stand behind proxies."""
    settings = site.library.settings.community
    return Hosts(settings.url, settings.proxies) if site.community.has_accounts else Hosts()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    background = Background(site.community) if app.state.in_background else None
    if background:
        background.start()
        site.encoding = background.vectors
    yield
    if background:
        background.stop()
    site.stop_jobs()
    site.community.exposures.stop()


class _Static(StaticFiles):
    """Static files whose addresses have a hash of the content: browsers cache them for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _answer(request: Request, status: int, message: str, hint: str = "") -> Response:
    """An error as JSON for the API and scripts, as a page for people."""
    if request.url.path.startswith(("/api/daily_papers", "/api/papers")):  # as its clients read it
        return JSONResponse({"error": message}, status)
    if request.url.path.startswith(("/api/", "/reader/api/")) or request.headers.get("x-fragment") == "true":
        return JSONResponse({"error": {"message": message}}, status)
    site = site_of(request)
    context = {"status": status, "phrase": HTTPStatus(status).phrase, "message": message, "hint": hint}
    return site.page(request, "error.html", context, status=status)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404 and error.detail == "Not Found":
        near = difflib.get_close_matches(request.url.path, _PAGES, 1, 0.6)
        return _answer(request, 404, f"There is no page {request.url.path[:200]!r}.", near[0] if near else "")
    response = _answer(request, error.status_code, str(error.detail))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = []
    for problem in error.errors()[:5]:
        location = ".".join(str(part) for part in problem["loc"][1:]) or "the body"
        raw = problem.get("input")
        value = f" (got {str(raw)[:80]!r})" if isinstance(raw, str | int | float) else ""
        problems.append(f"{location}: {problem['msg']}{value}")
    return _answer(request, 400, "; ".join(problems))


def _broadsheet_error(request: Request, error: Exception) -> Response:
    if isinstance(error, UnknownPaper | UnknownReader):
        return _answer(request, 404, str(error))
    if isinstance(error, RateLimited):
        response = _answer(request, 429, str(error))
        response.headers["Retry-After"] = str(error.seconds)
        return response
    return _answer(request, 503 if isinstance(error, LibraryError) else 400, str(error))


def _unexpected_error(request: Request, error: Exception) -> Response:
    """Answer 500. It runs outside the middleware and sets the headers itself; the server logs the traceback."""
    del error
    response = _answer(request, 500, "Something went wrong on our side. The server's log has the details.")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
