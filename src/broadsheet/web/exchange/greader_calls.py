"""What feed readers send and get: the parameters of a call, ids of items, and an item as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from broadsheet.community.exchange.reading import LABEL, READ, READING_LIST, STARRED, subscription_id
from broadsheet.community.exchange.streams import Stream
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.records import Stored
from broadsheet.web.feed_formats import Entry, content
from broadsheet.web.limits import WHOLE_AUTHORS, fitted
from broadsheet.web.links import links

__all__ = ["Call", "item_json", "number_of", "paper_of", "read_call"]

_FIRST = 0x5F << 44  # ids of items begin here: one in hexadecimal has a letter, so that it is not taken for a decimal
_LONG = "tag:google.com,2005:reader/item/"
_MOST_FIELDS = 20_000
_LATEST = 253_402_300_799  # seconds: the year 9999


def number_of(paper: int) -> int:
    """The number of a paper's item."""
    return _FIRST + paper


def paper_of(text: str) -> int | None:
    """The paper of an item's id: long, hexadecimal, or decimal; None for another text."""
    short = text.removeprefix(_LONG)
    if re.fullmatch(r"[0-9]{1,19}", text):
        number = int(short)
    elif re.fullmatch(r"[0-9a-fA-F]{1,16}", short):
        number = int(short, 16)
    else:
        return None
    return number - _FIRST if number > _FIRST else None


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of a call, of its address and its body."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """The last value of a parameter; "" without one."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self.pairs if key == name and value]

    def count(self, name: str, usual: int, most: int) -> int:
        """A number of 0 to `most`; the usual one for what is no number."""
        text = self.one(name)
        return min(int(text[:12]), most) if text.isascii() and text.isdigit() else usual

    def time(self, name: str) -> datetime | None:
        """A time in seconds since 1970; None without one."""
        return _time(self.one(name), 1)

    def until(self, now: datetime) -> datetime:
        """Until when everything is to be marked: in microseconds, or seconds; now without one."""
        text = self.one("ts")
        return _time(text, 1 if len(text.partition(".")[0]) <= 11 else 1_000_000) or now

    def papers(self, most: int) -> list[int]:
        """The papers of the items named. Raises UsageError for too many."""
        names = self.all("i")
        if len(names) > most:
            raise UsageError(f"{len(names):,} items at once; {most:,} are taken at most")
        return [paper for name in names if (paper := paper_of(name)) is not None]


def _time(text: str, unit: int) -> datetime | None:
    try:
        seconds = float(text[:24]) / unit
    except ValueError:
        return None
    return datetime.fromtimestamp(min(seconds, _LATEST), UTC) if seconds > 0 else None


async def read_call(request: Request) -> Call:
    """Read the parameters of a call; programs send forms of either kind. Raises UsageError for too many."""
    pairs = list(request.query_params.multi_items())
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("multipart/form-data"):
            form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
            pairs += [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
        elif body := await request.body():
            pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise UsageError(f"more than {_MOST_FIELDS:,} fields at once") from error
    return Call(tuple(pairs))


def item_json(
    stored: Stored, at: datetime, streams: Sequence[Stream], marks: tuple[bool, bool], base: str
) -> dict[str, Any]:
    """A paper as an item; `marks` are whether it is read and starred, `at` is when it came in."""
    paper = fitted(stored.paper, authors=WHOLE_AUTHORS)
    is_read, is_starred = marks
    labels = [LABEL + label for label in dict.fromkeys(one.label for one in streams)]
    states = [READING_LIST, *([READ] if is_read else []), *([STARRED] if is_starred else [])]
    added = stored.added_at if stored.added_at.tzinfo else stored.added_at.replace(tzinfo=UTC)
    home = f"{base}/paper/{stored.id}"
    origin = streams[0] if streams else Stream("saved", "saved", "/library")
    return {
        "id": f"{_LONG}{number_of(stored.id):016x}",
        "crawlTimeMsec": str(int(at.timestamp() * 1000)),
        "timestampUsec": str(int(at.timestamp() * 1_000_000)),
        "published": int(added.timestamp()),
        "updated": int(added.timestamp()),
        "title": paper.title,
        "author": "; ".join(person.name for person in paper.authors),
        "canonical": [{"href": next((link.href for link in links(paper)), home)}],
        "alternate": [{"href": home, "type": "text/html"}],
        "categories": [*states, *labels],
        "origin": {"streamId": subscription_id(origin), "title": origin.title, "htmlUrl": base + origin.home},
        "summary": {"direction": "ltr", "content": content(Entry(Stored(stored.id, paper, stored.added_at)))},
    }
