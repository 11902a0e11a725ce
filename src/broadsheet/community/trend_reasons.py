"""Why a paper stands where it does, as a sentence."""

from __future__ import annotations

from broadsheet.community.trend_signals import Known
from broadsheet.trending.contract import Scores

__all__ = ["reason"]

_LEAST_STARS = 0.5  # a day, to be worth a word
_LEAST_DOUBT = 0.5  # votes
_NEAR = 1.0  # deviations


def reason(facts: Known, scores: Scores, at: int, *, few: bool) -> str:
    """What is known of paper `at`, in the order of its weight: votes, evidence from elsewhere, age."""
    said = [_votes(facts, scores, at, few=few)]
    if not few and "relevance" in scores.parts:
        said += _doubts(facts, at)
    said += [*_evidence(facts, at), _age(float(facts.signals.age[at]))]
    sentence = "; ".join(part for part in said if part)
    return sentence[:1].upper() + sentence[1:] + "."


def _votes(facts: Known, scores: Scores, at: int, *, few: bool) -> str:
    votes, views = float(facts.signals.votes[at]), float(facts.signals.views[at])
    text = f"{votes:g} {'vote' if votes == 1 else 'votes'}" if votes else "no votes yet"
    if few or "votes" not in scores.parts or "relevance" not in scores.parts:
        return text
    if views >= 1:
        text += f" of about {views:.0f} {'look' if round(views) == 1 else 'looks'}"
    times = float(2.718281828459045 ** scores.parts["votes"][at])
    field = facts.fields[at]
    return f"{text}, {times:.1f} times what is usual{f' in {field}' if field else ' here'}" if votes else text


def _doubts(facts: Known, at: int) -> list[str]:
    """Which votes count less for the order, and why; never silent."""
    cast, apart, plausible = float(facts.cast[at]), float(facts.apart[at]), float(facts.plausible[at])
    said = []
    if cast - apart >= _LEAST_DOUBT:
        said.append(f"votes of {_groups(facts, at)} count as one or two: {cast:g} as {apart:.1f}")
    if cast - plausible >= _LEAST_DOUBT:
        said.append(f"{cast - plausible:.0f} more than so few looks account for, which do not count for the order")
    return said


def _groups(facts: Known, at: int) -> str:
    """Whose votes belong together."""
    said = ["new accounts that belong together"] if facts.new[at] else []
    said += ["accounts that vote together for paper after paper"] if facts.lockstep[at] else []
    return " and of ".join(said)


def _evidence(facts: Known, at: int) -> list[str]:
    value = {name: float(values[at]) for name, values in facts.evidence.items()}
    said = []
    if elsewhere := value.get("votes elsewhere", 0):
        said.append(f"{elsewhere:.0f} {'vote' if elsewhere == 1 else 'votes'} elsewhere")
    if (stars := value.get("stars a day", 0)) >= _LEAST_STARS:
        said.append(f"its code gains {stars:.0f} {'star' if round(stars) == 1 else 'stars'} a day")
    if citations := value.get("citations", 0):
        said.append(f"{citations:.0f} {'citation' if citations == 1 else 'citations'}")
    if value.get("nearness", 0) >= _NEAR:
        said.append("near what is liked here")
    return said


def _age(days: float) -> str:
    hours = round(days * 24)
    if hours < 1:
        return "entered just now"
    if hours < 48:
        return f"entered {hours} {'hour' if hours == 1 else 'hours'} ago"
    return f"entered {round(days)} days ago"
