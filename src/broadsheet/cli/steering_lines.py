"""How interests, mutes and what a change moves are printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from broadsheet.cli.output import Line, clean, columns

if TYPE_CHECKING:
    from broadsheet.cli.session import Session
    from broadsheet.pipeline.feed.own_interests import ReaderInterest
    from broadsheet.pipeline.library import Library
    from broadsheet.pipeline.reader_steering import Moved, SteeringView

__all__ = ["interest_json", "interest_line", "tell_moved", "view_json", "view_lines"]

_NAMED = 5  # papers that a change names, at most


def tell_moved(session: Session, library: Library, moved: Moved, *, undone: bool = False) -> None:
    """Say what a change moved."""
    titles = {one.id: one.paper.title for one in library.papers([*moved.left, *moved.came])}
    parts = {"left": moved.left, "came": moved.came}
    content = {
        "undone" if undone else "done": moved.label,
        **{what: [{"id": number, "title": titles.get(number, "")} for number in ids] for what, ids in parts.items()},
    }
    head = f"{'undone: ' if undone else ''}{clean(moved.label)}"
    counts = f"{head}; {_counted(len(moved.left), 'leave', 'leaves')} your page, {len(moved.came)} come"
    session.show(content, [counts, *_titles("-", moved.left, titles), *_titles("+", moved.came, titles)])


def _counted(n: int, many: str, one: str) -> str:
    return f"{n} paper {one}" if n == 1 else f"{n} papers {many}"


def _titles(sign: str, ids: Sequence[int], titles: dict[int, str]) -> list[str]:
    more = [f"  {sign} and {len(ids) - _NAMED} more"] if len(ids) > _NAMED else []
    return [*(f"  {sign} {clean(titles.get(number, ''))}" for number in ids[:_NAMED]), *more]


def interest_json(one: ReaderInterest) -> dict[str, Any]:
    """An interest."""
    stored = one.stored
    return {
        **{"key": one.key, "name": stored.name, "kind": stored.kind, "value": stored.value, "state": stored.state},
        **{"weight": stored.weight, "quota": stored.quota, "share": round(one.share, 4), "papers": len(one.papers)},
    }


def view_json(view: SteeringView) -> dict[str, Any]:
    """Interests and mutes."""
    return {
        "interests": list(map(interest_json, view.interests)),
        "deleted": list(map(interest_json, view.deleted)),
        "mutes": [{"kind": one.kind, "value": one.value} for one in view.mutes],
        "last_change": view.last_change,
    }


def interest_line(one: ReaderInterest) -> str:
    """An interest in a line."""
    made = f", made from the {one.stored.kind} {clean(one.stored.value)}" if one.stored.value else ""
    state = "" if one.stored.state == "on" else f", {one.stored.state}"
    return f"{clean(one.stored.name)}: {one.share:.0%} of the page{made}{state}"


def view_lines(view: SteeringView) -> list[str | Line]:
    """Interests and mutes for people."""
    rows = [
        (
            *(one.key, clean(one.stored.name), f"{one.share:.0%}", len(one.papers), f"{one.stored.weight:g}"),
            "" if one.stored.quota is None else f"{one.stored.quota:.0%}",
            "" if one.stored.kind == "saves" else one.stored.kind,
            "" if one.stored.state == "on" else one.stored.state,
        )
        for one in (*view.interests, *view.deleted)
    ]
    head = ("ID", "NAME", "SHARE", "PAPERS", "WEIGHT", "QUOTA", "FROM", "STATE")
    empty = 'No interests yet: save papers, or `broadsheet interests make "what you want to read"`.'
    muted = [f"muted {one.kind}: {clean(one.value)}" for one in view.mutes]
    undo = [f"`broadsheet interests undo` takes back: {clean(view.last_change)}"] if view.last_change else []
    return [*(columns(head, rows) if rows else [empty]), *muted, *undo]
