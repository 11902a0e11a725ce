"""Commands for organisations and authors."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Json, Session

__all__ = ["author", "organisations"]

_AUTHORS, _TITLES = 10, 20  # shown of each
Limit = Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, max=100_000, help="How many.")]


def organisations(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="Words of the name.")] = "",
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """List the organisations that papers name, those with most papers first."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        counts = Community(library).organisations.like(text)
    rows = [(f"{one.papers:,}", clean(one.name), one.key) for one in counts[:limit]]
    lines = columns(("PAPERS", "NAME", "KEY"), rows) if rows else ["No organisations."]
    left = len(counts) - len(rows)
    note = [f"and {left:,} more"] if left > 0 else []
    session.show([{"key": one.key, "name": one.name, "papers": one.papers} for one in counts[:limit]], [*lines, *note])


def author(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A full name, or an ORCID.")],
    json: Json = False,
) -> None:
    """Show an author: papers, organisations, co-authors, and others of the name."""
    from broadsheet.community import Community
    from broadsheet.community.people import author_slug

    session = Session.of(context, json)
    with session.open() as library:
        people = Community(library).people
        profile = people.profile(people.named(name))
        titles = {one.id: one.paper.title for one in library.papers([number for number, _ in profile.papers])}
    person = profile.person
    papers = [(number, year) for number, year in profile.papers if number in titles]
    namesakes = [(one.orcid or author_slug(one.key), count) for one, count in profile.namesakes]
    content = {
        "key": profile.slug,
        "name": person.name,
        "orcid": person.orcid,
        "papers": [{"id": number, "year": year, "title": titles[number]} for number, year in papers],
        "organisations": [{"key": one.key, "name": one.name, "papers": one.papers} for one in profile.organisations],
        "coauthors": [
            {"key": author_slug(one.key), "name": one.name, "papers": one.papers} for one in profile.coauthors
        ],
        "namesakes": [{"key": key, "papers": count} for key, count in namesakes],
    }
    orcid = f", ORCID {person.orcid}" if person.orcid else ""
    lines = [
        f"{clean(person.name)}{orcid}: {len(papers):,} paper{'' if len(papers) == 1 else 's'}",
        *(f"  {number:>7}  {year or '':>4}  {clean(titles[number])}" for number, year in papers[:_TITLES]),
        *([f"  and {len(papers) - _TITLES:,} more"] if len(papers) > _TITLES else []),
    ]
    for label, ones in (("at", profile.organisations), ("with", profile.coauthors)):
        if ones:
            lines.append(f"{label}: " + ", ".join(f"{clean(one.name)} ({one.papers})" for one in ones[:_AUTHORS]))
    if namesakes:
        lines.append("others of this name: " + ", ".join(f"{key} ({count})" for key, count in namesakes))
    session.show(content, lines)
