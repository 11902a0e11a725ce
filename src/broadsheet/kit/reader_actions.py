"""What a reader can do with a paper: one list for the catalogue, the command line, the pages and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from broadsheet.kit.errors import UsageError

__all__ = ["AWAY", "LAST_DAY", "RATINGS", "SHOWN_IN_VAIN", "ReaderAction", "days_away"]

AWAY = 7  # days without a visit from which a catch-up is offered
LAST_DAY = 366  # days that a catch-up goes back, at most
SHOWN_IN_VAIN = 3  # days on which a paper was on the page without an action, after which it does not come back


class ReaderAction(StrEnum):
    """An action by the name that commands, forms and the API use.

    `outcome` is the text on the command line ({value} is the tag's name), `notice` the text on a page and `undone` the
    text on a page when the action is undone ({what} is a paper or several). An action with an empty `undone` cannot be
    undone. `takes_value`: the action needs a value, the tag's name.
    """

    outcome: str
    notice: str
    undone: str
    takes_value: bool

    def __new__(
        cls, name: str, outcome: str, notice: str = "", undone: str = "", takes_value: bool = False
    ) -> ReaderAction:
        """A member of the list."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.outcome, member.notice, member.undone, member.takes_value = outcome, notice, undone, takes_value
        return member

    OPEN = "open", "opened"
    SAVE = "save", "saved", "Saved {what}.", "{what} is no longer saved."
    UNSAVE = "unsave", "no longer saved", "Removed {what} from your saved papers.", "{what} is saved again."
    UP = "up", "rated up", "More like {what}.", "{what} is no longer rated."
    DOWN = "down", "rated down", "Less like {what}.", "{what} is no longer rated."
    UNRATE = "unrate", "rated none", "Forgot your rating of {what}.", "{what} is rated again."
    HIDE = "hide", "hidden", "Hidden: {what}.", "{what} is shown again."
    UNHIDE = "unhide", "no longer hidden", "Shown again: {what}.", "{what} is hidden again."
    TAG = "tag", "{value} on", "Tagged {what}.", "the tag is off {what}.", True
    UNTAG = "untag", "{value} off", "Removed a tag from {what}.", "the tag is back on {what}.", True

    @classmethod
    def named(cls, name: str) -> ReaderAction:
        """The action of that name. Raises UsageError, which names the actions, if there is none."""
        for member in cls:
            if member == name:
                return member
        raise UsageError(f"no action {name!r}; there are {', '.join(cls)}")

    @property
    def can_be_undone(self) -> bool:
        """Whether this action can be undone."""
        return bool(self.undone)


RATINGS = {ReaderAction.UP: 1, ReaderAction.DOWN: -1, ReaderAction.UNRATE: 0}  # the rating that an action sets


def days_away(visited: datetime | None, now: datetime) -> int:
    """The days since a visit, begun ones too, at most a year; 0 without one, or if it is in the future."""
    return min(max((now - visited) // timedelta(days=1) + 1, 0), LAST_DAY) if visited else 0
