"""An item of a library elsewhere as its reader sees it beside the paper: notes, attachments, and where to open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.catalogue.connections import Connection, ConnectionItem

__all__ = ["ItemElsewhere", "item_elsewhere"]


@dataclass(frozen=True, slots=True)
class ItemElsewhere:
    """An item; `address` shows it on Zotero's site, "" for one of a Zotero on this machine."""

    address: str
    notes: tuple[str, ...]  # the free text of its field Extra is the first
    attachments: tuple[tuple[str, str], ...]  # (title, address)


def item_elsewhere(connection: Connection, item: ConnectionItem, children: Sequence[ConnectionItem]) -> ItemElsewhere:
    """The item with those of `children` that hang on it."""
    own = [child.content for child in children if child.parent == item.key]
    texts = [item.content.get("extra"), *(content.get("note") for content in own)]
    attachments = [
        (str(content.get("title") or content["url"]), str(content["url"])) for content in own if content.get("url")
    ]
    address = "" if connection.is_local else f"https://www.zotero.org/{connection.library}/items/{item.key}"
    return ItemElsewhere(address, tuple(str(text) for text in texts if text), tuple(attachments))
