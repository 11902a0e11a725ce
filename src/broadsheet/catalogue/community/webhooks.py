"""Webhooks: rooms of a chat that are told of every closed day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import webhooks as statements

__all__ = ["Webhook", "Webhooks"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to post, and in which shape."""

    id: int
    name: str
    url: str  # whoever has it can post: it is shown to nobody
    shape: str
    created_at: datetime


class Webhooks:
    """The webhooks of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Webhook]:
        """All of them, by name."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.WEBHOOKS)
        return [Webhook(number, name, url, shape, parse_time(at)) for number, name, url, shape, at in rows]

    def named(self, name: str) -> Webhook | None:
        """The one of this name."""
        return next((one for one in self.all() if one.name == name), None)

    def add(self, name: str, url: str, shape: str) -> bool:
        """Add one; False if there is one of this name."""
        if self.named(name) is not None:
            return False
        with self._database.write() as connection:
            insert(connection, statements.ADD_WEBHOOK, [(name, url, shape, self._database.now())])
        return True

    def remove(self, name: str) -> bool:
        """Remove one with what waits for it; False if there is none of this name."""
        hook = self.named(name)
        with self._database.write() as connection:
            if hook is not None:
                connection.execute(statements.FORGET_POSTS, {"of_recipient": f"webhook {hook.id}"})
            return connection.execute(statements.REMOVE_WEBHOOK, {"of_name": name}).rowcount > 0
