"""Summaries that a language model wrote, by the text that they are of; and the papers that readers saw last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, in_list, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import summaries as statements

__all__ = ["SummaryTable"]


class SummaryTable:
    """The summaries of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, keys: Collection[str]) -> dict[str, str]:
        """The summaries of texts by key; "" where what the model wrote was none."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.WRITTEN_SUMMARIES, keys=in_list(keys)))

    def save(self, key: str, summary: str, model: str) -> None:
        """Keep what a model wrote."""
        row = {"text_key": key, "summary": summary, "model": model}
        with self._database.write() as connection:
            connection.execute(statements.SAVE_SUMMARY, {**row, "made_at": self._database.now()})

    def count_since(self, since: datetime) -> int:
        """The number of texts sent to a model since then."""
        with self._database.read() as connection:
            return int(fetch(connection, sql.SUMMARIES_SINCE, since=stored_time(since))[0][0])

    def seen_lately(self, most: int) -> list[int]:
        """The papers of the latest `most` events, the latest first, each once."""
        with self._database.read() as connection:
            return list(dict.fromkeys(number for (number,) in fetch(connection, sql.SEEN_LATELY, most=most)))
