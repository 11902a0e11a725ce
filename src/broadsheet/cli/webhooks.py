"""Commands for webhooks: rooms of a chat that are told of every closed day."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, jsonable
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import UsageError

__all__ = ["webhook"]

webhook = group("Webhooks: rooms of a chat that are told of every closed day.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The webhook.")]


@webhook.command()
def add(
    context: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="The secret address that the chat gives out.")],
    shape: Annotated[str, typer.Option("--shape", help="slack, mattermost, discord or json.")] = "slack",
    json: Json = False,
) -> None:
    """Add a webhook: it is told of every day that closes from now on."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        Community(library).mail.posting().add(name, url, shape)
    session.show({"added": name}, [f"added: {name}"])


@webhook.command("list")
def list_webhooks(context: typer.Context, json: Json = False) -> None:
    """List the webhooks, without their secret addresses."""
    session = Session.of(context, json)
    with session.open() as library:
        hooks = library.catalogue.community.webhooks.all()
    rows = [(one.name, one.shape, urlsplit(one.url).hostname or "", f"{one.created_at:%Y-%m-%d}") for one in hooks]
    data = [
        {"name": one.name, "shape": one.shape, "host": urlsplit(one.url).hostname, "since": jsonable(one.created_at)}
        for one in hooks
    ]
    session.show(data, columns(("NAME", "SHAPE", "HOST", "SINCE"), rows))


@webhook.command()
def remove(context: typer.Context, name: Name, json: Json = False) -> None:
    """Remove a webhook."""
    session = Session.of(context, json)
    with session.open() as library:
        if not library.catalogue.community.webhooks.remove(name):
            raise UsageError(f"there is no webhook {name!r}; `broadsheet webhook list` lists them")
    session.show({"removed": name}, [f"removed: {name}"])


@webhook.command("test")
def try_webhook(context: typer.Context, name: Name, json: Json = False) -> None:
    """Post a line to a webhook now."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        answer = Community(library).mail.posting().test(name)
    session.show({"answer": answer}, [f"answered: {clean(answer)}"])
