"""Commands for the accounts of a community. Whoever can write the library's folder may do all this."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, jsonable
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.community.accounts import Account
    from broadsheet.community.actor import Role

__all__ = ["account"]

account = group("Accounts of a community: make, list, change and suspend them.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="A file whose first line is the password.")
]
_BY = "command line"  # as the audit log names who did it


@account.command()
def create(
    context: typer.Context,
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
    curator: Annotated[bool, typer.Option("--curator", help="May tend papers and discussions.")] = False,
    email: Annotated[str, typer.Option("--email", help="Their address, taken as confirmed.")] = "",
    full_name: Annotated[str, typer.Option("--full-name", help="The name that others see.")] = "",
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Make an account; a reader of that name who is here already becomes its reader.

    The password is asked for on a terminal, else read from standard input.
    """
    from broadsheet.community import Community

    session = Session.of(context, json)
    role = _role("admin" if admin else "curator" if curator else "reader")
    with session.open(create=True) as library:
        accounts = Community(library).accounts
        made = accounts.create(name, _password(password_file), role, email=email, shown=full_name)
        library.catalogue.community.audit.record(_BY, "create", made.name, role.value)
    session.show(_shown(made), [f"created: {made.name} ({made.role})"])


@account.command("list")
def list_accounts(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Part of a name or an address.")] = "",
    json: Json = False,
) -> None:
    """List accounts."""
    session = Session.of(context, json)
    with session.open() as library:
        found = library.catalogue.community.accounts.like(text, most=100_000)
    rows = [
        (one.name, one.role, clean(one.email), f"{one.joined_at:%Y-%m-%d}", "suspended" if one.suspended_at else "")
        for one in found
    ]
    lines = columns(("NAME", "ROLE", "ADDRESS", "SINCE", ""), rows) if rows else ["No accounts."]
    session.show([_shown(one) for one in found], lines)


def _role(name: str) -> Role:
    from broadsheet.community.actor import Role

    return Role(name)


def _password(file: Path | None) -> str:
    """The password from a file's first line, a terminal (asked twice) or standard input."""
    if file is not None:
        from broadsheet.cli.files import read_text

        return _first_line(read_text(file), str(file))
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    return _first_line(sys.stdin.read(10_000), "standard input")


def _first_line(text: str, place: str) -> str:
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise UsageError(f"{place} has no password: its first line is empty")
    return line


def _shown(one: Account) -> dict[str, object]:
    return {
        "name": one.name,
        "role": one.role,
        "email": one.email,
        "full_name": one.full_name,
        "joined_at": jsonable(one.joined_at),
        "suspended_at": jsonable(one.suspended_at),
    }
