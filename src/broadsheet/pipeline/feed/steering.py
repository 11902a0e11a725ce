"""Changes of how a reader steers: each a function from what was to what is. Interests are named by their number."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from broadsheet.catalogue import Mute, Steering, StoredInterest
from broadsheet.catalogue.steering import MADE_FROM, MUTE_KINDS
from broadsheet.kit.errors import UsageError

__all__ = [
    "KINDS",
    "MOST_INTERESTS",
    "Wish",
    "dropped",
    "made",
    "merged",
    "muted",
    "renamed",
    "split",
    "unmuted",
    "with_quota",
    "with_state",
    "with_weight",
]

KINDS = MADE_FROM
MOST_INTERESTS = 50  # of a reader
MOST_MUTES = 500
HEAVIEST = 5.0  # weight
_LONGEST = 200  # characters of a name, a word
_SENTENCE = 500  # characters
_OF_SAVES = ("saves", "chosen", "list")  # kinds that are sets of papers
_NOT = re.compile(
    r"(?:^|[\s,;.]+)(?:but\s+)?(?:no|not|without|except|excluding|nothing\s+(?:about|on))\s+", re.IGNORECASE
)
_EMPTY = re.compile(
    r"\b(?:only|just|purely|mere|merely|papers?|works?|studies|articles?|please|about|on)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A sentence as it is read: what is wanted, and what is not."""

    wanted: str
    unwanted: tuple[str, ...] = ()

    @classmethod
    def of(cls, sentence: str) -> Wish:
        """Read "robot learning from touch, no simulation-only papers". Raises UsageError where nothing is wanted."""
        wanted, *others = _NOT.split(sentence)
        unwanted, more = [], []
        for other in others:
            first, *rest = re.split(r"[,;.]\s+", other, maxsplit=1)
            words = " ".join(_EMPTY.sub(" ", first.replace("-", " ")).split()).strip(" ,;.")
            unwanted += [words] if words else []
            more += rest
        wanted = " ".join(" ".join([wanted, *more]).split()).strip(" ,;.")
        if not wanted:
            raise UsageError("say what you want to read, too: “robot learning from touch, no simulation”")
        return cls(wanted, tuple(unwanted))


def _changed(steering: Steering, number: int, **values: object) -> Steering:
    own = tuple(replace(one, **values) if one.id == number else one for one in steering.interests)  # type: ignore[arg-type]
    return replace(steering, interests=own)


def _one(steering: Steering, number: int) -> StoredInterest:
    found = next((one for one in steering.interests if one.id == number), None)
    if found is None:
        raise UsageError(f"no interest has the number {number}")
    return found


def _name(text: str, thing: str = "name of an interest") -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= _LONGEST:
        raise UsageError(f"the {thing} has 1 to {_LONGEST} characters, not {len(text)}")
    if not text.isprintable():
        raise UsageError(f"the {thing} has letters that cannot be printed")
    return text


def renamed(steering: Steering, number: int, name: str) -> Steering:
    """Give an interest a name that stays. Raises UsageError where another has it."""
    name = _name(name)
    if any(one.name == name and one.id != number and one.state != "dropped" for one in steering.interests):
        raise UsageError(f"another interest is named {name!r} already; merge the two or choose another name")
    return _changed(steering, number, name=name, named=True)


def with_weight(steering: Steering, number: int, weight: float) -> Steering:
    """Have an interest count more or less against the others; 1 is the usual. Raises UsageError."""
    if not 0 < weight <= HEAVIEST:
        raise UsageError(
            f"a weight lies above 0 and up to {HEAVIEST:g}, not at {weight:g}; mute an interest instead of 0"
        )
    return _changed(steering, number, weight=float(weight))


def with_quota(steering: Steering, number: int, quota: float | None) -> Steering:
    """Give an interest a fixed share of the page, 0..1; None: by weight again. Raises UsageError."""
    if quota is not None and not 0 < quota <= 1:
        raise UsageError(
            f"a quota is a share of the page, above 0 and up to 1, not {quota:g}; mute an interest for none"
        )
    others = sum(one.quota or 0.0 for one in steering.interests if one.id != number and one.state == "on")
    if quota is not None and others + quota > 1 + 1e-9:
        raise UsageError(f"quotas add up to one page at most; {max(1 - others, 0):.2f} is left for this one")
    return _changed(steering, number, quota=quota)


def with_state(steering: Steering, number: int, state: str) -> Steering:
    """Mute an interest, or put it back on."""
    return _changed(steering, number, state=state)


