"""The door for agents over HTTP: /mcp speaks the Model Context Protocol."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from broadsheet.agents.server import answer
from broadsheet.agents.tools import Tools
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter()


class _Answer(Response):
    """What the protocol's own server answers."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over."""
        await answer(self._tools, scope, receive, send)


@router.post("/mcp", include_in_schema=False)
async def agents(site: Here) -> Response:
    """One message of an agent, as whoever its token names; a visitor's where it has none."""
    return _Answer(Tools(site.library, site.community, site.actor))
