"""Answers for the archive: what is closed may be kept by browsers, proxies and crawlers for a while.

A visitor's page of a closed edition has no form and sets no cookie, so that it is the same for everybody.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.community.editions import Edition
from broadsheet.web.conditional import unless_known
from broadsheet.web.site import Site

__all__ = ["SECONDS", "is_archived", "kept"]

SECONDS = 3600  # a paper that is deleted from the library is named as that after so long


def is_archived(site: Site, request: Request, edition: Edition) -> bool:
    """Whether this answer may be kept: a closed edition, for a visitor, without a notice."""
    return (
        site.community.has_accounts and not site.reader and not edition.is_open and "done" not in request.query_params
    )


def kept(request: Request, response: Response) -> Response:
    """The response with its validator; 304 for who has it already."""
    return unless_known(request, response, {"Cache-Control": f"public, max-age={SECONDS}", "Vary": "Cookie"})
