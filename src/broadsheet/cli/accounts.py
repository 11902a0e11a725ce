"""Commands for the accounts of a community. Whoever can write the library's folder may do all this."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, jsonable
from broadsheet.cli.session import COMMAND_LINE, Json, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.community.accounts import Account
    from broadsheet.community.accounts import Accounts
    from broadsheet.community.actor import Role

__all__ = ["account"]

account = group("Accounts of a community: make, list, change and suspend them.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="A file whose first line is the password.")
]


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
        library.catalogue.community.audit.record(COMMAND_LINE, "create", made.name, role.value)
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


@account.command("role")
def set_role(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="reader, curator or admin.")],
    json: Json = False,
) -> None:
    """Give an account another role; its browsers sign in again."""
    _change(context, json, name, lambda accounts, one: accounts.administration.set_role(one, _role(role), COMMAND_LINE))


@account.command()
def suspend(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why; the member is told.")],
    json: Json = False,
) -> None:
    """Keep an account out, for a reason; its browsers are signed out."""
    _change(context, json, name, lambda accounts, one: accounts.administration.suspend(one, reason, COMMAND_LINE))


@account.command()
def restore(context: typer.Context, name: Name, json: Json = False) -> None:
    """Let a suspended account in again."""
    _change(context, json, name, lambda accounts, one: accounts.administration.restore(one, COMMAND_LINE))


@account.command()
def password(context: typer.Context, name: Name, password_file: PasswordFile = None, json: Json = False) -> None:
    """Set an account's password; its browsers are signed out.

    It is asked for on a terminal, else read from standard input.
    """

    def change(accounts: Accounts, one: Account) -> None:
        accounts.recovery.set_password(one, _password(password_file))
        accounts.administration.record(COMMAND_LINE, "password", one.name)

    _change(context, json, name, change)


@account.command()
def invite(
    context: typer.Context,
    name: Name,
    note: Annotated[str, typer.Option("--note", help="For whom it is.")] = "",
    json: Json = False,
) -> None:
    """Make an invitation in the name of an account; prints its link, which works once."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        accounts = Community(library).accounts
        code = accounts.joining.invite(accounts.named(name), note)
        link = f"{library.settings.address}/invitations/{code}"
    session.show({"invitation": link}, [link])


@account.command()
def sessions(
    context: typer.Context,
    name: Name,
    end: Annotated[bool, typer.Option("--end", help="Sign them all out.")] = False,
    json: Json = False,
) -> None:
    """List the browsers in which an account is signed in, or sign them out."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        accounts = Community(library).accounts
        one = accounts.named(name)
        if end:
            count = accounts.administration.end_sessions(one, COMMAND_LINE)
            session.show({"ended": count}, [f"signed out: {count}"])
            return
        found = accounts.sessions.of_account(one.id)
    rows = [
        (f"{each.used_at:%Y-%m-%d %H:%M}", f"{each.created_at:%Y-%m-%d %H:%M}", clean(each.agent)) for each in found
    ]
    lines = columns(("LAST USED", "SINCE", "BROWSER"), rows) if rows else ["Signed in nowhere."]
    session.show([{"used_at": used, "created_at": since, "agent": agent} for used, since, agent in rows], lines)


def _change(context: typer.Context, json: bool, name: str, change: Callable[[Accounts, Account], None]) -> None:
    """Carry out a change of one account, and show it as it is then."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        accounts = Community(library).accounts
        change(accounts, accounts.named(name))
        one = accounts.named(name)
    state = f"suspended: {clean(one.suspended_reason)}" if one.suspended_at else one.role
    session.show(_shown(one), [f"{one.name}: {state}"])


def _role(name: str) -> Role:
    """A role by its name. Raises UsageError with the names there are."""
    from broadsheet.community.actor import Role

    names = [role.value for role in Role if role is not Role.visitor]
    if name not in names:
        raise UsageError(f"{name!r} is no role; choose {', '.join(names)}")
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
