"""Commands for the mail: what is due, what it looks like, who gets it, what came back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.atlas import update_map
from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, jsonable
from broadsheet.cli.precise import encode_for
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.community.mail_queue import Delivery
    from broadsheet.catalogue.community.mail_recipients import Recipient
    from broadsheet.community import Community

__all__ = ["daily", "digest", "mail"]

ENCODE_SECONDS = 300.0  # that a run spends on vectors of papers

mail = group("Mail: who gets it, what was sent, what came back.")
Numbers = Annotated[list[int], typer.Argument(metavar="ID...", help="Numbers that `mail status` lists.")]


def daily(
    context: typer.Context,
    sync: Annotated[bool, typer.Option("--sync/--no-sync", help="Whether to fetch what is new, once a day.")] = True,
    json: Json = False,
) -> None:
    """Do what is due: sync the sources, close days, send the mail. For cron.

    It does the same as `broadsheet serve` by itself; running both does nothing twice.
    """
    from broadsheet.community import Community
    from broadsheet.community.scheduler import Scheduler

    session = Session.of(context, json)
    with session.open(create=True) as library:
        community = Community(library)
        hours = (library.settings.schedule.sync_hours or 24) if sync else 0
        lines = Scheduler(community, sync_hours=hours).run()
        if community.mail.can_deliver:
            lines.append(f"sent: {community.mail.deliver()}")
        if encoded := encode_for(library, ENCODE_SECONDS):
            lines.append(f"vectors: {encoded:,} more papers")
        if placed := update_map(library):
            lines.append(f"map: {placed:,} papers placed")
    session.show({"done": lines}, [clean(line) for line in lines] or ["nothing is due"])


def digest(
    context: typer.Context,
    preview: Annotated[bool, typer.Option("--preview", help="Show it; nothing is sent or noted.")] = False,
    reader: Annotated[str, typer.Option("--reader", metavar="NAME", help="The mail of this reader.")] = "",
    subscriber: Annotated[str, typer.Option("--subscriber", metavar="EMAIL", help="The mail of a subscriber.")] = "",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML to a file.")] = None,
    json: Json = False,
) -> None:
    """Show the mail that somebody would get now."""
    from broadsheet.cli.files import write_text
    from broadsheet.community import Community

    session = Session.of(context, json)
    if not preview:
        raise UsageError("say --preview: mails go out by themselves, or by `broadsheet daily`")
    if reader and subscriber:
        raise UsageError("--reader and --subscriber are two mails: ask for one after the other")
    with session.open() as library:
        community = Community(library)
        recipient = _recipient(community, reader or ("" if subscriber else "me"), subscriber)
        letter = community.mail.digest().preview(recipient, library.now())
    if html is not None:
        with write_text(html) as file:
            file.write(letter.html)
    session.show(
        {"subject": letter.subject, "text": letter.text, "html": letter.html, "headers": dict(letter.headers)},
        [f"Subject: {letter.subject}", "", *(clean(line) for line in letter.text.splitlines())],
    )


def _recipient(community: Community, reader: str, subscriber: str) -> Recipient:
    """A reader, or somebody who has subscribed or could."""
    from dataclasses import replace

    from broadsheet.catalogue.community.mail_recipients import Recipient

    mail = community.mail
    if subscriber:
        known = mail.recipients.subscriber_of(subscriber.strip().lower())
        preference = known.preference if known else replace(mail.subscriptions.default, frequency="daily")
        return Recipient("subscriber", known.id if known else 0, "", subscriber, preference, None)
    preference = mail.subscriptions.of_reader(reader)
    if preference.frequency == "never":
        preference = replace(preference, frequency="daily")
    number = community.library.catalogue.readers.get(reader).id
    account = community.library.catalogue.community.accounts.of_reader(number)
    address = account.email if account else preference.address
    return Recipient("reader", number, reader, address, preference, None)


@mail.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Show the last runs, what waits, what was perhaps sent, dead letters and suspended addresses."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        report = Community(library).mail.status()
    lines = [f"relay: {report.relay or 'none is set: [mail] host and sender in broadsheet.toml'}"]
    counts = ", ".join(f"{count} {name}" for name, count in sorted(report.counts.items()))
    people = ", ".join(f"{count} {name}" for name, count in sorted(report.subscribers.items()))
    lines += [f"deliveries: {counts or 'none yet'}", f"subscribers: {people or 'none'}"]
    for title, rows in (
        ("deferred", report.deferred), ("perhaps sent", report.unknown), ("dead letters", report.dead)
    ):  # fmt: skip
        lines += ["", f"{title}:", *_table(rows)] if rows else []
    if report.suspended:
        lines += ["", "suspended:", *columns(("ADDRESS", "SINCE", "WHY"), report.suspended)]
    if report.jobs:
        runs = [(f"{job.started_at:%Y-%m-%d %H:%M}", job.name, job.outcome or "did not end") for job in report.jobs]
        lines += ["", "last runs:", *columns(("WHEN", "WHAT", "OUTCOME"), runs)]
    session.show(jsonable(report), lines)


def _table(deliveries: tuple[Delivery, ...]) -> list[str]:
    rows = [
        (one.id, one.recipient, one.edition.partition(" ")[0], one.address, one.attempts, one.error)
        for one in deliveries
    ]
    return list(columns(("ID", "WHO", "WHAT", "ADDRESS", "TRIES", "ERROR"), rows))


@mail.command()
def send(context: typer.Context, json: Json = False) -> None:
    """Send what is queued and due."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        done = Community(library).mail.deliver()
    session.show({"counts": dict(done.counts), "problem": done.problem}, [clean(str(done))])
    if done.problem:
        raise typer.Exit(1)


@mail.command()
def resend(context: typer.Context, ids: Numbers, json: Json = False) -> None:
    """Queue deliveries again that were perhaps sent, or given up: whoever has one may get it twice."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        count = Community(library).mail.resend(ids)
    session.show({"queued": count}, [f"queued again: {count}"])


@mail.command()
def drop(
    context: typer.Context,
    ids: Numbers,
    sent: Annotated[bool, typer.Option("--sent", help="Note them as sent.")] = False,
    json: Json = False,
) -> None:
    """Take deliveries off the lists without sending them."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        count = Community(library).mail.queue.drop(ids, as_sent=sent)
    session.show({"dropped": count}, [f"dropped: {count}"])


@mail.command()
def release(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A suspended address.")],
    json: Json = False,
) -> None:
    """Write to a suspended address again."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        if not Community(library).mail.queue.release(address):
            raise UsageError(f"{address!r} is not suspended; `broadsheet mail status` lists those that are")
    session.show({"released": address}, [f"released: {clean(address)}"])


@mail.command()
def bounce(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="One mail as it arrived; - reads standard input.")],
    json: Json = False,
) -> None:
    """Read a mail that came back: a report of non-delivery, or a request to unsubscribe."""
    from broadsheet.community import Community
    from broadsheet.community.mail.incoming import MAX_BYTES, receive

    session = Session.of(context, json)
    try:
        if file == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(file, "rb") as opened:
                content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from None
    with session.open() as library:
        done = receive(Community(library).mail, content)
    session.show(jsonable(done), [clean(f"{one.kind}: {one.said}") for one in done])
