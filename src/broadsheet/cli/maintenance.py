"""The commands that serve, check and maintain a library."""

from __future__ import annotations

import ipaddress
import signal
import socket
from typing import Annotated

import typer

from broadsheet.cli.output import clean, columns, jsonable, note, progress
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError

__all__ = ["check", "merges", "quarantine", "serve"]


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="This machine's own; for a community any.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = None,
    reader: Reader = "me",
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let in every user of this machine, without the start token.")
    ] = False,
    json: Json = False,
) -> None:
    """Serve the library's pages to a browser on this machine."""
    session = Session.of(context, json)
    with session.open(create=True) as library:
        settings = library.settings.server
        host = settings.host if host is None else host
        community = library.settings.community
        has_accounts = community.mode == "community"
        has_admin = has_accounts and library.catalogue.community.accounts.has_admin()
        address = _reachable(host, community.url, has_admin) if has_accounts else loopback(host)
        with _listen(address, settings.port if port is None else port) as listener:
            import uvicorn

            from broadsheet.web import config, create_app, new_token

            bound_port = listener.getsockname()[1]
            netloc = f"[{address}]" if ":" in address else address
            url = f"http://{netloc}:{bound_port}"
            token = new_token() if settings.token == "auto" else settings.token
            token = "" if no_token or has_accounts or token == "off" else token
            app = create_app(library, reader=reader, token=token, in_background=True)
            server = uvicorn.Server(config(app, log_level="warning", timeout_graceful_shutdown=3))
            entrance = f"{url}/?token={token}" if token else url
            answer = {"url": url, "token": token, "open": entrance, "library": str(session.folder)}
            session.show(answer, [f"Reading room open: {entrance} (Ctrl-C closes it)"])
            if has_accounts and not has_admin:
                note("there is no administrator yet: broadsheet account create NAME --admin")
            _run_until_stopped(server, listener)
    note("closed")


def loopback(host: str) -> str:
    """The address `host` stands for, if it reaches this machine alone.

    Raises UsageError otherwise: without accounts, anyone who can connect is the reader.
    """
    addresses, outside = _addresses(host)
    if outside:
        raise UsageError(
            f"--host {host} is refused: {', '.join(outside)} can be reached from other machines, and this library has "
            'no accounts to tell readers apart; set mode = "community" under [community] in broadsheet.toml, or serve '
            "on 127.0.0.1 and come in through an SSH tunnel"
        )
    return addresses[0]


def _reachable(host: str, url: str, has_admin: bool) -> str:
    """The address `host` stands for, for a community. Raises UsageError where others could reach it too early."""
    addresses, outside = _addresses(host)
    if outside and not has_admin:
        raise UsageError(
            f"--host {host} is refused: {', '.join(outside)} can be reached from other machines, and the community has "
            "no administrator yet; make one: broadsheet account create NAME --admin"
        )
    if outside and not url:
        raise UsageError(
            f'--host {host} is refused until the community\'s address is known; set url = "https://…" under '
            "[community] in broadsheet.toml"
        )
    return addresses[0]


def _addresses(host: str) -> tuple[list[str], list[str]]:
    """(the addresses a host stands for, those that other machines reach). Raises UsageError if there is none."""
    try:
        addresses = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host {host}: no such address ({error}); leave it out to serve on 127.0.0.1") from None
    return addresses, [one for one in addresses if not ipaddress.ip_address(one.partition("%")[0]).is_loopback]


def _listen(address: str, port: int) -> socket.socket:
    """Open the listening socket, before anything else starts, so that a busy port is reported at once."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio turns Nagle's algorithm off (40 ms per answer) only for a socket with an explicit protocol
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        hint = f"--port {port + 1 if port < 65535 else 0}"
        raise UsageError(
            f"port {port} on {address} cannot be used ({error.strerror}); choose another: broadsheet serve {hint}"
        ) from None
    return listener


def _run_until_stopped(server: object, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM; both let running requests finish and close the library in order."""
    import uvicorn

    assert isinstance(server, uvicorn.Server)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # uvicorn has already stopped gracefully and passes the signal on
    finally:
        signal.signal(signal.SIGTERM, before)


def check(
    context: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Rebuild what is damaged.")] = False,
    part: Annotated[bool, typer.Option("--part", help="Split papers that hold two works by mistake.")] = False,
    json: Json = False,
) -> None:
    """Verify the library; exit code 1 if a problem remains."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        separated = library.part() if part else []
        report = library.check(repair, progress=on_progress)
        suspects = [suspect.line for suspect in library.suspects()]
    lines = [
        *report.lines,
        *(f"parted: {suspect.line}; now paper {number}" for suspect, number in separated),
        *(f"doubtful: {line}" for line in suspects),
        *(["broadsheet check --part gives each of these works a paper of its own."] if suspects else ()),
        *(f"repaired: {line}" for line in report.repaired),
        *(f"problem: {line}" for line in report.problems),
        "The library is sound."
        if report.ok
        else "The library has problems; broadsheet check --repair mends its views.",
    ]
    data = {**jsonable(report), "doubtful": suspects, "parted": [number for _, number in separated]}
    session.show(data, [clean(line) for line in lines])
    if not report.ok:
        raise typer.Exit(1)


def quarantine(
    context: typer.Context,
    clear: Annotated[
        list[int] | None, typer.Option("--clear", metavar="ID", help="Forget this one; may be repeated.")
    ] = None,
    clear_all: Annotated[bool, typer.Option("--clear-all", help="Forget them all.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list.")] = 200,
    json: Json = False,
) -> None:
    """List records that could not be read, with place and reason."""
    session = Session.of(context, json)
    with session.open() as library:
        if clear or clear_all:
            count = library.clear_quarantine(None if clear_all else clear)
            session.show({"cleared": count}, [f"cleared: {count:,}"])
            return
        records = library.quarantine(limit)
    rows = [(record.id, record.source, record.place, record.reason) for record in records]
    lines = columns(("ID", "SOURCE", "PLACE", "REASON"), rows) if rows else ["Nothing is quarantined."]
    session.show(records, lines)


def merges(
    context: typer.Context,
    undo: Annotated[int | None, typer.Option("--undo", metavar="ID", help="Undo this merge.")] = None,
    json: Json = False,
) -> None:
    """List merged papers (same title, or a record with ids of both), or undo a merge."""
    session = Session.of(context, json)
    with session.open() as library:
        if undo is not None:
            new_id = library.undo_merge(undo)
            session.show({"undone": undo, "id": new_id}, [f"merge {undo} undone: the record is now paper {new_id}"])
            return
        merge_list = library.merges()
    rows = [
        (
            merge.id,
            merge.paper_id,
            merge.rule,
            merge.absorbed or "",
            merge.source,
            merge.source_id,
            f"{merge.score:.2f}",
            merge.undone,
        )
        for merge in merge_list
    ]
    heads = ("ID", "PAPER", "RULE", "WAS", "SOURCE", "ITS ID", "LIKENESS", "UNDONE")
    lines = columns(heads, rows) if rows else ["No merges."]
    session.show(merge_list, lines)
