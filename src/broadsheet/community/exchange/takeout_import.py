"""Takes an archive into a library: its papers as an import, then everything else at once, or nothing of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.community.exchange.takeout import keyed
from broadsheet.community.exchange.takeout_file import Takeout, read_takeout
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Record

if TYPE_CHECKING:
    from broadsheet.community.community import Community
    from broadsheet.kit.progress import Progress

__all__ = ["TakeoutReport", "import_takeout"]

_SOURCE = "takeout:broadsheet"
_BATCH = 500  # papers a transaction
_WEIGHTS = ("recency", "diversity", "exploration")


@dataclass(frozen=True, slots=True)
class TakeoutReport:
    """What an archive brought."""

    import_id: int
    papers: int  # of the archive
    new_papers: int
    rows: Mapping[str, int]  # new ones, by table
    known: int  # rows that were here already
    lost: int  # rows about what is not here: a deleted paper, a group
    unknown: tuple[str, ...]  # tables that are not known here

    @property
    def lines(self) -> list[str]:
        """The report in words."""
        lines = [f"papers: {self.papers:,}, {self.new_papers:,} of them new"]
        lines += [f"{name}: {count:,} new" for name, count in sorted(self.rows.items())]
        if self.known:
            lines.append(f"here already: {self.known:,}")
        if self.lost:
            lines.append(f"left out, since a paper or group is not here: {self.lost:,}")
        lines += [f"not understood: {name}" for name in self.unknown]
        return [*lines, f"`broadsheet imports --undo {self.import_id}` takes it out again"]


def import_takeout(community: Community, reader: str, path: Path, progress: Progress | None = None) -> TakeoutReport:
    """Read an archive into what a reader has. Raises UsageError for one that cannot be; nothing is done then."""
    takeout = read_takeout(path)
    library = community.library
    owner = library.catalogue.readers.get(reader, create=not community.has_accounts)
    import_id = library.catalogue.harvest.begin_import(f"take-out of {takeout.reader or 'a reader'}")
    before = library.catalogue.papers.count()
    paper_of = _add_papers(community, takeout, import_id, progress)
    library.index(progress)
    tables = library.catalogue.community.exchange
    done = tables.bring(owner.id, import_id, takeout.rows, paper_of, library.newest)
    _bring_settings(community, reader, takeout)
    return TakeoutReport(
        import_id=import_id,
        papers=len(takeout.papers),
        new_papers=library.catalogue.papers.count() - before,
        rows=dict(done.counts),
        known=done.known,
        lost=done.lost,
        unknown=takeout.unknown,
    )


def _add_papers(community: Community, takeout: Takeout, import_id: int, progress: Progress | None) -> dict[str, int]:
    """Add the papers of an archive; the number of each by its key, without those that were deleted here."""
    paper_of = _alike(community, takeout)
    numbered = enumerate((item for item in takeout.papers.items() if item[0] not in paper_of), 1)
    records = (Record(paper, _SOURCE, key, f"papers.jsonl:{line}") for line, (key, paper) in numbered)
    while batch := list(islice(records, _BATCH)):
        result = community.library.catalogue.papers.add(batch, import_id=import_id)
        pairs = zip(batch, result.paper_ids, strict=True)
        paper_of |= {record.source_id: number for record, number in pairs if number}
        if progress:
            progress("papers", len(paper_of), len(takeout.papers))
    live = community.library.catalogue.community.editions.live(list(paper_of.values()))
    return {key: live[number] for key, number in paper_of.items() if number in live}


def _alike(community: Community, takeout: Takeout) -> dict[str, int]:
    """The papers here that have no identifier, and the key of one in the archive: adding tells them apart no better."""
    titles = [paper.title for key, paper in takeout.papers.items() if key.startswith("title:")]
    numbers = community.library.catalogue.community.exchange.titled(titles) if titles else []
    found: dict[str, int] = {}
    for stored in community.library.papers(numbers):
        [key] = keyed([stored.paper])
        if key in takeout.papers:
            found.setdefault(key, stored.id)
    return found


def _bring_settings(community: Community, reader: str, takeout: Takeout) -> None:
    """Mix the page as the archive says, where the reader has not chosen a mix here."""
    if community.library.catalogue.readers.get(reader).settings:
        return
    for row in takeout.rows.get("readers", ()):
        settings = json.loads(row.get("settings") or "{}")
        mix = {name: settings[name] for name in _WEIGHTS if isinstance(settings.get(name), int | float)}
        with suppress(UsageError):
            community.library.tune(reader, **mix)
