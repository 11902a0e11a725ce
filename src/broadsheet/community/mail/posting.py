"""Posts every closed day, and what alerts found, to webhooks, once, by the queue that mails go through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta

from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.community.editions import Editions
from broadsheet.community.mail.alert_mail import AlertPosts
from broadsheet.community.mail.courier import Undeliverable
from broadsheet.community.mail.links import Links
from broadsheet.community.mail.shapes import SHAPES, Post, PostItem, byline, require_hook
from broadsheet.community.mail.smtp import Fate, Outcome
from broadsheet.community.periods import Kind, period_of
from broadsheet.kit.errors import SourceError, UsageError
from broadsheet.pipeline.library import Library
from broadsheet.sources.net.fetch import BrokenTransferError
from broadsheet.sources.net.post import NotConnectedError, Posted, post_json

__all__ = ["Posting"]

EXPIRES = timedelta(days=2)
_LOOK_BACK = timedelta(days=7)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")


class Posting:
    """The webhooks of a library; carries the deliveries of kind `post`."""

    def __init__(self, library: Library, editions: Editions, links: Links) -> None:
        self._library = library
        self._editions = editions
        self._links = links
        self._alerts = AlertPosts(library, links.base)
        self._hooks = library.catalogue.community.webhooks
        self._queue = library.catalogue.community.mail_queue

    def add(self, name: str, url: str, shape: str) -> None:
        """Add a webhook. Raises UsageError for an impossible name, address or shape."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name[:60]!r} cannot be a name: it has 1 to 50 letters, digits, '-', '_' and '.'")
        require_hook(url, shape)
        if not self._hooks.add(name, url, shape):
            raise UsageError(f"there is a webhook {name!r} already; remove it first")

    def compose_due(self) -> int:
        """Queue what alerts post, and the newest closed day for every webhook that is older than its closing.

        How many are new is returned.
        """
        return self._alerts.compose_due() + self._compose_day()

    def _compose_day(self) -> int:
        hooks = self._hooks.all()
        if not hooks:
            return 0
        today = self._editions.today
        closed = [row for row in self._editions.closed(today - _LOOK_BACK, today) if row.closed_at is not None]
        if not closed or not self._editions.counts(closed[-1].day, closed[-1].day):
            return 0
        last = closed[-1]
        content = json.dumps({"day": last.day.isoformat()})
        expires = self._library.now() + EXPIRES
        due = [hook for hook in hooks if last.closed_at and hook.created_at <= last.closed_at]
        return sum(
            self._queue.add(
                NewDelivery(f"webhook {hook.id}", f"day {last.day}", "post", hook.name, "", content, expires)
            )
            for hook in due
        )

    def test(self, name: str) -> str:
        """Post a line to a webhook; what it answered. Raises UsageError, SourceError."""
        hook = self._hooks.named(name)
        if hook is None:
            raise UsageError(f"there is no webhook {name!r}; `broadsheet webhook list` lists them")
        title = f"{self._library.settings.server.title}: this is a test"
        answer = self._send(hook.url, hook.shape, Post(title, self._links.base, ()))
        if not 200 <= answer.status < 300:
            raise SourceError(f"{name}: answered {answer.status} {answer.text[:200]}")
        return f"{answer.status} {answer.text}".strip()

    def carry(self, delivery: Delivery, begin: Callable[[], bool]) -> Outcome:
        """Post one day, or what an alert found, to one webhook."""
        if delivery.recipient.startswith("alert "):
            url, shape, post = self._alerts.post(delivery)
        else:
            hook = next((one for one in self._hooks.all() if f"webhook {one.id}" == delivery.recipient), None)
            if hook is None:
                raise Undeliverable("the webhook is gone")
            url, shape, post = hook.url, hook.shape, self._post(date.fromisoformat(json.loads(delivery.content)["day"]))
        if not begin():
            return Outcome(Fate.deferred, text="called off")
        try:
            answer = self._send(url, shape, post)
        except NotConnectedError as error:
            return Outcome(Fate.deferred, text=str(error))
        except BrokenTransferError as error:
            return Outcome(Fate.unknown, text=str(error))
        except SourceError as error:
            return Outcome(Fate.refused, text=str(error))
        return _answered(answer)

    def arrived(self, delivery: Delivery) -> None:
        """Nothing more is to be done."""

    def _send(self, url: str, shape: str, post: Post) -> Posted:
        any_address = self._library.settings.mail.webhooks == "any"
        return post_json(url, SHAPES[shape](post), any_address=any_address)

    def _post(self, day: date) -> Post:
        """A day as it is posted. Raises Undeliverable where nothing is left of it."""
        edition = self._editions.edition(day)
        items = []
        for entry in edition.entries[: self._library.settings.mail.papers]:
            printed = entry.printed
            votes = printed.votes + printed.elsewhere
            parts = (byline(printed.authors), f"{votes} votes" if votes else "")
            line = " · ".join(filter(None, parts))
            if entry.paper_id is not None:
                items.append(PostItem(printed.title, f"{self._links.base}/paper/{entry.paper_id}", line))
        if not items:
            raise Undeliverable("its papers are gone")
        title = f"{self._library.settings.server.title}, {day.day} {day:%B}"
        return Post(title, f"{self._links.base}{period_of(Kind.day, day).path}", items)


def _answered(answer: Posted) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome(Fate.sent, str(answer.status))
    is_temporary = answer.status in {408, 425, 429} or answer.status >= 500
    return Outcome(Fate.deferred if is_temporary else Fate.refused, str(answer.status), answer.text[:200])
