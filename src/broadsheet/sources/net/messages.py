"""A request to a provider, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.fetch import Answer

__all__ = ["Request", "Response", "response_of", "sendable"]


@dataclass(frozen=True, slots=True)
class Response:
    """A successful response. `body` is None if the resource has not changed since the validators that were sent.

    `etag` and `last_modified` are for the next conditional request. Commit them together with the records: if they were
    stored earlier, a crash in between would lose the records, because the next answer would be "not modified".
    """

    url: str
    status: int
    body: bytes | None
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the statuses that are answers like 2xx."""

    url: str
    headers: Mapping[str, str]
    accept: Collection[int] = ()
    posted: Mapping[str, Any] | None = None  # as httpx takes it
    secret: str = ""  # a part of the address that no message may have

    def told(self, text: object) -> str:
        """A message without the secret."""
        return str(text).replace(self.secret, "…") if self.secret else str(text)


def response_of(answer: Answer, request: Request) -> Response:
    """The response that an answer is. Raises SourceError for a status that is none."""
    url, accept = request.told(answer.url), request.accept
    if answer.status == 304:
        return Response(url, 304, None, headers=answer.headers)
    if not (200 <= answer.status < 300 or answer.status in accept):
        raise SourceError(f"{url}: status {answer.status}; check the address and the identifiers asked for")
    return Response(
        url, answer.status, answer.body, answer.content_type,
        answer.headers.get("etag", "")[:500], answer.headers.get("last-modified", "")[:100], answer.headers,
    )  # fmt: skip


def sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are set and that a request may have."""
    return {name: value for name, value in headers.items() if value and value.isprintable() and value.isascii()}
