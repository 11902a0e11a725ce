"""Answers with a validator (RFC 9110): who has one already is told so in a few bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["etag_matches", "unless_known"]


def unless_known(request: Request, response: Response, headers: Mapping[str, str]) -> Response:
    """The response with these headers and an ETag of its body; 304 for who has it already."""
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    if etag_matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers={"ETag": etag, **headers})
    response.headers.update({"ETag": etag, **headers})
    return response


def etag_matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match header contains this tag (compared weakly, RFC 9110) or `*`."""
    return etag in (tag.strip().removeprefix("W/") for tag in header.split(",")) or header.strip() == "*"
