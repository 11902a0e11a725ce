"""What is not there for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException

from broadsheet.kit.errors import UsageError

__all__ = ["refused_as_404"]


@contextmanager
def refused_as_404() -> Iterator[None]:
    """Answer 404, with its text, where what is asked for is refused with a UsageError."""
    try:
        yield
    except UsageError as error:
        text = str(error)
        raise HTTPException(404, f"{text[:1].upper()}{text[1:]}.") from None
