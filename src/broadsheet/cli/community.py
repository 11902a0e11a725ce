"""Commands for what members of a community do: vote, and submit papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.files import read_bytes
from broadsheet.cli.session import Ids, Json, Reader, Session, for_each
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor

__all__ = ["actor_named", "submit", "unvote", "vote"]


def vote(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Vote for papers; a second vote for a paper changes nothing."""
    _vote(Session.of(context, json), ids, who, withdraws=False)


def unvote(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Take votes for papers back."""
    _vote(Session.of(context, json), ids, who, withdraws=True)


def submit(
    context: typer.Context,
    paper: Annotated[
        str, typer.Argument(metavar="ID", help="An arXiv id, a DOI, a link that has one, or a file with the record.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why others should read it.")] = "",
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="PNG, JPEG, WebP or GIF, up to 5 MB.")
    ] = None,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Submit a paper to the edition of the day.

    One that is not here yet is looked up and added. A link is never opened: only the id in it is looked up.
    """
    from broadsheet.community import Community

    session = Session.of(context, json)
    content = read_bytes(picture) if picture is not None else b""
    with session.open() as library:
        community = Community(library)
        actor = actor_named(community, who)
        submissions = community.submissions
        file = Path(paper)
        numbers = submissions.find_in_file(actor, file) if file.is_file() else [submissions.find(actor, paper)]
        if len(numbers) > 1:
            raise UsageError(f"{paper} has several papers: submit one of {', '.join(map(str, numbers))}")
        standing = submissions.submit(actor, numbers[0], reason, content)
        title = library.paper(numbers[0]).paper.title
    day = standing.entry.day.isoformat() if standing.entry else None
    where = f"in the edition of {day}" if day else f"noted, not in the daily: {standing.why_not}"
    session.show({"id": numbers[0], "title": title, "day": day, "note": standing.why_not}, [f"{title}: {where}"])


def _vote(session: Session, ids: list[str], who: str, *, withdraws: bool) -> None:
    from broadsheet.community import Community

    votes: dict[str, int] = {}
    with session.open() as library:
        community = Community(library)
        actor = actor_named(community, who)

        def act(text: str) -> None:
            number = library.resolve(text)
            change = community.votes.withdraw if withdraws else community.votes.cast
            votes[text] = change(actor, number).votes

        done = for_each(ids, act)
    lines = [f"{text}: {count} vote{'' if count == 1 else 's'}" for text, count in votes.items()]
    session.show({"votes": votes}, lines)
    if len(done) < len(ids):
        raise typer.Exit(1)


def actor_named(community: Community, name: str) -> Actor:
    """Who a command acts for: an account, or where there are none, the reader of that name."""
    from broadsheet.community.actor import Actor, Role

    if not community.has_accounts:
        return Actor(Role.admin, name)
    account = community.accounts.named(name)
    return Actor(Role(account.role), account.name, account.id)
