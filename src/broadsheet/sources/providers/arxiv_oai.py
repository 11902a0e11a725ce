"""Harvests arXiv by OAI-PMH: all new or changed papers of some sets. A harvest can be resumed after any page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from broadsheet.kit.paper import Rejected
from broadsheet.sources.contract import Page
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.oai_xml import SOURCE, OaiAnswer, read_answer
from broadsheet.sources.text.clean import parse_date, rejected

__all__ = ["ArxivOai"]

TRIES_DAMAGED = 2  # requests for a page that is truncated
TRIES_EMPTY = 4  # requests for a page that is empty
MAX_TOKEN = 4_000  # characters
_ANSWERS = frozenset({400, 404, 422})  # OAI errors should have status 200, but some servers send these


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the harvest of one set: the content of its cursor.

    `start` is the first day requested; `token` continues the current list ("" between lists); `response_date` is the
    server's date when that list began, and the next list starts from it; `seen` is the newest datestamp committed, or
    "" if datestamps were not in ascending order.
    """

    start: str
    token: str = ""
    response_date: str = ""
    seen: str = ""

    @classmethod
    def from_json(cls, text: str | None) -> Progress | None:
        """From a cursor's value; None if it is missing or invalid, and the harvest starts again."""
        try:
            stored = json.loads(text or "null")
        except (ValueError, RecursionError):
            return None
        if not isinstance(stored, dict):
            return None
        values = [stored.get(key) for key in ("from", "token", "response_date", "seen")]
        start, token, response_date, seen = (value if isinstance(value, str) else "" for value in values)
        return cls(start, token, response_date, seen) if parse_date(start) else None

    def to_json(self) -> str:
        """As a cursor's value."""
        values = {"from": self.start, "token": self.token, "response_date": self.response_date, "seen": self.seen}
        return json.dumps({key: value for key, value in values.items() if value})

    def after(self, answer: OaiAnswer, today: date) -> Progress:
        """The progress after the records of `answer` are committed."""
        start_date = self.response_date or answer.response_date
        if answer.token:
            is_ordered = not self.token or (self.seen and (not answer.oldest or answer.oldest >= self.seen))
            seen = max(self.seen, answer.newest) if is_ordered else ""
            return Progress(self.start, answer.token, start_date, seen)
        # A server whose clock is ahead must not make the harvest skip days.
        day = min(parse_date(start_date) or parse_date(self.start) or today, today)
        return Progress(day.isoformat())

    def restart(self) -> Progress:
        """The progress with which to restart if the server rejects the token: from the last day seen."""
        return Progress(self.seen or self.start)

    def query(self, set_name: str) -> dict[str, str]:
        """The parameters of the request: with a token only the verb and the token."""
        if self.token:
            return {"verb": "ListRecords", "resumptionToken": self.token}
        return {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": set_name, "from": self.start}


class ArxivOai:
    """The papers of arXiv sets such as `cs:cs:IR` that are new or changed since the last harvest.

    A set without cursor is harvested from `from_days` ago. With `limit`, a set stops after the page that reaches that
    many records and continues there next time. An error in one set is yielded as Rejected, and the next set is
    harvested; an error of the provider (SourceError, ProviderParked) ends the harvest after the pages yielded so far.
    """

    name = SOURCE

    def __init__(
        self,
        client: PoliteClient,
        sets: Sequence[str] = ("cs:cs:IR", "cs:cs:LG"),
        *,
        base_url: str = Endpoints.arxiv_oai,
        from_days: int = 7,
        limit: int | None = None,
    ) -> None:
        self._client = client
        self._sets = tuple(dict.fromkeys(sets))
        self._base_url = base_url
        self._from_days = from_days
        self._limit = limit
        self.deleted = 0  # records that arXiv marked as deleted in the last harvest; they are not yielded

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield one page for each answer; a later harvest continues after it by its cursor `arxiv-oai:<set>`."""
        self.deleted = 0
        for set_name in self._sets:
            yield from self._harvest(set_name, Progress.from_json(cursor(f"arxiv-oai:{set_name}")))

    def _harvest(self, set_name: str, stored: Progress | None) -> Iterator[Page]:
        place, cursor = f"arxiv-oai {set_name}", f"arxiv-oai:{set_name}"
        progress = stored or Progress((self._today() - timedelta(days=self._from_days)).isoformat())
        restarted, count, tokens = False, 0, {progress.token}
        while True:
            answer, raw = self._ask(set_name, progress)
            if answer.error and answer.error[0] == "badResumptionToken" and progress.token and not restarted:
                progress, restarted = progress.restart(), True
                continue
            if answer.error and answer.error[0] == "noRecordsMatch":
                answer = replace(answer, error=None, token="")
            elif trouble := _trouble(answer):
                yield Page((*answer.items, rejected(SOURCE, place, trouble, raw)))
                return
            self.deleted += answer.deleted
            count += len(answer.items)
            progress = progress.after(answer, self._today())
            if progress.token in tokens and progress.token:
                yield Page((*answer.items, _repeated_token(place, progress.token)))
                return
            tokens.add(progress.token)
            yield Page(answer.items, (cursor, progress.to_json()))
            if not progress.token or (self._limit is not None and count >= self._limit):
                return

    def _ask(self, set_name: str, progress: Progress) -> tuple[OaiAnswer, str]:
        """(the answer, requested again if it is damaged or empty; the start of its text, for messages)."""
        best, raw = OaiAnswer(), ""
        for attempt in range(1, TRIES_EMPTY + 1):
            response = self._client.get("arxiv", self._base_url, progress.query(set_name), accept=_ANSWERS)
            body = response.body or b""
            answer = read_answer(body, f"arxiv-oai {set_name}") if body.strip() else OaiAnswer()
            if len(answer.items) >= len(best.items):
                best, raw = answer, body[:2000].decode("utf-8", errors="replace")
            if answer.damage and attempt >= TRIES_DAMAGED:
                break
            if not answer.damage and not answer.is_empty:
                return answer, raw
        return best, raw

    def _today(self) -> date:
        return datetime.fromtimestamp(self._client.now(), UTC).date()


def _trouble(answer: OaiAnswer) -> str:
    """The reason why the answer cannot be used as a page; "" if it can."""
    if answer.error:
        return f"the server refuses: {answer.error[0]}: {answer.error[1]}; check the name of the set"
    if len(answer.token) > MAX_TOKEN:
        return f"a resumption token of {len(answer.token):,} characters; the rest is asked for again next time"
    if answer.damage:
        return (
            f"{answer.damage}; {len(answer.items)} records before that point are kept, the rest is asked for next time"
        )
    if answer.is_empty:
        return f"an empty answer {TRIES_EMPTY} times; asked for again next time"
    return ""


def _repeated_token(place: str, token: str) -> Rejected:
    return rejected(
        SOURCE, place, f"the server gives the resumption token {token[:80]!r} again and again; stopped", token
    )