def dropped(steering: Steering, number: int) -> Steering:
    """Delete an interest. Papers that were saved stay saved; they do not steer the page any more."""
    if _one(steering, number).kind in ("saves", "chosen"):
        return with_state(steering, number, "dropped")
    return replace(steering, interests=tuple(one for one in steering.interests if one.id != number))


def split(steering: Steering, number: int, papers: Collection[int]) -> Steering:
    """Take papers out of an interest into a new one; both keep theirs from then on. Raises UsageError."""
    one = _one(steering, number)
    out = one.papers.intersection(papers)
    if one.kind not in _OF_SAVES or not out or out == one.papers:
        raise UsageError(f"the interest {one.name!r} has no two parts: it needs two saves or more")
    kind = "list" if one.kind == "list" else "chosen"
    name = one.name if one.named else ""
    steering = _changed(steering, number, papers=one.papers - out, kind=kind, name=name)
    new = StoredInterest("", kind=kind, papers=out, weight=one.weight, state=one.state)
    return replace(steering, interests=(*steering.interests, new))


def merged(steering: Steering, number: int, other: int) -> Steering:
    """Make one interest of two: the papers of the second join the first, whose name stays. Raises UsageError."""
    one, two = _one(steering, number), _one(steering, other)
    if number == other:
        raise UsageError("an interest cannot be merged with itself; name two")
    if one.kind not in _OF_SAVES or two.kind not in _OF_SAVES:
        made_one = one if one.kind not in _OF_SAVES else two
        raise UsageError(f"{made_one.name!r} is made from a {made_one.kind} and stays apart; delete it instead")
    kind = "list" if "list" in (one.kind, two.kind) else "chosen"
    steering = _changed(steering, number, papers=one.papers | two.papers, kind=kind)
    return replace(steering, interests=tuple(o for o in steering.interests if o.id != other))


def made(steering: Steering, kind: str, value: str, name: str = "", papers: Collection[int] = ()) -> Steering:
    """Make an interest from a tag, a collection, a search, an author, a sentence or a list. Raises UsageError."""
    if kind not in KINDS:
        raise UsageError(f"an interest is made from {', '.join(KINDS[:-1])} or {KINDS[-1]}, not from {kind!r}")
    value = " ".join(value.split())
    if kind != "list" and not 0 < len(value) <= _SENTENCE:
        raise UsageError(f"what an interest is made from has 1 to {_SENTENCE} characters, not {len(value)}")
    if kind == "list" and not papers:
        raise UsageError("a list of papers for an interest needs papers that are in the library")
    if kind == "sentence":
        Wish.of(value)
    if len(steering.interests) >= MOST_INTERESTS:
        raise UsageError(f"a reader has {MOST_INTERESTS} interests at most; delete one first")
    if kind != "list" and any((one.kind, one.value) == (kind, value) for one in steering.interests):
        raise UsageError(f"there is an interest made from the {kind} {value!r} already")
    name = _name(name or value[:60] or "A list")
    while any(one.name == name for one in steering.interests):
        name += " +"
    new = StoredInterest(name, kind=kind, value=value, named=True, papers=frozenset(papers))
    return replace(steering, interests=(*steering.interests, new))


def muted(steering: Steering, kind: str, value: str) -> Steering:
    """Mute a word, an author, a venue or an organisation. Raises UsageError."""
    if kind not in MUTE_KINDS:
        raise UsageError(f"what can be muted is a {', '.join(MUTE_KINDS[:-1])} or {MUTE_KINDS[-1]}, not a {kind!r}")
    mute = Mute(kind, _name(value.replace('"', " "), f"muted {kind}"))
    if not any(c.isalnum() for c in mute.value):
        raise UsageError(f"{mute.value!r} has no letter or digit: no paper can be found by it")
    if mute in steering.mutes:
        raise UsageError(f"the {kind} {mute.value!r} is muted already")
    if len(steering.mutes) >= MOST_MUTES:
        raise UsageError(f"a reader mutes {MOST_MUTES} things at most; take one back first")
    return replace(steering, mutes=(*steering.mutes, mute))


def unmuted(steering: Steering, kind: str, value: str) -> Steering:
    """Take a mute back. Raises UsageError where there is none."""
    rest = tuple(mute for mute in steering.mutes if mute != Mute(kind, value))
    if len(rest) == len(steering.mutes):
        raise UsageError(f"the {kind} {value[:100]!r} is not muted")
    return replace(steering, mutes=rest)
