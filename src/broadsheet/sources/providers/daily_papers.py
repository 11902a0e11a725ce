"""Reads the daily papers of another place by its API, day by day, with their votes, comments and stars.

days back ──► GET /api/daily_papers?date=…&p=0 ──► one page an answer ──► the next page, until one is not full
The days of the last while are read in every run, since their numbers still change; a run that was stopped goes on with
the day and page where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item, Page
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.daily_entry import NAME, daily_entry
from broadsheet.sources.text.clean import parse_date, rejected, sketch

__all__ = ["DailyPapers"]

SIZE = 100  # papers asked for at once: the most that the API gives
MOST_PAGES = 50  # of a day
TRIES = 2  # an answer that is cut is asked for once more
_REFUSED = frozenset({400, 404})  # a day that the place does not have yet
_CLOSED = timedelta(days=2)  # a day so far back has closed in every time zone


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, the content of the cursor: it is to read `day` next, from `page` on.

    `done` is the last day that was read after it had closed.
    """

    day: date | None = None
    page: int = 0
    done: date | None = None

    @classmethod
    def from_json(cls, text: str | None) -> Progress:
        """From a cursor's value; empty if it is missing or invalid, and reading starts again."""
        try:
            stored = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(stored, dict):
            return cls()
        day, done = (
            parse_date(value) if isinstance(value := stored.get(key), str) else None for key in ("day", "done")
        )
        page = stored.get("page")
        return cls(day, page if isinstance(page, int) and 0 < page < MOST_PAGES else 0, done)

    def to_json(self) -> str:
        """As a cursor's value."""
        values = {"day": self.day and self.day.isoformat(), "page": self.page, "done": self.done}
        return json.dumps({key: str(value) if key != "page" else value for key, value in values.items() if value})


class DailyPapers:
    """The daily papers at `base_url`, of the last `days` days and of those since the last run.

    `token` is sent to that address alone. `ours` is the host of this library, whose own votes are not read back. With
    `limit`, a run ends after the page that reaches that many papers and goes on there next time.
    """

    name = NAME

    def __init__(
        self,
        client: PoliteClient,
        *,
        base_url: str = Endpoints.daily_papers,
        days: int = 7,
        token: str = "",
        ours: str = "",
        limit: int | None = None,
    ) -> None:
        self._client = client
        self._url = f"{base_url.rstrip('/')}/api/daily_papers"
        self._place = urlsplit(base_url).netloc.rpartition("@")[2].lower()
        self._days = days
        self._token = token
        self._ours = ours
        self._limit = limit

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield one page for each answer; the cursor is `daily-papers:` and the place."""
        name = f"{NAME}:{self._place}"
        progress = Progress.from_json(cursor(name))
        today = datetime.fromtimestamp(self._client.now(), UTC).date()
        day, number, count = self._start(progress, today), progress.page if progress.day else 0, 0
        done = progress.done
        while day <= today:
            items, size = self._ask(day, number)
            if size is None:
                yield Page(items)
                return
            count += len(items)
            if size == SIZE and number + 1 < MOST_PAGES:
                number += 1
            else:
                done = max(day, done or day) if day <= today - _CLOSED else done
                day, number = day + timedelta(days=1), 0
            following = Progress(day, number, done) if day <= today else Progress(done=done)
            yield Page(items, (name, following.to_json()))
            if self._limit is not None and count >= self._limit:
                return

    def _start(self, progress: Progress, today: date) -> date:
        """The day to begin with: where a run stopped, else so many days back, or after the last one done."""
        if progress.day is not None and progress.day <= today:
            return progress.day
        back = today - timedelta(days=self._days - 1)
        return min(back, progress.done + timedelta(days=1)) if progress.done else back

    def _ask(self, day: date, number: int) -> tuple[tuple[Item, ...], int | None]:
        """(the items of one answer, how many it has); None instead if it cannot be used."""
        place = f"{NAME} {day} page {number}"
        params = {"date": day.isoformat(), "p": str(number), "limit": str(SIZE)}
        raw, why = b"", ""
        for _ in range(TRIES):
            response = self._client.get(NAME, self._url, params, accept=_REFUSED, token=self._token)
            if response.status in _REFUSED:
                return (), 0
            raw = response.body or b""
            rows, why = _rows(raw)
            if rows is not None:
                return tuple(self._item(row, day, f"{place} #{at}") for at, row in enumerate(rows, 1)), len(rows)
        return (rejected(NAME, place, why, raw[:2000].decode("utf-8", errors="replace")),), None

    def _item(self, row: Any, day: date, place: str) -> Item:
        try:
            if not isinstance(row, dict):
                raise RecordError(f"not an object but {type(row).__name__}")
            paper, source_id, reception = daily_entry(row, place=self._place, listed_on=day, ours=self._ours)
        except (RecordError, RecursionError) as error:
            return rejected(NAME, place, str(error) or "nested too deeply", sketch(row))
        return Record(paper, NAME, source_id, place, reception=reception)


def _rows(body: bytes) -> tuple[list[Any] | None, str]:
    """(the list in an answer, "") or (None, why there is none)."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        return None, f"the answer is no JSON ({error}); asked for again next time"
    if not isinstance(value, list):
        return None, f"the answer is no list but {type(value).__name__}; check [daily_papers] url"
    return value, ""
