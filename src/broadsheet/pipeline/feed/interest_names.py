"""Names for the interests of a reader that have none yet, from the titles of their papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from broadsheet.catalogue import StoredRow
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.naming import Group, names_of
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["unnamed_papers", "with_names"]

TITLES = 40  # latest papers that an interest is named by
LONGEST = 60  # characters of a title that is a name
FEW = 3  # papers that one title may stand for


def unnamed_papers(interest: Interest | None) -> list[int]:
    """The papers by which interests are told apart, where one of them has no name."""
    own = interest.own.all if interest else ()
    if all(one.stored.name for one in own):
        return []
    return [paper for one in own for paper in one.papers[-TITLES:]]


def _nameless(titles: Sequence[str]) -> str:
    """The name of papers that have no words in common: that of one paper, or that they are of many topics."""
    return (titles[0][:LONGEST] if titles else "") or "Untitled" if len(titles) <= FEW else "various topics"


def with_names(snapshot: IndexSnapshot, interest: Interest | None, papers: Mapping[int, StoredRow]) -> Interest | None:
    """With names for the interests that have none; `papers` holds those of `unnamed_papers`, as far as they exist."""
    if interest is None or all(one.stored.name for one in interest.own.all):
        return interest
    own, near, read = interest.own, interest.taste.near, snapshot.dense.vectors
    groups, places = dict[int, Group](), [at for at, one in enumerate(own.all) if one.papers]
    for at in places:
        titles = [papers[p].paper.title for p in own.all[at].papers[-TITLES:] if p in papers]
        others = read(near.rows[own.of_like != at] if len(places) > 1 else interest.taste.background.ordinary)
        direction = read(near.rows[own.of_like == at]).mean(axis=0)
        groups[at] = Group(titles, direction - others.mean(axis=0) if len(others) else direction)
    names = dict(zip(places, names_of(snapshot, [*groups.values()]), strict=True))
    taken = {one.stored.name for one in own.all}
    everything = list(own.all)
    for at, one in enumerate(own.all):
        if not one.stored.name:
            name = names.get(at) or _nameless(groups[at].titles if at in groups else ())
            while name in taken:
                name += " +"
            taken.add(name)
            everything[at] = replace(one, stored=replace(one.stored, name=name))
    return replace(interest, own=replace(own, all=tuple(everything)))
