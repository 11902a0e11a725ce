"""The trending formulas on the log of a library: what they say at the end of a day, against what is saved later."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import broadsheet
from broadsheet.catalogue.community.trending import Attention, PositionLog, Voter
from broadsheet.community.trend_signals import background, known
from broadsheet.community.trends import FORMULAS
from broadsheet.kit.fields import Fields
from broadsheet.pipeline.library import Library

__all__ = ["replayed"]

LATER = 30  # days in which saves are the judgement
LEAST = 5  # papers of a day


def replayed(folder: Path) -> dict[str, Any]:
    """Per formula the mean rank correlation of its scores with later saves, over the days that allow one."""
    with broadsheet.open(folder, read_only=True) as library:
        found: dict[str, list[float]] = defaultdict(list)
        days = [day for (day,) in _rows(library, "SELECT DISTINCT day FROM exposures ORDER BY day")]
        for day in days:
            for name, value in _day(library, day).items():
                found[name].append(value)
    return {
        "days": max(map(len, found.values()), default=0),
        "spearman with later saves": {name: round(float(np.mean(values)), 4) for name, values in found.items()},
    }


def _rows(library: Library, query: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(f"file:{library.catalogue.path}?mode=ro", uri=True)) as raw:
        return raw.execute(query, values).fetchall()


def _day(library: Library, day: str) -> dict[str, float]:
    """By formula the correlation of one day; {} where nothing tells its papers apart."""
    end = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(days=1)
    ids = [paper for (paper,) in _rows(library, "SELECT DISTINCT paper_id FROM exposures WHERE day = ?", day)]
    papers = library.papers(ids)
    later = dict(
        _rows(
            library,
            "SELECT paper_id, count(DISTINCT reader_id) FROM events WHERE kind = 'save' AND at >= ? AND at < ?"
            " GROUP BY paper_id",
            end.isoformat(), (end + timedelta(days=LATER)).isoformat(),
        )
    )  # fmt: skip
    saves = np.array([later.get(stored.id, 0) for stored in papers])
    if len(papers) < LEAST or not np.ptp(saves):
        return {}
    fields = Fields(library.settings.edition.fields)
    names = {stored.id: next(iter(fields.of(stored.paper)), "") for stored in papers}
    attention, log = _until(library, day, end, set(names))
    facts = known(papers, attention, background(log, names, {}), [names[s.id] for s in papers], end)
    scores = {name: make(library.settings.trending).score(facts.signals).total for name, make in FORMULAS.items()}
    return {name: float(spearmanr(s, saves).statistic) if np.ptp(s) > 0 else 0.0 for name, s in scores.items()}


def _until(library: Library, day: str, end: datetime, ids: set[int]) -> tuple[Attention, PositionLog]:
    """What was known of these papers at the end of a day."""
    voters: dict[int, list[Voter]] = defaultdict(list)
    votes: dict[tuple[int, int], int] = defaultdict(int)
    cast = "SELECT paper_id, reader_id, position FROM votes WHERE counted = 1 AND at < ? ORDER BY id"
    for paper, reader, position in _rows(library, cast, end.isoformat()):
        if paper in ids:
            voters[paper].append(Voter(reader, position, 0))
            votes[paper, position or 0] += position is not None
    shown = _rows(
        library,
        "SELECT paper_id, position, sum(shown) FROM exposures WHERE day <= ? GROUP BY paper_id, position", day,
    )  # fmt: skip
    shown = [row for row in shown if row[0] in ids]
    entered = {
        paper: datetime.fromisoformat(at)
        for paper, at in _rows(library, "SELECT paper_id, entered_at FROM edition_papers")
        if paper in ids
    }
    attention = Attention(voters, {}, shown, {}, {}, entered)
    return attention, PositionLog(shown, [(*cell, count) for cell, count in votes.items()])
