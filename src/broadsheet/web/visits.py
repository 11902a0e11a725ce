"""Visits: whether the reader sent a request, and when their last visit ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request

from broadsheet.web.cookies import FOR_LONG, cookie_header, cookie_of

__all__ = ["Visit", "is_own_request"]

_PAUSE = timedelta(minutes=30)  # a visit ends after this time without a request
_SLACK = timedelta(minutes=5)  # resolution of the end of a visit


def is_own_request(request: Request) -> bool:
    """Whether the reader or their script sent the request: not another site, a prefetch, or a link checker (HEAD).

    Only papers on pages for such requests count as shown.
    """
    headers = request.headers
    if request.scope.get("asked_method", request.method) != "GET":
        return False
    purpose = headers.get("sec-purpose", "") + headers.get("purpose", "") + headers.get("x-moz", "")
    if "prefetch" in purpose or "prerender" in purpose or "preview" in purpose:
        return False
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    if headers.get("sec-fetch-dest", "document") not in ("document", "empty"):
        return False  # an image, a frame, a script
    page = headers.get("origin") or headers.get("referer")
    return not page or _host(page) == headers.get("host", "").lower()


def _host(page: str) -> str:
    """The host and port of an address in lower case; "" if it is malformed."""
    try:
        return urlsplit(page).netloc.lower()
    except ValueError:  # a bracket that nothing closes
        return ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit in one browser; `before` is the end of the previous visit, None if there was none."""

    before: datetime | None
    header: str  # the Set-Cookie header that remembers it; "" where the browser has that cookie

    @classmethod
    def of(cls, request: Request, now: datetime) -> Visit:
        """Read the browser's cookie: the end of the previous visit, and the last request of this one."""
        known = cookie_of(request.scope, "_seen")
        times = [_time(text, now) for text in known.split(".")]
        before, last = (*times, None, None)[:2] if len(times) == 2 else (None, None)
        if last is not None and now - last > _PAUSE:
            before = last
        end = now if last is None or now - last > _SLACK else last
        cookie = f"{int(before.timestamp()) if before else 0}.{int(end.timestamp())}"
        return cls(before, cookie_header(request.scope, "_seen", cookie, FOR_LONG) if cookie != known else "")


def _time(text: str, now: datetime) -> datetime | None:
    """Parse seconds since 1970 as a time, at most `now`; None for other text."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 12 and int(text)):
        return None
    return min(datetime.fromtimestamp(int(text), UTC), now)
