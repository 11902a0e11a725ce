"""The daily mail of 10,000 readers over 100,000 papers: how long it takes to compose, and in how much memory.

Papers are those of the benchmark's file, the same once more with other names until there are enough, a thousand a day;
each reader has saved some papers of one category. Everything is done as the scheduler and the courier do it, but that
the bytes of a mail go nowhere.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

import numpy as np

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.catalogue.community.mail_recipients import Preference
from broadsheet.community import Community
from broadsheet.kit.paper import Identifiers, Record, Rejected
from broadsheet.pipeline.library import Library
from broadsheet.sources.files.detect import read_file
from broadsheet_lab.bench.datasets import papers_path
from broadsheet_lab.bench.report import Number, write

__all__ = ["measure"]

Tell = Callable[[str], None]
PAPERS, READERS, A_DAY, PICKS = 100_000, 10_000, 1_000, 30
FIRST_TIME = 87_000  # papers of the file before it begins again
NOW = datetime(2026, 7, 1, 7, tzinfo=UTC)
LIMIT_S, LIMIT_MB = 600.0, 300.0
_SETTINGS = """
[community]
mode = "community"
url = "https://papers.example.org"
[mail]
host = "127.0.0.1"
sender = "Papers <papers@example.org>"
unsubscribe = "leave@example.org"
"""


class _Clock:
    """The day before until the papers are in, then the morning of the mail."""

    def __init__(self) -> None:
        self.now = NOW - timedelta(days=1)

    def __call__(self) -> datetime:
        return self.now


def measure(out: Path, tell: Tell, *, papers: int = PAPERS, readers: int = READERS) -> list[Path]:
    """Measure, and write digest.json into `out`."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "broadsheet.toml").write_text(_SETTINGS, encoding="utf-8")
        clock = _Clock()
        with broadsheet.open(folder, clock=clock) as library:
            tell(f"adding {papers:,} papers")
            library.add_items("bench", islice(_records(), papers))
            community = Community(library)
            tell(f"{readers:,} readers save papers")
            _readers(library, readers)
            latest = library.papers(list(range(papers - 400, papers)))
            for stored in latest[:: max(1, len(latest) // PICKS)]:
                community.editions.enter(stored.id, "pick", "bench")
            clock.now = NOW
            community.editions.close_due(NOW)
            numbers = _compose(community, readers, tell)
    path = out / "digest.json"
    write(path, "digest", {"numbers": [number.to_json() for number in numbers]})
    return [path]


def _records() -> Iterator[Record | Rejected]:
    """Papers without end, each with a date within the last hundred days."""
    number = count()
    while True:
        for record in read_file(papers_path()):
            if isinstance(record, Rejected):
                continue
            n = next(number)
            day = (NOW - timedelta(days=1 + (PAPERS - n) // A_DAY)).date()
            title = record.paper.title if n < FIRST_TIME else " ".join(reversed(record.paper.title.split()))
            paper = replace(
                record.paper, title=title, ids=Identifiers(), submitted=day, announced=None, updated=None, year=day.year
            )
            yield Record(paper, "bench", str(n), f"bench:{n}")


def _readers(library: Library, readers: int) -> None:
    """Readers with 3 to 40 papers of one category saved, and a mail due now."""
    rng = np.random.default_rng(0)
    by_category: dict[str, list[int]] = {}
    for start in range(1, library.stats().papers + 1, 2000):
        for stored in library.papers(list(range(start, start + 2000))):
            by_category.setdefault(next(iter(stored.paper.categories), ""), []).append(stored.id)
    pools = [pool for pool in by_category.values() if len(pool) >= 50]
    recipients = library.catalogue.community.mail_recipients
    for n in range(readers):
        reader = library.catalogue.readers.get(f"reader{n}", create=True)
        pool = pools[int(rng.integers(len(pools)))]
        saved = rng.choice(pool, int(rng.integers(3, 41)), replace=False).tolist()
        library.catalogue.readers.log(reader.id, [Event("save", paper) for paper in saved])
        recipients.set_preference(reader.id, Preference("daily", 7, "UTC", f"r{n}@example.org"), NOW)


def _compose(community: Community, readers: int, tell: Tell) -> list[Number]:
    community.library.snapshot()
    before = _resident()
    tell("choosing")
    started, processor = time.perf_counter(), time.process_time()
    queued = community.mail.digest().compose_due(NOW)
    chosen = time.perf_counter() - started
    at_half = _resident()
    tell(f"writing {queued.queued:,} mails")
    digest, size = community.mail.digest(), 0
    queue = community.mail.queue
    while batch := queue.due(20):
        for delivery in batch:
            size += len(digest.mail(delivery))
            queue.sent(delivery)
    seconds = time.perf_counter() - started
    detail = {
        "papers": community.library.stats().papers,
        "mails": queued.queued,
        "choosing_s": round(chosen, 1),
        "writing_s": round(seconds - chosen, 1),
        "processor_s": round(time.process_time() - processor, 1),
        "bytes_a_mail": round(size / max(queued.queued, 1)),
    }
    return [
        Number(f"composing the mail of {readers:,} readers", seconds, "s", LIMIT_S, detail=detail),
        Number("a reader", 1000 * seconds / readers, "ms", 1000 * LIMIT_S / READERS),
        Number("memory more than before", max(at_half, _resident()) - before, "MB", LIMIT_MB, detail={"peak": _peak()}),
    ]


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
