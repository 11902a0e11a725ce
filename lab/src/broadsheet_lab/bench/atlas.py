"""The map of 100,000 papers: how long it takes, whether old papers stay, what it keeps, how soon it opens.

Papers are those of papers.parquet with their vectors, and as many more as are missing, each with the title of one of
them reversed and its vector blurred. Maps are compared with those of others on 10,000 of the papers, in the same run.
Limits of seconds are of processor time on one core.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import broadsheet
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.paper import Identifiers, Record
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.atlas import atlas_file
from broadsheet.pipeline.index.vector_build import EncodeAll
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench._atlas_maps import compare, principal, quality
from broadsheet_lab.bench._atlas_page import open_map
from broadsheet_lab.bench.corpus import LIBRARY
from broadsheet_lab.bench.report import Number, write

__all__ = ["measure"]

Tell = Callable[[str], None]
PAPERS, COMPARED = 100_000, 10_000
DAYS = (200, 1000)  # papers of a day
BLUR = 0.6  # length of what is added to a copied vector
WHOLE_S, DAY_S, OPEN_S, PAGE_KB = 180.0, 5.0, 2.0, 150.0


def measure(out: Path, tell: Tell, *, papers: int = PAPERS, compared: int = COMPARED) -> list[Path]:
    """Measure, and write atlas.json into `out`."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-atlas-") as scratch:
        folder = Path(scratch) / "library"
        if named := os.environ.get(LIBRARY):
            shutil.copytree(named, folder)
        with broadsheet.open(folder) as library:
            if not named:
                tell("adding every paper")
                library.add(datasets.without_queries(datasets.papers_path(), Path(scratch)))
                library.wait_for_vectors()
            tell(f"adding papers until there are {papers:,}")
            _add(library, papers - library.stats().papers, "more")
            library.atlas.drop()
            numbers = [_whole(library, tell), *(_day(library, count, tell) for count in DAYS)]
            vectors, labels = _vectors(library)
            numbers += _kept(library, vectors, labels, tell)
            rows = np.sort(np.random.default_rng(0).choice(len(vectors), min(compared, len(vectors)), replace=False))
            systems, skipped = compare(vectors[rows], labels[rows], tell)
        (folder / "broadsheet.toml").write_text('[index]\nencode = "off"\n', encoding="utf-8")
        numbers += _page(folder, tell)
    content: dict[str, Any] = {"numbers": [number.to_json() for number in numbers]}
    content["sets"] = {"maps": {"systems": systems, "skipped": skipped, "papers": len(rows)}}
    path = out / "atlas.json"
    write(path, "atlas", content)
    return [path]


def _add(library: Library, count: int, name: str) -> None:
    """So many papers more, copies that are blurred, with their vectors."""
    rng = np.random.default_rng(len(name) + count)
    ids = library.catalogue.papers.ids()
    chosen = library.papers(sorted(rng.choice(ids, max(count, 0), replace=False).tolist()))
    records = [
        Record(
            replace(one.paper, title=f"{name}: {' '.join(reversed(one.paper.title.split()))}", ids=Identifiers()),
            "bench",
            f"{name}-{one.id}",
            f"bench:{name}-{one.id}",
        )
        for one in chosen
    ]
    library.add_items("bench", iter(records))
    vectors, _ = _vectors(library)
    library.build_precise(encode=_blurred(vectors, rng))


def _blurred(vectors: NDArray[np.float32], rng: np.random.Generator) -> EncodeAll:
    """A model that gives each text a blurred vector of some paper."""

    def encode(lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        for texts in lists:
            x = vectors[rng.integers(0, len(vectors), len(texts))]
            noise = unit_rows(rng.standard_normal(x.shape).astype(np.float32))
            yield unit_rows(x + np.float32(BLUR) * noise)

    return encode


def _vectors(library: Library) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(the unit vectors of all papers that have one, the venue of each)."""
    snapshot = library.snapshot()
    opened = library._index.vectors.open(snapshot)
    assert opened is not None
    rows = snapshot.alive.rows()
    rows = rows[opened.has(rows)]
    names = np.concatenate([np.array(s.columns.venue_names, object)[s.columns.venues] for s in snapshot.segments])
    return unit_rows(opened.vectors(rows)), np.unique(names[rows].astype(str), return_inverse=True)[1]


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """(seconds, processor seconds)."""
    started, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - processor


def _whole(library: Library, tell: Tell) -> Number:
    tell("laying out all papers")
    waited, seconds = _timed(library.atlas.build)
    view = library.atlas.open()
    assert view is not None
    detail = {"waited_s": round(waited, 1), "papers": len(view), "regions": len(view.regions)}
    return Number(f"laying out {len(view):,} papers, processor", seconds, "s", WHOLE_S, detail=detail)


def _day(library: Library, count: int, tell: Tell) -> Number:
    tell(f"placing {count:,} papers of a day")
    before = atlas_file.read(library.path / "indexes")
    places = dict(zip(before.ids.tolist(), map(tuple, before.map.tolist()), strict=True))
    _add(library, count, f"day {count}")
    waited, seconds = _timed(library.atlas.build)
    after = atlas_file.read(library.path / "indexes")
    now = dict(zip(after.ids.tolist(), map(tuple, after.map.tolist()), strict=True))
    moved = sum(now[number] != at for number, at in places.items())
    detail = {"waited_s": round(waited, 1), "placed": len(now) - len(places), "old papers that moved": moved}
    return Number(f"placing {count:,} papers of a day, processor", seconds, "s", DAY_S, detail=detail)


def _kept(library: Library, vectors: NDArray[np.float32], labels: NDArray[np.int64], tell: Tell) -> list[Number]:
    """What the map of all papers keeps of neighbourhoods, over what two main components do."""
    tell("looking up neighbours")
    atlas = atlas_file.read(library.path / "indexes")
    snapshot = library.snapshot()
    rows = snapshot.alive.rows()
    at = {number: place for place, number in enumerate(atlas.ids.tolist())}
    map_ = atlas.map[[at[number] for number in snapshot.ids[rows].tolist()]]
    found, flat = quality(vectors, map_, labels), quality(vectors, principal(vectors), labels)
    return [
        Number("10 nearest papers among the 50 nearest on the map", found.kept, "", 0.25, at_most=False),
        Number("the same, over two main components", found.kept / max(flat.kept, 1e-6), "×", 10.0, at_most=False),
        Number("same venue among the 10 nearest on the map", found.venue, "", detail={"components": flat.venue}),
    ]


def _page(folder: Path, tell: Tell) -> list[Number]:
    tell("opening the map in a browser")
    try:
        opened = open_map(folder)
    except (ImportError, OSError, LibraryError) as error:
        tell(f"not opened: {error}")
        return []
    return [
        Number("opening the map, 390 pixels wide, the first time", opened.first_s, "s", OPEN_S),
        Number("opening it later, with a new browser", opened.later_s, "s", OPEN_S),
        Number("all that the first view fetches", opened.page_bytes / 1000, "kB", PAGE_KB),
    ]
