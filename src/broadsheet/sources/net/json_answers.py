"""JSON in the answers of providers, which are sometimes cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import TypeVar

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.messages import Response

__all__ = ["json_again", "json_of"]

T = TypeVar("T", dict, list)  # type: ignore[type-arg]
_NAMES: dict[type, str] = {dict: "object", list: "list"}
TRIES = 2  # an answer that is cut is asked for once more


def json_of(response: Response, kind: type[T], who: str, then: str) -> T:
    """The object or list in an answer of `who`. Raises SourceError where it is cut or of another kind."""
    try:
        value = json.loads(response.body or b"")
    except (ValueError, RecursionError) as error:
        raise SourceError(f"an answer of {who} is cut or no JSON ({error}); {then}") from error
    if not isinstance(value, kind):
        raise SourceError(f"an answer of {who} is no {_NAMES[kind]} but {type(value).__name__}")
    return value


def json_again(
    ask: Callable[[], Response], kind: type[T], who: str, then: str, *, without: Collection[int] = ()
) -> tuple[Response, T | None]:
    """(the answer that `ask` gets, its content), asked for once more where it is cut; None for a status `without` one.

    Raises as `json_of`.
    """
    for attempt in range(1, TRIES + 1):
        response = ask()
        if response.status in without:
            return response, None
        try:
            return response, json_of(response, kind, who, then)
        except SourceError:
            if attempt == TRIES:
                raise
    raise AssertionError
