"""Commands for what members of a community do: vote, and submit papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from broadsheet.cli.session import Ids, Json, Reader, Session, for_each

if TYPE_CHECKING:
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor

__all__ = ["unvote", "vote"]


def vote(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Vote for papers; a second vote for a paper changes nothing."""
    _vote(Session.of(context, json), ids, who, withdraws=False)


def unvote(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Take votes for papers back."""
    _vote(Session.of(context, json), ids, who, withdraws=True)


def _vote(session: Session, ids: list[str], who: str, *, withdraws: bool) -> None:
    from broadsheet.community import Community

    votes: dict[str, int] = {}
    with session.open() as library:
        community = Community(library)
        actor = _actor(community, who)

        def act(text: str) -> None:
            number = library.resolve(text)
            change = community.votes.withdraw if withdraws else community.votes.cast
            votes[text] = change(actor, number).votes

        done = for_each(ids, act)
    lines = [f"{text}: {count} vote{'' if count == 1 else 's'}" for text, count in votes.items()]
    session.show({"votes": votes}, lines)
    if len(done) < len(ids):
        raise typer.Exit(1)


def _actor(community: Community, name: str) -> Actor:
    """Who a command acts for: an account, or where there are none, the reader of that name."""
    from broadsheet.community.actor import Actor, Role

    if not community.has_accounts:
        return Actor(Role.admin, name)
    account = community.accounts.named(name)
    return Actor(Role(account.role), account.name, account.id)
