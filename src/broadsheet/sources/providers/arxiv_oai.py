"""Harvests arXiv by OAI-PMH: every new or changed paper of some sets, resumable at any page."""

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

TRIES_DAMAGED = 2  # a page that ends too early is asked for once more
TRIES_EMPTY = 4  # a page that says nothing, three times more
MAX_TOKEN = 4_000  # characters
_ANSWERS = frozenset({400, 404, 422})  # OAI errors come with 200, but some servers choose these


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the harvest of one set has come: what its cursor holds.

    `start` is the first day asked for; `token` continues the list under way ("" between lists); `response_date` is
    the server's date when that list began, from which the next list starts; `seen` is the newest datestamp
    committed, as long as they came in ascending order, and "" if they did not.
    """

    start: str
    token: str = ""
    response_date: str = ""
    seen: str = ""

    @classmethod
    def from_json(cls, text: str | None) -> Progress | None:
        """From a cursor's value; None if there is none or it makes no sense, so that the harvest begins anew."""
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
        """Progress once the records of `answer` are committed."""
        start_date = self.response_date or answer.response_date
        if answer.token:
            is_ordered = not self.token or (self.seen and (not answer.oldest or answer.oldest >= self.seen))
            seen = max(self.seen, answer.newest) if is_ordered else ""
            return Progress(self.start, answer.token, start_date, seen)
        # A server whose clock is ahead must not make us skip days.
        day = min(parse_date(start_date) or parse_date(self.start) or today, today)
        return Progress(day.isoformat())

    def restarted(self) -> Progress:
        """Where to begin when the server no longer knows the token: the last day that may be incomplete."""
        return Progress(self.seen or self.start)

    def query(self, set_name: str) -> dict[str, str]:
        """The request's parameters. A token goes with the verb alone."""
        if self.token:
            return {"verb": "ListRecords", "resumptionToken": self.token}
        return {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": set_name, "from": self.start}


class ArxivOai:
    """The papers of arXiv sets such as `cs:cs:IR` that are new or changed since the last harvest.

    A set without cursor is harvested from `from_days` ago. With `limit`, a set stops after the page that reaches
    that many records and continues there next time. Trouble with one set becomes a Rejected and the next set goes
    on; trouble with the provider itself (SourceError, ProviderParked) ends the harvest, what was given stays given.
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
        self.deleted = 0  # records the last harvest heard to be deleted at arXiv; they give no item

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """One page for each answer; its cursor `arxiv-oai:<set>` makes a later harvest go on right after it."""
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
                progress, restarted = progress.restarted(), True
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
        """The answer, asked for again if it is damaged or empty, and the beginning of its text for messages."""
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
    """Why the answer cannot be taken as a page; "" if it can."""
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
