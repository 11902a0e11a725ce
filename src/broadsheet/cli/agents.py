"""The door for agents on standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.session import Reader, Session

__all__ = ["mcp"]


def mcp(
    context: typer.Context,
    reader: Reader = "me",
    read_only: Annotated[bool, typer.Option("--read-only", help="The agent changes nothing.")] = False,
) -> None:
    """Serve an agent by the Model Context Protocol, on standard input and output.

    An agent's configuration names this command: broadsheet --library FOLDER mcp. A running `broadsheet serve` has the
    same at /mcp.
    """
    from broadsheet.agents.server import run_on_streams
    from broadsheet.agents.tools import Tools
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor, Role

    with Session.of(context, json=False).open() as library:
        library.reader(reader)
        tools = Tools(library, Community(library), Actor(Role.reader, reader))
        run_on_streams(tools.read_only() if read_only else tools)
