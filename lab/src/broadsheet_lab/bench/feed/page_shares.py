"""How the pages of readers of several interests are shared: pages of the product itself, quotas and all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Event
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedItem
from broadsheet_lab.bench.feed.readers import FeedReader, Rows
from broadsheet_lab.bench.report import Number, interval

__all__ = ["named_interests", "page_shares", "share_errors"]

PAGE = 20
LIMIT = 0.1


def page_shares(library: Library, numbers: Rows, readers: Sequence[FeedReader]) -> Number:
    """The mean distance of an interest's share of the page from its share of the saves.

    Pages are of the whole library, by the usual mix; a paper belongs to the interest of the save that the page names as
    its first reason. `numbers` are the library's of every row.
    """
    errors = np.array([_error(library, numbers, reader) for reader in readers])
    count = len(readers[0].interests)
    detail = {"interval": [round(bound, 4) for bound in interval(errors)], "readers": len(readers)}
    what = f"mean distance of an interest's share of the page from the fair one, {count} interests"
    return Number(what, float(errors.mean()), "", LIMIT, detail=detail)


def _error(library: Library, numbers: Rows, reader: FeedReader) -> float:
    name = f"joined {len(reader.interests)} {reader.name}"
    if name not in {known.name for known in library.readers()}:
        who = library.create_reader(name)
        library.catalogue.readers.log(who.id, [Event("save", number) for number in numbers[reader.saved].tolist()])
    of_save = {number: at for at, rows in enumerate(reader.interests) for number in numbers[rows].tolist()}
    owners = named_interests(library.feed(name, PAGE, log=False).items, of_save)
    return share_errors(owners, [len(rows) for rows in reader.interests])


def named_interests(items: Sequence[FeedItem], of_save: dict[int, int]) -> NDArray[np.int64]:
    """The interest of the first save that each item names, (n,); items that name none are left out."""
    named = [[of_save[r.paper_id] for r in item.reasons if r.paper_id in of_save] for item in items]
    return np.array([interests[0] for interests in named if interests], np.int64)


def share_errors(owners: NDArray[np.int64], saves: Sequence[int]) -> float:
    """The mean distance of the interests' shares of `owners` (n,) from their shares of the saves."""
    fair = np.array(saves, np.float64) / sum(saves)
    own = np.bincount(owners, minlength=len(saves)) / max(len(owners), 1)
    return float(np.abs(own - fair).mean())
