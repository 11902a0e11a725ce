"""A language model behind an address in the form of OpenAI's API: one question, one answer.

Whatever comes back is text of a stranger. Nothing is asked twice here: who asks decides what a failure means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.post import exchange

__all__ = ["ChatCompletions"]

_MOST = 200_000  # bytes of an answer
_MOST_TOKENS = 120


@dataclass(frozen=True)
class ChatCompletions:
    """The model `model` at `url`, which may be on this machine or its network: the operator named it."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 30.0

    def answer(self, system: str, user: str) -> str:
        """What the model says. Raises SourceError, without the key, where nothing of use comes back."""
        address = self.url.rstrip("/") + "/chat/completions"
        name = urlsplit(address).hostname or address[:100]
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        body = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": _MOST_TOKENS}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        options: dict[str, Any] = {"json": body, "headers": headers}
        try:
            status, content = exchange("POST", httpx.URL(address), "", most=_MOST, timeout=self.timeout, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceError(f"{name}: no answer ({type(error).__name__}); is [summaries] url right?") from error
        if status != 200:
            raise SourceError(f"{name}: answered {status}; [summaries] url, model and key_file say what is asked")
        return _text(content, name)


def _text(content: bytes, name: str) -> str:
    try:
        text = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SourceError(f"{name}: what came is no answer of a chat model") from error
    if not isinstance(text, str):
        raise SourceError(f"{name}: what came is no answer of a chat model")
    return text
