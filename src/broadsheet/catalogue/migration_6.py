"""The statements that bring a catalogue of version 5 to version 6: propensities, and an index of impressions."""

from __future__ import annotations

__all__ = ["PROPENSITIES"]

PROPENSITIES = (
    "ALTER TABLE events ADD COLUMN propensity FLOAT",
    "CREATE INDEX impressions_by_reader ON events (reader_id, at) WHERE kind = 'impression'",
)
