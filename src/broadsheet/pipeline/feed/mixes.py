"""Changes of the mix of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.ranking import FeedMix

__all__ = ["changed_mix"]


def changed_mix(mix: FeedMix, weights: Mapping[str, float]) -> FeedMix:
    """A mix with some other weights. Raises UsageError where one is unknown or not 0..1."""
    for key, value in weights.items():
        if key not in FeedMix.__dataclass_fields__:
            raise UsageError(f"nothing called {key!r} to tune; there are {', '.join(FeedMix.__dataclass_fields__)}")
        if not 0 <= value <= 1:
            raise UsageError(f"{key} must lie between 0 and 1, not {value}")
    return replace(mix, **weights)
